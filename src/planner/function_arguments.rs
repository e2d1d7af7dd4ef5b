//! Where functions in the place of a table get their arguments from, and where they stand.
//!
//! As in SQLite, an argument is a hidden column of the function: what is not said in parentheses, a
//! condition says, `WHERE json = t.doc`, which then is none any more. A function stands behind the tables
//! that its arguments read, wherever it was written in a row of inner joins, and is called for their
//! rows; conditions are asked as soon as their columns are there, so that it is not called for rows that
//! are left out. Beside an outer join it stays on its side.
//!
//! This is done where a FROM and its WHERE are bound and is no rewrite: what is an error, and of which
//! row, does not depend on those.

use super::Error;
use super::access;
use super::expression::{BoundExpression, BoundKind, Comparison};
use super::function_scan::LogicalFunction;
use super::join_type::JoinType;
use super::logical::{Logical, LogicalJoin};
use super::table_functions::{LAST_OF_SERIES, TableFunction};
use crate::types::{Value, with_stack};
use std::collections::BTreeMap;

/// What a FROM gives where conditions hold, with each function behind what its arguments read.
///
/// # Errors
/// `function` where its arguments read what cannot stand before it, or one that it needs is not said;
/// those of [`access::check_hints`].
pub(super) fn place(
    logical: Logical,
    mut conditions: Vec<BoundExpression>,
) -> Result<Logical, Error> {
    access::check_hints(&logical, &conditions)?;
    if !is_concerned(&logical, &conditions) {
        return Ok(logical.filtered(conditions));
    }
    let mut items = Vec::new();
    gather(logical, &mut items, &mut conditions);
    for item in &mut items {
        if let Logical::Function(function) = item {
            fill(function, &mut conditions)?;
        }
    }
    let mut placed = Vec::with_capacity(items.len());
    for item in items {
        placed.push(if let Logical::Join(join) = item {
            with_stack(|| place_outer(join, &mut conditions))?
        } else {
            item
        });
    }
    ordered(placed, conditions)
}

/// Whether some function of a FROM reads columns, or is told an argument by a condition.
fn is_concerned(logical: &Logical, conditions: &[BoundExpression]) -> bool {
    let (mut functions, mut on) = (Vec::new(), Vec::new());
    note_functions(logical, &mut functions, &mut on);
    functions.iter().any(|function| {
        let mut said = conditions.iter().chain(on.iter().copied());
        reads_columns(function) || said.any(|known| argument(known, function).is_some())
    })
}

fn note_functions<'a>(
    logical: &'a Logical,
    functions: &mut Vec<&'a LogicalFunction>,
    conditions: &mut Vec<&'a BoundExpression>,
) {
    if let Logical::Function(function) = logical {
        functions.push(function);
    }
    if let Logical::Join(LogicalJoin { left, right, on, .. }) = logical {
        conditions.extend(on);
        for side in [left, right] {
            with_stack(|| note_functions(side, functions, conditions));
        }
    }
}

/// Takes a row of inner joins apart.
fn gather(logical: Logical, items: &mut Vec<Logical>, conditions: &mut Vec<BoundExpression>) {
    let is_inner = matches!(&logical, Logical::Join(join) if join.kind.is_inner());
    if is_inner && let Logical::Join(LogicalJoin { left, right, on, .. }) = logical {
        with_stack(|| gather(*left, items, conditions));
        with_stack(|| gather(*right, items, conditions));
        conditions.extend(on);
    } else {
        items.push(logical);
    }
}

/// What is compared, without what makes it comparable.
fn bare(expression: &BoundExpression) -> &BoundExpression {
    if let BoundKind::Affinity(_, inner) | BoundKind::CollationKey(_, inner) = &expression.kind {
        return bare(inner);
    }
    expression
}

/// The index of an argument that a function was not given, and what a condition says that it is.
fn argument<'a>(
    condition: &'a BoundExpression,
    function: &LogicalFunction,
) -> Option<(usize, &'a BoundExpression)> {
    let BoundKind::Compare(Comparison::Equal, a, b) = &condition.kind else { return None };
    let own = function.identities();
    let hidden = own.start + function.function.shown()..own.start + function.function.rowid();
    [(a, b), (b, a)].into_iter().find_map(|(column, value)| {
        let BoundKind::Column(column) = &bare(column).kind else { return None };
        let mut reads_own = false;
        value.for_each_column(&mut |read| reads_own |= own.contains(&read));
        let at = hidden.contains(column).then(|| column - hidden.start)?;
        (at >= function.arguments.len() && !reads_own).then(|| (at, bare(value)))
    })
}

/// Gives a function what conditions say of its arguments; those are none any more then.
fn fill(
    function: &mut LogicalFunction,
    conditions: &mut Vec<BoundExpression>,
) -> Result<(), Error> {
    let mut said: BTreeMap<usize, BoundExpression> = BTreeMap::new();
    conditions.retain(|condition| match argument(condition, function) {
        Some((at, value)) if !said.contains_key(&at) => {
            said.insert(at, value.clone());
            false
        }
        Some(_) | None => true,
    });
    let Some((last, _)) = said.last_key_value() else { return Ok(()) };
    for at in function.arguments.len()..=*last {
        let argument = match said.get(&at) {
            Some(said) => said.clone(),
            None => unsaid(function, at)?,
        };
        function.arguments.push(argument);
    }
    Ok(())
}

