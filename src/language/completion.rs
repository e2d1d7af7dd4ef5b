//! What could follow at the cursor: the notes that make error messages, read as completion.
//!
//! The text up to the cursor is parsed without its unfinished last word, and whatever a production
//! would have taken at the end is the answer. One pass, no schema: names are slots that the shell
//! fills from what it knows.

mod tables;

use super::lexer::tokenize;
use super::parser::{Expected, NameKind, expected_at_end, name_at, operand_words, operator_words};
use super::token::{Symbol, Token, TokenKind};
pub use tables::{OutputName, StatementTables, TableName, tables_around, tables_of};

/// What begins a literal of a moment, the quote of its text included.
const MOMENT_WORDS: [&str; 2] = ["DATE '", "TIMESTAMP '"];

/// What could follow at the end of a text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Completions {
    /// Where the unfinished word begins, in bytes; the end of the text if there is none.
    pub start: usize,
    /// Words and symbols of the language, as the grammar writes them; several if they only come
    /// together.
    pub words: Vec<&'static str>,
    /// What names and numbers could stand there.
    pub slots: Vec<CompletionSlot>,
}

/// What a name or a number is of, that could stand at the cursor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CompletionSlot {
    /// A table.
    Table,
    /// A column.
    Column {
        /// The name or the alias of its table; without one, any table of the statement has it.
        qualifier: Option<String>,
    },
    /// The number of an event.
    Event,
    /// The number of a transaction.
    Transaction,
    /// A tag, as a name or as a text.
    Tag,
    /// A snapshot, as a number or its name as a text.
    Snapshot,
    /// An index.
    Index,
    /// A trigger.
    Trigger,
    /// A function, which a `(` follows.
    Function,
    /// A type of columns.
    DataType,
    /// The name of a collation.
    Collation,
    /// A time in quotes.
    Moment,
    /// A name that is new; nothing can be offered.
    NewName,
    /// A parameter, with its mark.
    Parameter,
    /// What HELP can be asked about.
    Topic,
}

/// Says what could follow at the end of a text, which is where the cursor stands. Only the last
/// statement counts; one that cannot be right whatever follows expects nothing.
pub fn completions(text: &str) -> Completions {
    let found = tokenize(text);
    let mut tokens = found.tokens;
    let mut start = text.len();
    let mut only_slots = false;
    match found.error {
        // An open text or name can be what is asked for; an open comment is nothing.
        Some(error) => match text.as_bytes().get(error.span.start) {
            Some(b'\'' | b'"' | b'`' | b'[') if error.incomplete => {
                start = error.span.start;
                only_slots = true;
            }
            _ => return Completions { start, ..Completions::default() },
        },
        None if in_line_comment(text, &tokens) => {
            return Completions { start, ..Completions::default() };
        }
        None => {
            if let [.., last, _] = tokens.as_slice()
                && last.span.end == text.len()
                && is_unfinished(*last)
            {
                start = last.span.start;
                tokens.remove(tokens.len() - 2);
            }
        }
    }
    let statement = last_statement(&tokens);
    let expected = expected_at_end(text, statement);
    let mut completions = Completions { start, ..Completions::default() };
    expected.into_iter().for_each(|what| completions.add(what, text, statement));
    if only_slots {
        completions.keep_quoted(text.as_bytes()[start]);
    }
    completions
}

/// Whether more letters could make another token of one that ends at the cursor.
fn is_unfinished(token: Token) -> bool {
    use TokenKind::{Integer, Keyword, Name, Parameter, Real};
    matches!(token.kind, Keyword(_) | Name | Integer | Real | Parameter)
}

/// Whether a `--` stands on the last line behind the last token.
fn in_line_comment(text: &str, tokens: &[Token]) -> bool {
    let behind = tokens.len().checked_sub(2).map_or(0, |last| tokens[last].span.end);
    let rest = &text[behind..];
    let line = rest.rfind('\n').map_or(rest, |at| &rest[at + 1..]);
    // A block comment on the line is closed, or the lexer had said so.
    let line = line.rfind("*/").map_or(line, |at| &line[at + 2..]);
    line.contains("--")
}

