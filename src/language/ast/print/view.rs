//! Views and triggers as SQL, and tables that are made of queries.

use super::super::{CreateTableAs, CreateView, DropDefinition};
use super::CommaList;
use super::definition::{if_exists_words, if_not_exists_words};
use std::fmt;

/// What stands between CREATE and the kind of thing that is created.
pub(super) fn temporary_word(temporary: bool) -> &'static str {
    if temporary { "TEMP " } else { "" }
}

impl fmt::Display for CreateView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let or_replace = if self.or_replace { "OR REPLACE " } else { "" };
        let (temporary, unless) =
            (temporary_word(self.temporary), if_not_exists_words(self.if_not_exists));
        write!(f, "CREATE {or_replace}{temporary}VIEW {unless}{}", self.name)?;
        if !self.columns.is_empty() {
            write!(f, " ({})", CommaList(&self.columns))?;
        }
        write!(f, " AS {}{}", self.query, self.annotations)
    }
}

impl fmt::Display for CreateTableAs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (temporary, unless) =
            (temporary_word(self.temporary), if_not_exists_words(self.if_not_exists));
        write!(f, "CREATE {temporary}TABLE {unless}{}", self.name)?;
        for (at, option) in self.options.iter().enumerate() {
            write!(f, "{}{option}", if at == 0 { " " } else { ", " })?;
        }
        write!(f, " AS {}{}", self.query, self.annotations)
    }
}

impl fmt::Display for DropDefinition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let DropDefinition { kind, if_exists, name, annotations } = self;
        write!(f, "DROP {} {}{name}{annotations}", kind.keyword(), if_exists_words(*if_exists))
    }
}
