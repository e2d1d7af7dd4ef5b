//! Calls of functions.

use super::bind::{Binder, boolean, boxed, first_true};
use super::exact_numbers::{self, common};
use super::expression::{Arithmetic, BoundExpression, BoundKind, Comparison};
use super::functions::{
    AGGREGATE_FUNCTIONS, AggregateFunction, MANY, MathFunction, ResultType, SCALAR_FUNCTIONS,
    ScalarFunction, WINDOW_FUNCTIONS, WindowFunction,
};
use super::plan::{AggregateCall, OrderKey};
use super::subquery::Outer;
use super::suggest::suggest;
use super::{Error, coerce, collation, function_hints, ordered_set, window};
use crate::language::ast::{FunctionArguments, FunctionCall, Identifier, MatchKind, OrderItem};
use crate::types::{Collation, CompactSpan, DataType, Span, Value};

impl Binder<'_, '_> {
    /// The operator that a function is, which keeps a pattern compiled from row to row.
    fn matched(
        &self,
        function: ScalarFunction,
        arguments: &[BoundExpression],
    ) -> Option<BoundExpression> {
        let matches = [
            (ScalarFunction::Like, MatchKind::Like),
            (ScalarFunction::Glob, MatchKind::Glob),
            (ScalarFunction::Regexp, MatchKind::Regexp),
        ];
        let (_, kind) = matches.into_iter().find(|(known, _)| *known == function)?;
        let [pattern, text, escape @ ..] = arguments else { return None };
        Some(boolean(BoundKind::Match {
            kind: self.pattern_kind(kind),
            operand: boxed(text.clone()),
            pattern: boxed(pattern.clone()),
            escape: escape.first().cloned().map(boxed),
            negated: false,
        }))
    }

    /// Binds a call.
    ///
    /// # Errors
    /// `unknown-function`; `function` of arguments and clauses that it does not take;
    /// `misplaced-aggregate` and `misplaced-window`.
    pub(super) fn function(
        &mut self,
        call: &FunctionCall,
        span: Span,
    ) -> Result<BoundExpression, Error> {
        let name = call.name.name.to_ascii_lowercase();
        let given = match &call.arguments {
            FunctionArguments::Star => 0,
            FunctionArguments::List(list) => list.len(),
        };
        let aggregates = AGGREGATE_FUNCTIONS.iter().filter(|entry| entry.signature.name == name);
        let windows = WINDOW_FUNCTIONS.iter().filter(|entry| entry.signature.name == name);
        let scalars = SCALAR_FUNCTIONS.iter().filter(|entry| entry.signature.name == name);
        if let Some(entry) = aggregates.clone().find(|entry| entry.signature.takes(given)) {
            refuse_star(entry.function, call, span)?;
            ordered_set::check(entry.function.is_ordered_set(), call, span)?;
            let value = match &call.over {
                Some(over) => {
                    self.window(WindowFunction::Aggregate(entry.function), call, over, span)
                }
                None => self.aggregate(entry.function, call, span),
            };
            return value.map(|value| self.form(&name, value));
        }
        let is_star = matches!(call.arguments, FunctionArguments::Star);
        if let Some(entry) = windows.clone().find(|entry| entry.signature.takes(given))
            && !is_star
        {
            let Some(over) = &call.over else {
                let message = format!("{name} is nothing without a window");
                let help = format!("write OVER behind it: {name}(…) OVER (ORDER BY …)");
                return Err(Error::new("misplaced-window", message, span).help(Some(help)));
            };
            ordered_set::check(false, call, span)?;
            return self.window(entry.function, call, over, span);
        }
        let is_plain = call.filter.is_none()
            && call.over.is_none()
            && call.order_by.is_empty()
            && call.within_group.is_empty()
            && !call.distinct
            && !is_star;
        if let Some(entry) = scalars.clone().find(|entry| entry.signature.takes(given)) {
            if !is_plain {
                let message = format!(
                    "{name} is no aggregate: it takes no DISTINCT, *, ORDER BY, FILTER or OVER"
                );
                return Err(Error::new("function", message, span));
            }
            let arguments = self.arguments(&call.arguments)?;
            if let Some(matched) = self.matched(entry.function, &arguments) {
                return Ok(matched);
            }
            let function = self.meant(entry.function, &arguments);
            let value = scalar(function, entry.result, arguments, span)?;
            return Ok(self.form(&name, value));
        }
        let arities: Vec<(usize, usize)> = aggregates
            .map(|entry| entry.signature)
            .chain(windows.map(|entry| entry.signature))
            .chain(scalars.map(|entry| entry.signature))
            .map(|signature| (signature.least, signature.most))
            .collect();
        Err(function_error(&call.name, &arities, given, span))
    }