/// What an argument is that nobody says, where one behind it is said.
fn unsaid(function: &LogicalFunction, at: usize) -> Result<BoundExpression, Error> {
    match (function.function, at) {
        (TableFunction::GenerateSeries, 0) => {
            let message = "generate_series does not know its first number";
            Err(Error::new("function", message, function.span))
        }
        (TableFunction::GenerateSeries, _) => {
            Ok(BoundExpression::of(Value::Integer(LAST_OF_SERIES)))
        }
        (TableFunction::JsonEach | TableFunction::JsonTree | TableFunction::Pragma(_), _) => {
            Ok(BoundExpression::of(Value::Null))
        }
    }
}

/// Whether the arguments of a function read columns of tables that do not stand before it yet, but for
/// those that `rows` has.
fn lacks(function: &LogicalFunction, rows: Option<&Logical>) -> bool {
    let mut lacks = false;
    for argument in &function.arguments {
        argument.for_each_column(&mut |column| {
            let is_there = function.input.has(column) || rows.is_some_and(|rows| rows.has(column));
            lacks = lacks || !is_there;
        });
    }
    lacks
}

/// Whether a function is called for rows that do not stand before it yet.
fn reads_columns(function: &LogicalFunction) -> bool {
    lacks(function, None)
}

/// The error of a function that nothing can be called for.
fn reads_what_is_not_there(function: &LogicalFunction) -> Error {
    let name = function.function.signature().name;
    let message = format!("the arguments of {name} read what cannot stand before it");
    Error::new("function", message, function.span)
        .help(Some("the tables that they read are to be joined to its left".to_owned()))
}

/// The function that an item is which cannot be called yet, if it is one.
fn stuck<'a>(item: &'a Logical, rows: Option<&Logical>) -> Option<&'a LogicalFunction> {
    let Logical::Function(function) = item else { return None };
    lacks(function, rows).then_some(function)
}

/// An item joined with what stands before it, for whose rows it is called where it reads columns.
fn beside(left: Logical, item: Logical) -> Logical {
    let left = Box::new(left);
    let is_called = matches!(&item, Logical::Function(function) if reads_columns(function));
    if is_called && let Logical::Function(function) = item {
        return Logical::Function(Box::new(LogicalFunction { input: left, ..*function }));
    }
    let (right, kind, on) = (Box::new(item), JoinType::Cross, Vec::new());
    Logical::Join(LogicalJoin { left, right, kind, on })
}

/// The items of a row of inner joins, each function behind what it reads, and conditions where all their
/// columns are there.
fn ordered(items: Vec<Logical>, mut conditions: Vec<BoundExpression>) -> Result<Logical, Error> {
    let mut waiting = items;
    let mut rows: Option<Logical> = None;
    while !waiting.is_empty() {
        let is_ready = |item: &Logical| stuck(item, rows.as_ref()).is_none();
        let Some(at) = waiting.iter().position(is_ready) else {
            let first = waiting.iter().find_map(|item| stuck(item, rows.as_ref()));
            return Err(reads_what_is_not_there(first.expect("what is not ready waits")));
        };
        let item = waiting.remove(at);
        let next = if let Some(left) = rows.take() { beside(left, item) } else { item };
        let (ready, later) = conditions.into_iter().partition(|condition| {
            let mut is_ready = !condition.is_volatile();
            condition.for_each_column(&mut |column| is_ready = is_ready && next.has(column));
            is_ready
        });
        conditions = later;
        rows = Some(next.filtered(ready));
    }
    Ok(rows.unwrap_or(Logical::OneRow).filtered(conditions))
}

/// An outer join with the functions of its sides in their places. Conditions on the side that it keeps may
/// go there.
fn place_outer(join: LogicalJoin, conditions: &mut Vec<BoundExpression>) -> Result<Logical, Error> {
    let LogicalJoin { left, right, kind, mut on } = join;
    let mut of_side = |side: &Logical, is_kept: bool| {
        let all = std::mem::take(conditions);
        let (own, others) = all.into_iter().partition(|known| is_kept && side.has_all_of(known));
        *conditions = others;
        own
    };
    let of_left = of_side(&left, !kind.keeps_right());
    let of_right = of_side(&right, !kind.keeps_left());
    let left = place(*left, of_left)?;
    let Logical::Function(mut function) = *right else {
        let (left, right) = (Box::new(left), Box::new(place(*right, of_right)?));
        return Ok(Logical::Join(LogicalJoin { left, right, kind, on }));
    };
    let mut of_right = of_right;
    fill(&mut function, &mut on)?;
    fill(&mut function, &mut of_right)?;
    if !reads_columns(&function) {
        let (left, right) = (Box::new(left), Box::new(Logical::Function(function)));
        return Ok(Logical::Join(LogicalJoin { left, right, kind, on }).filtered(of_right));
    }
    if lacks(&function, Some(&left)) {
        return Err(reads_what_is_not_there(&function));
    }
    Ok(lateral(*function, left, kind, on).filtered(of_right))
}

/// A function joined with the rows that it is called for. There is no row of it that was called for none,
/// so that a RIGHT JOIN is an inner one, and a FULL JOIN a LEFT JOIN.
fn lateral(
    function: LogicalFunction,
    left: Logical,
    kind: JoinType,
    on: Vec<BoundExpression>,
) -> Logical {
    let input = Box::new(left);
    match kind.keeps_left() {
        true => {
            let function = LogicalFunction { input, on, keeps_input: true, ..function };
            Logical::Function(Box::new(function))
        }
        false => Logical::Function(Box::new(LogicalFunction { input, ..function })).filtered(on),
    }
}
