//! Aggregates of the values of a group in an order: `mode() WITHIN GROUP (ORDER BY x)`, and what lies so
//! far from the first of them to the last.

use super::Error;
use super::bind::Binder;
use super::calls::order_key;
use super::expression::BoundExpression;
use super::functions::{AGGREGATE_FUNCTIONS, AggregateFunction, Signature};
use super::plan::AggregateCall;
use super::rewrites::known_value;
use crate::language::ast::{FunctionArguments, FunctionCall};
use crate::types::{Collation, CompactSpan, Span, Value};

/// An aggregate that WITHIN GROUP stands behind. Its arguments are the value, behind it the fraction or
/// what values are told apart by; its rows come in the order of the values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OrderedSetFunction {
    /// percentile_cont(fraction): the number there, between two of them as near to each as it lies
    Continuous,
    /// percentile_disc(fraction): the first value up to which there is this share of all
    Discrete,
    /// mode(): what comes most often, the first of several
    Mode,
}

impl OrderedSetFunction {
    /// The function's name.
    pub fn name(self) -> &'static str {
        AggregateFunction::OrderedSet(self).name()
    }

    /// Those of its arguments that stand in its parentheses: the fraction, if it has one.
    pub(super) fn written(self, arguments: &[BoundExpression]) -> &[BoundExpression] {
        match self {
            OrderedSetFunction::Continuous | OrderedSetFunction::Discrete => &arguments[1..],
            OrderedSetFunction::Mode => &[],
        }
    }
}

/// Makes sure that WITHIN GROUP stands behind what takes it, as `is_one` says of this function, and behind
/// nothing else, and alone.
///
/// # Errors
/// `function`
pub(super) fn check(is_one: bool, call: &FunctionCall, span: Span) -> Result<(), Error> {
    let name = &call.name.name;
    let refuse = |message: String, help: &str| {
        let help = (!help.is_empty()).then(|| help.to_owned());
        Err(Error::new("function", message, span).help(help))
    };
    match (is_one, call.within_group.as_slice()) {
        (false, []) => return Ok(()),
        (false, _) => {
            let is_called = |signature: &Signature| signature.name.eq_ignore_ascii_case(name);
            let mut sets =
                AGGREGATE_FUNCTIONS.iter().filter(|entry| entry.function.is_ordered_set());
            return match sets.find(|entry| is_called(&entry.signature)) {
                Some(entry) => {
                    let help = format!("write {}", entry.signature.usage);
                    refuse(format!("{name} takes no WITHIN GROUP behind these arguments"), &help)
                }
                None => {
                    let help =
                        "ORDER BY inside of its parentheses says in which order it takes its rows";
                    refuse(format!("{name} takes no WITHIN GROUP"), help)
                }
            };
        }
        (true, []) => {
            let help = "write WITHIN GROUP (ORDER BY …) behind it";
            return refuse(format!("{name} is of values in an order"), help);
        }
        (true, [_]) => {}
        (true, [_, second, ..]) => {
            let message = format!("{name} is of one value of each row");
            return Err(Error::new("function", message, second.expression.span));
        }
    }
    let others = [
        (call.distinct, "DISTINCT"),
        (!call.order_by.is_empty(), "ORDER BY in its parentheses"),
        (call.over.is_some(), "OVER"),
    ];
    match others.into_iter().find(|(is_there, _)| *is_there) {
        Some((_, other)) => refuse(format!("{name} takes no {other} beside WITHIN GROUP"), ""),
        None => Ok(()),
    }
}

impl Binder<'_, '_> {
    /// Binds what an ordered-set aggregate is about; `call` was looked at by [`check`].
    ///
    /// # Errors
    /// `function` of a fraction that is no number from 0 to 1, or that each row has its own of.
    pub(super) fn ordered_set(
        &mut self,
        function: OrderedSetFunction,
        call: &FunctionCall,
    ) -> Result<AggregateCall, Error> {
        let item = call.within_group.first().expect("the call was looked at");
        let value = self.bind(&item.expression)?;
        let key = order_key(value.clone(), item);
        let mut arguments = vec![value];
        if function == OrderedSetFunction::Mode {
            arguments.push(key.expression.clone());
        }
        if let FunctionArguments::List(given) = &call.arguments {
            for given in given {
                let fraction = self.bind(given)?;
                self.check_fraction(&fraction, &call.name.name, given.span)?;
                arguments.push(fraction);
            }
        }
        let filter = call.filter.as_ref().map(|filter| self.condition(filter)).transpose()?;
        let function = AggregateFunction::OrderedSet(function);
        Ok(AggregateCall {
            data_type: function.result(arguments[0].data_type),
            function,
            arguments,
            distinct: false,
            collation: Collation::Binary,
            order: vec![key],
            filter,
            place: CompactSpan::default(),
        })
    }

    /// Makes sure that a fraction is one for all rows, and is one as far as that is known by now.
    fn check_fraction(
        &self,
        fraction: &BoundExpression,
        name: &str,
        span: Span,
    ) -> Result<(), Error> {
        if fraction.reads_column() {
            let message = format!("the fraction of {name} is one for all rows");
            return Err(Error::new("function", message, span)
                .help(Some("it reads no column of the query".to_owned())));
        }
        let known = self
            .subqueries
            .as_ref()
            .and_then(|subqueries| known_value(fraction, &*subqueries.planning.catalog));
        let is_one = |value: &Value| {
            let number = value.to_text().parse::<f64>();
            value.is_null() || number.is_ok_and(|number| (0.0..=1.0).contains(&number))
        };
        if known.as_ref().is_some_and(|known| !is_one(known)) {
            let message = format!("the fraction of {name} is a number from 0 to 1");
            return Err(Error::new("function", message, span));
        }
        Ok(())
    }
}
