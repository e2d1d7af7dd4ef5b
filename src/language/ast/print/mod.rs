//! Syntax trees as SQL that parses back to the same tree.
//!
//! Names are quoted and expressions parenthesised only where the text would say something else
//! without. The moment of a whole query is printed before its SELECT, where it is never ambiguous.

mod definition;
mod expression;
mod select;
mod statement;
mod time;
mod trigger;
mod view;
mod window;
mod write;

use super::{ExpressionList, Identifier, ListItem, ObjectName};
use crate::language::Keyword;
use crate::language::keyword::WordClass;
use crate::language::lexer::{begins_name, continues_name};
use std::fmt;

/// Prints a name, in double quotes unless it reads as a name without them.
impl fmt::Display for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.name;
        // Behind CREATE TABLE, IF is the beginning of IF NOT EXISTS for SQLite.
        let is_name = |word: Keyword| word.class() == WordClass::Free && word != Keyword::If;
        let plain = name.bytes().next().is_some_and(begins_name)
            && name.bytes().all(continues_name)
            && Keyword::find(name).is_none_or(is_name);
        // A name that was quoted stays so: what names no column is taken for a text only then.
        if plain && !self.quoted {
            f.write_str(name)
        } else {
            write!(f, "\"{}\"", name.replace('"', "\"\""))
        }
    }
}

/// Prints `t`, or `main.t`.
impl fmt::Display for ObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(schema) = self.schema {
            write!(f, "{schema}.")?;
        }
        self.identifier.fmt(f)
    }
}

/// Prints a list with commas.
struct CommaList<'a, T>(&'a [T]);

impl<T: fmt::Display> fmt::Display for CommaList<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, item) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(", ")?;
            }
            item.fmt(f)?;
        }
        Ok(())
    }
}

impl fmt::Display for ExpressionList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, item) in self.iter().enumerate() {
            if index > 0 {
                f.write_str(", ")?;
            }
            item.fmt(f)?;
        }
        Ok(())
    }
}

impl fmt::Display for ListItem<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ListItem::Constant(literal) => literal.fmt(f),
            ListItem::Default => f.write_str("DEFAULT"),
            ListItem::Expression(expression) => expression.fmt(f),
        }
    }
}

/// Prints a text in single quotes.
struct QuotedName<'a>(&'a str);

impl fmt::Display for QuotedName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "'{}'", self.0.replace('\'', "''"))
    }
}

/// Prints a word and a space before a part, if the part is there.
fn part<T: fmt::Display>(f: &mut fmt::Formatter<'_>, word: &str, part: Option<&T>) -> fmt::Result {
    part.map_or(Ok(()), |part| write!(f, " {word} {part}"))
}

#[cfg(test)]
mod tests;