    pub(super) fn arguments(
        &mut self,
        arguments: &FunctionArguments,
    ) -> Result<Vec<BoundExpression>, Error> {
        match arguments {
            FunctionArguments::Star => Ok(Vec::new()),
            FunctionArguments::List(list) => {
                let given = |argument| self.bind(argument).map(|bound| self.given(bound));
                list.iter().map(given).collect()
            }
        }
    }

    fn aggregate(
        &mut self,
        function: AggregateFunction,
        call: &FunctionCall,
        span: Span,
    ) -> Result<BoundExpression, Error> {
        let name = &call.name.name;
        let given =
            if let FunctionArguments::List(list) = &call.arguments { list.len() } else { 0 };
        if call.distinct && given != 1 {
            let message = format!("{name}(DISTINCT …) takes 1 argument, not {given}");
            return Err(Error::new("function", message, span));
        }
        // Inside an aggregate there is no other. An order of rows may be by one of a query around.
        let gathered = self.aggregates.take();
        if gathered.is_none() && (self.clause != "ORDER BY" || self.outer().is_none()) {
            return Err(misplaced_aggregate(name, self.clause, span));
        }
        let windows = self.windows.take();
        let clause = std::mem::replace(&mut self.clause, "an aggregate");
        let outer = self.outer();
        let marks = outer.map(Outer::marks).unwrap_or_default();
        let bound = self.aggregate_call(function, call);
        (self.clause, self.windows, self.aggregates) = (clause, windows, gathered);
        let mut bound = bound?;
        bound.place = self.place(span);
        // It is one of the query whose columns it is about.
        if let Some(outer) = outer.filter(|outer| outer.has_columns_of(&bound)) {
            return outer.aggregate(bound, &marks, (name, span));
        }
        match &mut self.aggregates {
            Some(gathered) => gather(bound, gathered, span),
            None => Err(misplaced_aggregate(name, self.clause, span)),
        }
    }

    /// Binds what an aggregate is about.
    fn aggregate_call(
        &mut self,
        function: AggregateFunction,
        call: &FunctionCall,
    ) -> Result<AggregateCall, Error> {
        if let AggregateFunction::OrderedSet(function) = function {
            return self.ordered_set(function, call);
        }
        let arguments = self.arguments(&call.arguments)?;
        let mut order = self.order_keys(&call.order_by)?;
        if !function.sees_order() {
            order.clear();
        }
        let filter = call.filter.as_ref().map(|filter| self.condition(filter)).transpose()?;
        let argument = arguments.first().map_or(DataType::Integer, |a| a.data_type);
        let data_type = function.result(argument);
        let distinct = call.distinct;
        let collation = collation::of_aggregate(function, distinct, &arguments);
        let place = CompactSpan::default();
        Ok(AggregateCall {
            function,
            arguments,
            distinct,
            collation,
            order,
            filter,
            data_type,
            place,
        })
    }

    /// Binds the keys of an order that is no query's.
    pub(super) fn order_keys(&mut self, order_by: &[OrderItem]) -> Result<Vec<OrderKey>, Error> {
        let key = |item: &OrderItem| Ok(order_key(self.bind(&item.expression)?, item));
        order_by.iter().map(key).collect()
    }
}

