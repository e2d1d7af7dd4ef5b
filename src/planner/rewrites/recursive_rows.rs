//! What a recursive part reads of a row becomes its arguments, where it reads no other table, or rows of
//! others by keys alone.
//!
//! It is then run for one row at a time, as a query inside of an expression is: a part without a table
//! is no more than some expressions, and a key finds what belongs to the row. Where a table has to be
//! read from end to end, that is better done once for many rows.

use super::{RewriteContext, keys, push_down};
use crate::planner::expression::{BoundExpression, BoundKind};
use crate::planner::logical::{Logical, LogicalJoin};
use crate::planner::plan::AccessPath;
use crate::planner::recursive::{LogicalRecursive, RecursivePart, RecursiveRows};
use crate::planner::with_plan::Feeding;

/// Gives rows as arguments to the parts of recursive tables for which that pays.
pub(super) fn apply(logical: &mut Logical, context: &RewriteContext) {
    if let Logical::Recursive(recursive) = logical {
        give_arguments(recursive, context);
    }
    logical.for_each_input_mut(|input| apply(input, context));
}

fn give_arguments(recursive: &mut LogicalRecursive, context: &RewriteContext) {
    for part in &mut recursive.parts {
        if !may_be_arguments(&part.logical, part.rows.number) {
            continue;
        }
        let mut candidate = part.logical.clone();
        give_arguments_to(&mut candidate, &part.rows);
        let mut reached = candidate.clone();
        push_down::apply(&mut reached, context);
        keys::apply(&mut reached, context);
        if finds_all(&reached) {
            let RecursivePart { logical, feeding, .. } = part;
            (*logical, *feeding) = (candidate, Feeding::Arguments);
        }
    }
}

/// Whether what reads the rows reads their values as they are, and no NULLs in the place of them.
fn may_be_arguments(logical: &Logical, number: usize) -> bool {
    if let Logical::Distinct { input, .. } = logical {
        return may_be_arguments(input, number);
    }
    logical.is_row_by_row(number)
}

/// Whether each table is one that a key finds rows of.
fn finds_all(logical: &Logical) -> bool {
    let mut all = match logical {
        Logical::Table(table) => match table.path {
            AccessPath::Numbered(_) | AccessPath::Find { .. } | AccessPath::Lookup { .. } => true,
            AccessPath::Scan => false,
        },
        Logical::Shared(_) | Logical::Recursive(_) => false,
        Logical::OneRow
        | Logical::Function(_)
        | Logical::Filter { .. }
        | Logical::Project { .. }
        | Logical::Join(_)
        | Logical::Aggregate(_)
        | Logical::Window(_)
        | Logical::Distinct { .. }
        | Logical::Sort { .. }
        | Logical::Limit { .. }
        | Logical::Values(_)
        | Logical::Append { .. }
        | Logical::SetFilter(_)
        | Logical::RecursiveRows(_) => true,
    };
    logical.for_each_input(|input| all = all && finds_all(input));
    all
}

/// Puts arguments in the place of the rows of a part; those that it has besides stand behind them.
fn give_arguments_to(logical: &mut Logical, rows: &RecursiveRows) {
    if matches!(logical, Logical::RecursiveRows(known) if known.number == rows.number) {
        *logical = Logical::OneRow;
        return;
    }
    logical.for_each_input_mut(|input| give_arguments_to(input, rows));
    if let Logical::Project { columns, .. } = logical {
        columns.retain(|computed| computed.column != rows.ordinal);
    }
    logical.for_each_expression_mut(|expression| as_arguments(expression, rows));
    let rewritten = logical.take();
    *logical = if let Logical::Join(join) = rewritten { without_one_row(join) } else { rewritten };
}

/// A join with the one row that the arguments leave is a filter.
fn without_one_row(join: LogicalJoin) -> Logical {
    let is_plain = join.kind.is_inner();
    match (*join.left, *join.right) {
        (Logical::OneRow, other) | (other, Logical::OneRow) if is_plain => other.filtered(join.on),
        (left, right) => {
            let (left, right) = (Box::new(left), Box::new(right));
            Logical::Join(LogicalJoin { left, right, ..join })
        }
    }
}

fn as_arguments(expression: &mut BoundExpression, rows: &RecursiveRows) {
    if let BoundKind::Argument(argument) = &mut expression.kind {
        *argument += rows.columns.len();
    } else if let BoundKind::Column(column) = &expression.kind
        && let Some(argument) = rows.columns.iter().position(|known| known == column)
    {
        expression.become_kind(BoundKind::Argument(argument));
    }
    expression.for_each_operand_mut(|operand| as_arguments(operand, rows));
}
