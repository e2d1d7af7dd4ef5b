//! ALTER TABLE.

use super::super::Keyword;
use super::super::ast::{AlterAction, SchemaStatement, Statement};
use super::super::token::TokenKind;
use super::annotations::annotations;
use super::expected::NameKind;
use super::input::{Parsed, TokenInput, word};
use super::name::{label, table_name};
use super::table::{begins_table_constraint, column_definition, on_conflict, table_constraint};
use nom::Parser;
use nom::combinator::opt;
use nom::sequence::preceded;

/// `Alter ::= 'ALTER' 'TABLE' Label ('ADD' (TableConstraint | ['COLUMN'] ColumnDefinition)
///          | 'DROP' ('CONSTRAINT' Label | ['COLUMN'] Label)
///          | 'RENAME' ('TO' Label | ['COLUMN'] Label 'TO' Label)
///          | 'ALTER' ['COLUMN'] Label ('SET' 'NOT' 'NULL' [OnConflict] | 'DROP' 'NOT' 'NULL'))
///          [Annotations]`
pub(super) fn alter(input: TokenInput<'_>) -> Parsed<'_, Statement> {
    let (rest, _) = (word(Keyword::Alter), word(Keyword::Table)).parse(input)?;
    let (rest, table) = table_name(rest)?;
    let old = NameKind::Column(Some(rest.at() - 1));
    let column = |input| opt(word(Keyword::Column)).parse(input);
    let behind = rest.skip(1);
    let (rest, action) = match rest.kind {
        TokenKind::Keyword(Keyword::Add) if begins_table_constraint(behind) => {
            let (rest, constraint) = table_constraint(behind)?;
            (rest, AlterAction::AddConstraint(Box::new(constraint)))
        }
        TokenKind::Keyword(Keyword::Add) => {
            behind.note("CONSTRAINT");
            behind.note("CHECK");
            let (rest, definition) = preceded(column, column_definition).parse(behind)?;
            (rest, AlterAction::AddColumn(Box::new(definition)))
        }
        TokenKind::Keyword(Keyword::Drop) if behind.is_word(0, Keyword::Constraint) => {
            label(NameKind::New).map(AlterAction::DropConstraint).parse(behind.skip(1))?
        }
        TokenKind::Keyword(Keyword::Drop) => {
            behind.note("CONSTRAINT");
            preceded(column, label(old)).map(AlterAction::DropColumn).parse(behind)?
        }
        TokenKind::Keyword(Keyword::Rename) if behind.is_word(0, Keyword::To) => {
            label(NameKind::New).map(AlterAction::RenameTo).parse(behind.skip(1))?
        }
        TokenKind::Keyword(Keyword::Rename) => {
            behind.note("TO");
            let (rest, from) = preceded(column, label(old)).parse(behind)?;
            let (rest, to) = preceded(word(Keyword::To), label(NameKind::New)).parse(rest)?;
            (rest, AlterAction::RenameColumn { from, to })
        }
        TokenKind::Keyword(Keyword::Alter) => {
            let (rest, name) = preceded(column, label(old)).parse(behind)?;
            let is_set = rest.is_word(0, Keyword::Set);
            let verb = if is_set { Keyword::Set } else { Keyword::Drop };
            if !is_set {
                rest.note(Keyword::Set);
            }
            let mut words = (word(verb), word(Keyword::Not), word(Keyword::Null));
            let (rest, _) = words.parse(rest)?;
            if is_set {
                let (rest, on_conflict) = on_conflict(rest)?;
                (rest, AlterAction::SetNotNull { column: name, on_conflict })
            } else {
                (rest, AlterAction::DropNotNull(name))
            }
        }
        _ => {
            for expected in ["ADD", "DROP", "ALTER"] {
                rest.note(expected);
            }
            return rest.no_match("RENAME");
        }
    };
    let (rest, annotations) = annotations(rest)?;
    Ok((rest, SchemaStatement::AlterTable { table, action, annotations }.into()))
}
