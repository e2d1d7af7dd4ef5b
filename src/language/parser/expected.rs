//! What can be expected at a place: the one vocabulary of error messages and of completion.

use super::super::Keyword;
use super::super::token::Symbol;

/// What a production noted that it would have taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::language) enum Expected {
    /// One word of the language, or a few that follow each other.
    Words(&'static str),
    /// A symbol.
    Symbol(Symbol),
    /// A name, and of what.
    Name(NameKind),
    /// The number of an event.
    Event,
    /// The number of a transaction.
    Transaction,
    /// The number of a snapshot, or its name in quotes.
    Snapshot,
    /// A time in quotes.
    Time,
    /// The number of an event, or a time in quotes.
    Point,
    /// The beginning of an expression.
    Expression,
    /// What can follow an operand.
    Operator,
    /// The topic of HELP.
    Topic,
    /// What only a sentence describes.
    Other(&'static str),
}

/// What a name is the name of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::language) enum NameKind {
    /// Something new, or something that nobody keeps a list of.
    New,
    /// A table.
    Table,
    /// An index.
    Index,
    /// A trigger.
    Trigger,
    /// A column, of the table that the token with this index names, or of any table here.
    Column(Option<usize>),
    /// A tag.
    Tag,
    /// A function.
    Function,
    /// A type.
    DataType,
    /// A collation.
    Collation,
}

impl Expected {
    /// How a message says it.
    pub fn text(self) -> &'static str {
        match self {
            Expected::Words(words) => words,
            Expected::Symbol(symbol) => symbol.quoted(),
            Expected::Name(named) => named.text(),
            Expected::Event => "the number of an event",
            Expected::Transaction => "the number of a transaction",
            Expected::Snapshot => "the number of a snapshot, or its name in quotes",
            Expected::Time => "a time in quotes",
            Expected::Point => "the number of an event, or a time in quotes",
            Expected::Expression => "an expression",
            Expected::Operator => "an operator",
            Expected::Topic => "a topic",
            Expected::Other(sentence) => sentence,
        }
    }
}

impl NameKind {
    /// How a message says it.
    fn text(self) -> &'static str {
        match self {
            NameKind::New => "a name",
            NameKind::Table => "the name of a table",
            NameKind::Index => "the name of an index",
            NameKind::Trigger => "the name of a trigger",
            NameKind::Column(_) => "the name of a column",
            NameKind::Tag => "the name of a tag",
            NameKind::Function => "the name of a function",
            NameKind::DataType => "a type",
            NameKind::Collation => "the name of a collation",
        }
    }
}

impl From<&'static str> for Expected {
    fn from(words: &'static str) -> Expected {
        Expected::Words(words)
    }
}

impl From<Keyword> for Expected {
    fn from(keyword: Keyword) -> Expected {
        Expected::Words(keyword.text())
    }
}

impl From<Symbol> for Expected {
    fn from(symbol: Symbol) -> Expected {
        Expected::Symbol(symbol)
    }
}

impl From<NameKind> for Expected {
    fn from(named: NameKind) -> Expected {
        Expected::Name(named)
    }
}