/// The key of an order that an item, which was bound, makes.
pub(super) fn order_key(bound: BoundExpression, item: &OrderItem) -> OrderKey {
    let expression = collation::comparable(bound);
    let nulls_first = item.nulls_first.unwrap_or(!item.descending);
    OrderKey { expression, descending: item.descending, nulls_first }
}

/// The error for an aggregate where none can stand.
pub(super) fn misplaced_aggregate(name: &str, clause: &str, span: Span) -> Error {
    let message = format!("{name} cannot stand in {clause}");
    let help = match clause {
        "WHERE" => Some("filter groups with HAVING".to_string()),
        "ORDER BY" => Some("rows become one by an aggregate to select".to_string()),
        _ => None,
    };
    Error::new("misplaced-aggregate", message, span).help(help)
}

/// Whether an aggregate is about columns of queries around, and of none here.
pub(super) fn is_of_outer(call: &AggregateCall) -> bool {
    call.expressions().any(BoundExpression::reads_argument)
        && !call.expressions().any(BoundExpression::reads_column)
}

/// Adds an aggregate to those of a query, unless it is there.
///
/// # Errors
/// `misplaced-aggregate` and `misplaced-window` of one that is about another, for which an alias may
/// stand.
pub(super) fn gather(
    call: AggregateCall,
    gathered: &mut Vec<AggregateCall>,
    span: Span,
) -> Result<BoundExpression, Error> {
    if call.expressions().any(BoundExpression::has_aggregate) {
        return Err(misplaced_aggregate("an aggregate", "an aggregate", span));
    } else if call.expressions().any(BoundExpression::has_window) {
        return Err(window::misplaced("a window function", "an aggregate", span));
    }
    let (data_type, said) = (call.data_type, collation::said_by(&call.arguments));
    let index = gathered.iter().position(|known| *known == call).unwrap_or_else(|| {
        gathered.push(call);
        gathered.len() - 1
    });
    let mut bound = BoundExpression::new(BoundKind::Aggregate(index), data_type);
    bound.traits.collation = said;
    Ok(bound)
}

/// Only `count` is of rows, whatever is in them.
fn refuse_star(function: AggregateFunction, call: &FunctionCall, span: Span) -> Result<(), Error> {
    if call.arguments == FunctionArguments::Star && function != AggregateFunction::Count {
        let message = format!("{}(*) makes no sense: name what to aggregate", call.name.name);
        return Err(Error::new("function", message, span));
    }
    Ok(())
}

/// A call of a scalar function with its result's type.
fn scalar(
    function: ScalarFunction,
    result: ResultType,
    mut arguments: Vec<BoundExpression>,
    span: Span,
) -> Result<BoundExpression, Error> {
    if function == ScalarFunction::Likelihood {
        check_chance(&arguments[1], span)?;
    }
    if function == ScalarFunction::Iif {
        return Ok(first_true(arguments));
    }
    if exact_numbers::is_choice(function) {
        exact_numbers::alternatives(arguments.iter_mut());
    }
    if let [a, b] = arguments.as_slice() {
        if function == ScalarFunction::Math(MathFunction::Mod) {
            let (a, b) = exact_numbers::operands(a.clone(), b.clone(), span)?;
            arguments = vec![a, b];
        } else if function == ScalarFunction::Nullif {
            let collation = collation::of_choice(&arguments);
            if !collation.is_binary() {
                return Ok(null_if_same(a.clone(), b.clone(), collation));
            }
            if a.data_type.is_moment() || b.data_type.is_moment() {
                return Ok(null_if_equal(a.clone(), b.clone()));
            }
            let second = exact_numbers::compared(b.clone(), a.data_type);
            arguments = vec![a.clone(), second];
        }
    }
    let first = arguments.first().map_or(DataType::Any, |a| a.data_type.without_affinity());
    let is_decimal = matches!(first, DataType::Decimal { .. });
    let data_type = match result {
        ResultType::Of(data_type) => data_type,
        ResultType::First => first,
        ResultType::Part if matches!(first, DataType::Blob | DataType::Any) => first,
        ResultType::Part => DataType::Text,
        ResultType::Common => common(&arguments),
        ResultType::Magnitude if is_decimal => first,
        ResultType::Magnitude => DataType::Any,
        ResultType::Whole if is_decimal => exact_numbers::rounded_type(first, Some(0)),
        ResultType::Whole => DataType::Any,
        ResultType::Rounded => match arguments.get(1).map(|digits| &digits.kind) {
            None => exact_numbers::rounded_type(first, Some(0)),
            Some(BoundKind::Literal(Value::Integer(digits))) => {
                exact_numbers::rounded_type(first, Some(*digits))
            }
            Some(_) => exact_numbers::rounded_type(first, None),
        },
        ResultType::Remainder => {
            let second = arguments.get(1).map_or(DataType::Any, |b| b.data_type);
            exact_numbers::arithmetic_type(Arithmetic::Modulo, first, second)
                .unwrap_or(DataType::Real)
        }
    };
    let function = function.collated(collation::of_choice(&arguments));
    Ok(BoundExpression::new(BoundKind::Call(function, arguments), data_type))
}

