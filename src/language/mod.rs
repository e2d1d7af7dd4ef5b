//! Floor 1, the left-hand side: text becomes a syntax tree, and a syntax tree prints as text.
//!
//! `text → tokens → Statement`, and back by `Display`. The lexer ([`tokenize`]) copies nothing; the
//! parser ([`parse_statement`]) is one function per production of `grammar/asof.ebnf`; the
//! [`Splitter`] cuts a script of any length into statements without parsing it. Two decisions were
//! made here: words live in one table ([`Keyword`]), of which only SQLite's reserved words are
//! reserved; and the parser pays for an error message only when there is one, by a second pass that
//! collects what would have fitted at the furthest place the first one reached.

pub mod ast;
mod completion;
mod error;
pub mod help_topics;
mod highlight;
mod keyword;
mod lexer;
mod parameters;
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "a production names the tokens that it takes; whatever else stands there is a mismatch"
)]
mod parser;
mod pragma_value;
mod prepared;
mod splitter;
mod template;
mod token;
mod token_source;

pub use completion::{
    CompletionSlot, Completions, OutputName, StatementTables, TableName, completions,
    tables_around, tables_of,
};
pub use error::ParseError;
pub use highlight::{Highlight, HighlightKind, highlight};
pub use keyword::{Keyword, WordClass};
pub use lexer::{Tokens, tokenize};
pub use parameters::{ParameterName, Parameters};
pub use parser::{
    MAX_EXPRESSIONS, MAX_HEIGHT, MAX_NESTING, MAX_TERMS, parse_definition, parse_expression,
    parse_script, parse_statement, parse_statement_with, productions,
};
pub use pragma_value::{leading_number, turns_on};
pub use prepared::{LiteralSharing, Prepared, StatementLiterals, span_in};
pub use splitter::{
    Completeness, MAX_STATEMENT_SIZE, Piece, PieceKind, SplitError, Splitter, StatementTooLarge,
    Unterminated, is_complete,
};
pub use template::Template;
pub use token::{Symbol, Token, TokenKind};