/// The tokens behind the last `;` that has any behind it.
fn last_statement(tokens: &[Token]) -> &[Token] {
    let semicolon = TokenKind::Symbol(Symbol::Semicolon);
    let before = tokens.iter().rposition(|token| token.kind == semicolon);
    &tokens[before.map_or(0, |at| at + 1)..]
}

impl Completions {
    /// Adds what one note stands for.
    fn add(&mut self, expected: Expected, text: &str, tokens: &[Token]) {
        let is_point = matches!(
            expected,
            Expected::Event
                | Expected::Transaction
                | Expected::Snapshot
                | Expected::Time
                | Expected::Point
                | Expected::Name(NameKind::Tag)
        );
        match expected {
            Expected::Words(words) => self.add_word(words),
            Expected::Symbol(symbol) => self.add_word(symbol.text()),
            Expected::Name(named) => self.add_name(named, text, tokens),
            Expected::Event => self.add_slot(CompletionSlot::Event),
            Expected::Transaction => self.add_slot(CompletionSlot::Transaction),
            Expected::Snapshot => self.add_slot(CompletionSlot::Snapshot),
            Expected::Time => self.add_slot(CompletionSlot::Moment),
            Expected::Point => {
                self.add_slot(CompletionSlot::Event);
                self.add_slot(CompletionSlot::Moment);
            }
            Expected::Expression => {
                self.add_slot(CompletionSlot::Column { qualifier: None });
                self.add_slot(CompletionSlot::Function);
                self.add_slot(CompletionSlot::Parameter);
                operand_words().for_each(|word| self.add_word(word.text()));
                MOMENT_WORDS.iter().for_each(|word| self.add_word(word));
            }
            Expected::Operator => operator_words().for_each(|word| self.add_word(word.text())),
            Expected::Topic => self.add_slot(CompletionSlot::Topic),
            Expected::Other(_) => {}
        }
        // Whatever a point is of, a parameter can give it.
        if is_point {
            self.add_slot(CompletionSlot::Parameter);
        }
    }

    fn add_name(&mut self, named: NameKind, text: &str, tokens: &[Token]) {
        self.add_slot(match named {
            NameKind::New => CompletionSlot::NewName,
            NameKind::Table => CompletionSlot::Table,
            NameKind::Index => CompletionSlot::Index,
            NameKind::Trigger => CompletionSlot::Trigger,
            NameKind::Tag => CompletionSlot::Tag,
            NameKind::Function => CompletionSlot::Function,
            NameKind::DataType => CompletionSlot::DataType,
            NameKind::Collation => CompletionSlot::Collation,
            NameKind::Column(of) => {
                CompletionSlot::Column { qualifier: of.and_then(|at| name_at(text, tokens, at)) }
            }
        });
    }

    fn add_word(&mut self, word: &'static str) {
        if !self.words.contains(&word) {
            self.words.push(word);
        }
    }

    fn add_slot(&mut self, slot: CompletionSlot) {
        if !self.slots.contains(&slot) {
            self.slots.push(slot);
        }
    }

    /// Keeps what a text, or a name in quotes, could be.
    fn keep_quoted(&mut self, quote: u8) {
        self.words.clear();
        self.slots.retain(|slot| match slot {
            CompletionSlot::Tag => true,
            CompletionSlot::Snapshot | CompletionSlot::Moment => quote == b'\'',
            CompletionSlot::Table
            | CompletionSlot::Column { .. }
            | CompletionSlot::Index
            | CompletionSlot::Trigger => quote != b'\'',
            CompletionSlot::Event
            | CompletionSlot::Transaction
            | CompletionSlot::Function
            | CompletionSlot::DataType
            | CompletionSlot::Collation
            | CompletionSlot::NewName
            | CompletionSlot::Parameter
            | CompletionSlot::Topic => false,
        });
    }
}

#[cfg(test)]
mod tests;