/// Goes on with what likelihood takes for how often something is true.
///
/// # Errors
/// `function` of anything but a constant from 0.0 to 1.0 with a point, as SQLite has it.
fn check_chance(chance: &BoundExpression, span: Span) -> Result<(), Error> {
    let is_chance =
        |value: &Value| matches!(value, Value::Real(real) if (0.0..=1.0).contains(real));
    if !chance.as_constant().is_some_and(is_chance) {
        let message = "the second argument of likelihood is a number from 0.0 to 1.0";
        return Err(Error::new("function", message, span));
    }
    Ok(())
}

/// NULLIF of operands that are converted before they are compared.
fn null_if_equal(value: BoundExpression, other: BoundExpression) -> BoundExpression {
    null_if(value, |value| coerce::compare(Comparison::Equal, value, other))
}

/// NULLIF of operands that compare as they are, their texts by a collation.
fn null_if_same(
    value: BoundExpression,
    other: BoundExpression,
    collation: Collation,
) -> BoundExpression {
    let other = exact_numbers::compared(other, value.data_type).collation_key(collation);
    null_if(value, |value| BoundExpression::equal(value.collation_key(collation), other))
}

/// A value, NULL where something is true of it.
fn null_if(
    value: BoundExpression,
    condition: impl FnOnce(BoundExpression) -> BoundExpression,
) -> BoundExpression {
    coerce::computed_once(value, |value| {
        let otherwise = value.clone();
        let equal = condition(value);
        let null = BoundExpression::literal(Value::Null, otherwise.data_type);
        let data_type = otherwise.data_type;
        let branches = vec![(equal, null)];
        let kind = BoundKind::Case { branches, otherwise: Some(boxed(otherwise)) };
        BoundExpression::new(kind, data_type)
    })
}

fn function_error(
    name: &Identifier,
    arities: &[(usize, usize)],
    given: usize,
    span: Span,
) -> Error {
    if arities.is_empty() {
        let known = SCALAR_FUNCTIONS
            .iter()
            .map(|entry| entry.signature.name)
            .chain(AGGREGATE_FUNCTIONS.iter().map(|entry| entry.signature.name))
            .chain(WINDOW_FUNCTIONS.iter().map(|entry| entry.signature.name));
        let message = format!("no function \"{}\"", name.name);
        let help = function_hints::instead_of_function(&name.name.to_ascii_lowercase());
        let help = help.or_else(|| suggest(&name.name, known));
        return Error::new("unknown-function", message, name.span).help(help);
    }
    let mut arities = arities.to_vec();
    arities.sort_unstable();
    let takes: Vec<String> = arities
        .iter()
        .map(|(least, most)| match (*least, *most) {
            (least, most) if least == most => format!("{least}"),
            (least, MANY) => format!("{least} or more"),
            (least, most) => format!("{least} to {most}"),
        })
        .collect();
    let plural = if takes == ["1"] { "" } else { "s" };
    let message =
        format!("{} takes {} argument{plural}, not {given}", name.name, takes.join(" or "));
    Error::new("function", message, span)
}
