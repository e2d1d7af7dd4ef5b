//! The one evaluator: an expression and a batch become a column, or a scalar where no row matters.
//!
//! Branches that are not taken are not computed: the right side of AND and OR, the results of CASE
//! and the later arguments of coalesce see only the rows that reach them, so that an error
//! in one is an error of such a row.

use super::change_counts::ChangeCounts;
use super::datum::{Batch, Datum, conform, map_rows, map_values};
use super::enforcement::Enforcement;
use super::membership::Membership;
use super::profile::{Probe, Profile};
use super::subquery::Subqueries;
use super::{Error, arithmetic, cast, compare, function_columns, functions, kernels, scalar, text};
use crate::language::ast::CurrentTime;
use crate::planner::{
    BoundExpression, BoundKind, Comparison, OperatorId, ScalarFunction, Volatility,
};
use crate::storage::{Random, SystemRandom};
use crate::types::memory::MemoryBudget;
use crate::types::{DataType, Literal, Timestamp, Value, with_stack};
use arrow_array::cast::AsArray;
use arrow_array::{ArrayRef, BooleanArray, UInt64Array};
use arrow_buffer::NullBuffer;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};

/// What is the same for a whole statement.
#[derive(Clone, Debug)]
pub struct Context {
    /// The time of the statement.
    pub now: Timestamp,
    /// The values of its parameters.
    pub parameters: Arc<[Literal]>,
    /// Set from outside when the statement shall stop; looked at wherever rows come from.
    pub interrupt: Arc<AtomicBool>,
    /// Where `random` and `randomblob` have theirs from.
    pub random: Arc<dyn Random>,
    /// Where operators are measured, if they are.
    pub profile: Option<Arc<Profile>>,
    /// What the statement's operators may hold.
    pub memory: Arc<MemoryBudget>,
    /// Which constraints a write holds.
    pub enforcement: Enforcement,
    /// What the session's writes did so far.
    pub counts: Arc<ChangeCounts>,
    /// Whether a trigger fires inside of itself, and REPLACE fires those of deletion.
    pub recursive_triggers: bool,
    /// What queries inside of expressions read and found.
    pub(super) subqueries: Subqueries,
}

/// What the statements of a session share.
#[derive(Clone, Debug)]
pub struct Resources {
    /// Set from outside when a statement shall stop.
    pub interrupt: Arc<AtomicBool>,
    /// Where `random` and `randomblob` have theirs from.
    pub random: Arc<dyn Random>,
    /// What operators may hold.
    pub memory: Arc<MemoryBudget>,
    /// What writes did so far.
    pub counts: Arc<ChangeCounts>,
}

impl Default for Resources {
    fn default() -> Resources {
        let (interrupt, memory, counts) = Default::default();
        Resources { interrupt, random: Arc::new(SystemRandom), memory, counts }
    }
}

/// Goes on unless the flag is set.
///
/// # Errors
/// `interrupted` where it is.
pub fn check(interrupt: &AtomicBool) -> Result<(), Error> {
    if interrupt.load(Ordering::Relaxed) {
        return Err(Error::failed("interrupted", "the statement was interrupted"));
    }
    Ok(())
}

type TypedDatum<'a> = (&'a Datum, DataType);

impl Context {
    /// That of expressions which read no parameter and no clock.
    pub(super) fn of_constants() -> Context {
        Context::new(Timestamp(0), Arc::default(), Resources::default())
    }

    /// The context of a statement that begins now, with these values for its parameters.
    pub fn new(now: Timestamp, parameters: Arc<[Literal]>, resources: Resources) -> Context {
        let Resources { interrupt, random, memory, counts } = resources;
        let subqueries = Subqueries::default();
        Context {
            now,
            parameters,
            interrupt,
            random,
            profile: None,
            memory,
            enforcement: Enforcement::default(),
            recursive_triggers: false,
            counts,
            subqueries,
        }
    }

    /// The same, whose writes hold these constraints.
    #[must_use]
    pub fn holding(self, enforcement: Enforcement) -> Context {
        Context { enforcement, ..self }
    }

    /// The same, whose writes are counted here.
    #[must_use]
    pub fn counting(self, counts: Arc<ChangeCounts>) -> Context {
        Context { counts, ..self }
    }

    /// The same, in whose writes triggers fire inside of themselves or not.
    #[must_use]
    pub fn recursing(self, recursive_triggers: bool) -> Context {
        Context { recursive_triggers, ..self }
    }

    /// The same with operators measured.
    #[must_use]
    pub fn profiled(self, profile: Arc<Profile>) -> Context {
        Context { profile: Some(profile), ..self }
    }

    /// Whether operators are measured.
    pub(super) fn is_measured(&self) -> bool {
        self.profile.is_some()
    }

    /// The same without measuring operators: of a plan whose lines nobody shows.
    #[must_use]
    pub fn unmeasured(self) -> Context {
        Context { profile: None, ..self }
    }

    /// Goes on unless the statement shall stop.
    ///
    /// # Errors
    /// `interrupted` where it shall.
    pub fn check(&self) -> Result<(), Error> {
        check(&self.interrupt)
    }

    /// What the operator is measured by that a line of the plan is about.
    pub(super) fn probe(&self, id: OperatorId) -> Probe {
        Probe::new(self.profile.as_ref(), id)
    }

    /// Computes an expression for each row of a batch.
    ///
    /// # Errors
    /// `integer-overflow`, `decimal-overflow`, `date-overflow`, `type` of a CAST or of a moment in
    /// arithmetic, `escape`, `text-limit`: of the first row that has one, but that the left side of AND and OR
    /// is computed for all rows before the right one.
    pub fn evaluate(&self, expression: &BoundExpression, batch: &Batch) -> Result<Datum, Error> {
        if let Some(leaf) = leaf(expression, batch) {
            return Ok(leaf);
        }
        match scalar::is_by_value(expression, batch) {
            true => self.few_values(expression, batch),
            false => self.columns(expression, batch),
        }
    }

    /// Computes an expression as a column.
    ///
    /// # Errors
    /// As [`Context::evaluate`].
    pub(super) fn columns(
        &self,
        expression: &BoundExpression,
        batch: &Batch,
    ) -> Result<Datum, Error> {
        if let Some(leaf) = leaf(expression, batch) {
            return Ok(leaf);
        }
        with_stack(|| self.evaluate_kind(expression, batch))
            .map_err(|error| error.at(expression.place))
    }

    fn evaluate_kind(&self, expression: &BoundExpression, batch: &Batch) -> Result<Datum, Error> {
        let rows = batch.rows;
        let result = expression.data_type;
        let of = |operand: &BoundExpression| self.columns(operand, batch);
        match &expression.kind {
            BoundKind::Literal(_) | BoundKind::Column(_) => unreachable!("a leaf takes no stack"),
            BoundKind::Number(Literal { value, .. }) => Ok(Datum::Scalar(value.clone())),
            BoundKind::Parameter { index, .. } => Ok(Datum::Scalar(self.given(*index))),
            BoundKind::ExactParameter(index) => Ok(Datum::Scalar(self.digits(*index))),
            BoundKind::Argument(index) => {
                Ok(Datum::Scalar(self.subqueries.argument(*index).clone()))
            }
            BoundKind::Subquery(subquery) => self.subquery(subquery, batch),
            BoundKind::CurrentTime(word) => Ok(Datum::Scalar(self.time(*word))),
            BoundKind::Aggregate(_) | BoundKind::Window(_) => {
                unreachable!("the planner turned every aggregate into a column")
            }
            BoundKind::Let { value, body } => {
                let mut inner = batch.clone();
                inner.columns.push(of(value)?.into_array(value.data_type, rows)?);
                self.columns(body, &inner)
            }
            BoundKind::Bound => Ok(bound(batch)),
            BoundKind::Negate(a) => arithmetic::negate_each(result, (&of(a)?, a.data_type), rows),
            BoundKind::BitNot(a) => map_values(rows, result, &[(&of(a)?, a.data_type)], |values| {
                Ok(arithmetic::bit_not(&values[0]))
            }),
            BoundKind::Not(a) => compare::not(&of(a)?),
            BoundKind::Truth(a) => compare::truth((&of(a)?, a.data_type), rows),
            BoundKind::Arithmetic(operator, a, b) => {
                let (x, y) = (of(a)?, of(b)?);
                arithmetic::evaluate(*operator, result, (&x, a.data_type), (&y, b.data_type), rows)
            }
            BoundKind::Compare(comparison, a, b) => {
                let (x, y) = (of(a)?, of(b)?);
                compare::evaluate(*comparison, (&x, a.data_type), (&y, b.data_type), rows)
            }
            BoundKind::CompareRows(order, pairs) => self.compare_rows(*order, pairs, batch),
            BoundKind::And(a, b) => self.logic(true, a, b, batch),
            BoundKind::Or(a, b) => self.logic(false, a, b, batch),
            BoundKind::Concat(a, b) => {
                text::concat((&of(a)?, a.data_type), (&of(b)?, b.data_type), rows)
            }
            BoundKind::InList { operand, list, negated } => {
                self.in_list(operand, list, *negated, batch)
            }
            BoundKind::Match { .. } => self.matches(expression, batch),
            BoundKind::Case { branches, otherwise } => {
                self.case(branches, otherwise.as_deref(), result, batch)
            }
            BoundKind::Cast(a) => cast::evaluate((&of(a)?, a.data_type), result, rows),
            BoundKind::Affinity(affinity, a) => {
                map_values(rows, result, &[(&of(a)?, a.data_type)], |values| {
                    Ok(affinity.of(values[0].clone()))
                })
            }
            BoundKind::CollationKey(collation, a) => {
                text::collation_key(*collation, (&of(a)?, a.data_type), result, rows)
            }
            BoundKind::Call(function, arguments) => self.call(*function, arguments, result, batch),
        }
    }

    /// LIKE, GLOB or REGEXP.
    fn matches(&self, expression: &BoundExpression, batch: &Batch) -> Result<Datum, Error> {
        let BoundKind::Match { kind, operand, pattern, escape, negated } = &expression.kind else {
            unreachable!("it is evaluated by its kind")
        };
        let of = |operand: &BoundExpression| self.columns(operand, batch);
        let escape = match escape {
            Some(escape) => Some((of(escape)?, escape.data_type)),
            None => None,
        };
        let (x, y) = (of(operand)?, of(pattern)?);
        let (operand, pattern) = ((&x, operand.data_type), (&y, pattern.data_type));
        let escape = escape.as_ref().map(|(datum, data_type)| (datum, *data_type));
        text::evaluate(*kind, operand, pattern, escape, *negated, batch.rows)
    }

    /// What a parameter is by itself.
    pub(super) fn given(&self, parameter: usize) -> Value {
        self.parameters[parameter].value.clone()
    }

    /// The number that a parameter is written as.
    pub(super) fn digits(&self, parameter: usize) -> Value {
        let Literal { value, exact } = &self.parameters[parameter];
        exact.as_ref().unwrap_or(value).clone()
    }

    fn time(&self, word: CurrentTime) -> Value {
        match word {
            CurrentTime::Timestamp => {
                Value::Timestamp(Timestamp(self.now.0.div_euclid(1_000_000) * 1_000_000))
            }
            CurrentTime::Date => Value::Date(self.now.date()),
            CurrentTime::Time => {
                let text = self.now.to_string();
                Value::text(text.get(11..19).unwrap_or(&text))
            }
        }
    }

    fn logic(
        &self,
        and: bool,
        a: &BoundExpression,
        b: &BoundExpression,
        batch: &Batch,
    ) -> Result<Datum, Error> {
        let left = self.columns(a, batch)?;
        if matches!(&left, Datum::Scalar(Value::Boolean(truth)) if *truth != and) {
            return Ok(left);
        }
        let right = if let Datum::Array(array) = &left
            && b.may_fail()
        {
            let undecided = kernels::undecided(array.as_boolean(), and);
            if undecided.true_count() == 0 {
                return Ok(left);
            }
            Datum::Array(self.evaluate_where(b, &undecided, b.data_type, batch)?)
        } else {
            self.columns(b, batch)?
        };
        compare::combine(and, left, right, batch.rows)
    }

    /// Computes an expression as one of type `to`, for the rows where `mask` is true, which is never NULL;
    /// NULL elsewhere.
    fn evaluate_where(
        &self,
        expression: &BoundExpression,
        mask: &BooleanArray,
        to: DataType,
        batch: &Batch,
    ) -> Result<ArrayRef, Error> {
        let selected = batch.filter(mask)?;
        let computed = self.columns(expression, &selected)?.into_array_as(
            expression.data_type,
            to,
            selected.rows,
        )?;
        if selected.rows == batch.rows {
            return Ok(computed);
        }
        // A row that is not wanted has the place of the next one that is, and NULL instead of it.
        let mut next = 0;
        let places = mask.values().iter().map(|is_wanted| {
            let place = next;
            next += u64::from(is_wanted);
            place
        });
        let places: Vec<u64> = places.collect();
        let places = UInt64Array::new(places.into(), Some(NullBuffer::new(mask.values().clone())));
        Ok(arrow_select::take::take(&computed, &places, None)?)
    }

    fn case(
        &self,
        branches: &[(BoundExpression, BoundExpression)],
        otherwise: Option<&BoundExpression>,
        result: DataType,
        batch: &Batch,
    ) -> Result<Datum, Error> {
        let mut open = BooleanArray::from(vec![true; batch.rows]);
        let mut chosen: Option<ArrayRef> = None;
        for (condition, value) in branches {
            if open.true_count() == 0 {
                break;
            }
            let truth = self.evaluate_where(condition, &open, DataType::Boolean, batch)?;
            let taken = compare::selected(&Datum::Array(truth).into_mask(batch.rows));
            let values = self.evaluate_where(value, &taken, result, batch)?;
            chosen = Some(choose(&taken, values, chosen)?);
            open = kernels::and_not(&open, &taken);
        }
        if let Some(otherwise) = otherwise.filter(|_| open.true_count() > 0) {
            let values = self.evaluate_where(otherwise, &open, result, batch)?;
            chosen = Some(choose(&open, values, chosen)?);
        }
        let values = chosen.unwrap_or_else(|| super::datum::nulls(result, batch.rows));
        Ok(Datum::Array(values))
    }

    fn call(
        &self,
        function: ScalarFunction,
        arguments: &[BoundExpression],
        result: DataType,
        batch: &Batch,
    ) -> Result<Datum, Error> {
        if function == ScalarFunction::Coalesce
            && arguments[1..].iter().any(BoundExpression::may_fail)
        {
            return self.coalesce(arguments, result, batch);
        }
        let computed: Result<Vec<Datum>, Error> =
            arguments.iter().map(|argument| self.columns(argument, batch)).collect();
        let computed = computed?;
        let typed: Vec<TypedDatum> =
            computed.iter().zip(arguments).map(|(datum, a)| (datum, a.data_type)).collect();
        if let Some(column) = function_columns::evaluate(function, &typed) {
            return Ok(column);
        }
        let compute =
            |values: &[Value]| functions::call(function, values, self).map(|v| conform(v, result));
        match function.volatility() {
            Volatility::Volatile => map_rows(batch.rows, result, &typed, compute),
            Volatility::Immutable | Volatility::Stable => {
                map_values(batch.rows, result, &typed, compute)
            }
        }
    }

    /// `operand [NOT] IN (list)`. Items that are the same for every row become one sorted list; others
    /// are computed one after the other, and none is kept.
    fn in_list(
        &self,
        operand: &BoundExpression,
        list: &[BoundExpression],
        negated: bool,
        batch: &Batch,
    ) -> Result<Datum, Error> {
        let wanted = self.columns(operand, batch)?;
        let mut among = Membership::new(wanted, operand.data_type, batch.rows);
        let mut computed = Vec::new();
        for item in list.iter().filter(|item| item.as_constant().is_none()) {
            match self.columns(item, batch)? {
                Datum::Scalar(value) => computed.push(value),
                column => among.look_into(&column, item.data_type),
            }
        }
        let literals = list.iter().filter_map(BoundExpression::as_constant);
        among.finish(literals.chain(&computed), negated)
    }

    fn compare_rows(
        &self,
        comparison: Comparison,
        pairs: &[(BoundExpression, BoundExpression)],
        batch: &Batch,
    ) -> Result<Datum, Error> {
        let mut computed = Vec::with_capacity(2 * pairs.len());
        for operand in pairs.iter().flat_map(|(left, right)| [left, right]) {
            computed.push((self.columns(operand, batch)?, operand.data_type));
        }
        let typed: Vec<TypedDatum> =
            computed.iter().map(|(datum, data_type)| (datum, *data_type)).collect();
        compare::evaluate_rows(comparison, &typed, batch.rows)
    }

    fn coalesce(
        &self,
        arguments: &[BoundExpression],
        result: DataType,
        batch: &Batch,
    ) -> Result<Datum, Error> {
        let mut open = BooleanArray::from(vec![true; batch.rows]);
        let mut chosen: Option<ArrayRef> = None;
        for argument in arguments {
            if open.true_count() == 0 {
                break;
            }
            let values = self.evaluate_where(argument, &open, result, batch)?;
            let known = kernels::is_not_null(&values);
            chosen = Some(choose(&known, values, chosen)?);
            open = kernels::and_not(&open, &known);
        }
        let values = chosen.unwrap_or_else(|| super::datum::nulls(result, batch.rows));
        Ok(Datum::Array(values))
    }
}

/// What an expression comes to that reads no column, no parameter and no clock; `None` where
/// computing it is an error.
pub fn constant(expression: &BoundExpression) -> Option<Value> {
    // One for all statements: most have some constants to be computed while they are planned.
    static CONTEXT: LazyLock<Context> = LazyLock::new(Context::of_constants);
    CONTEXT.constant(expression).ok()
}

/// What most operands are, which takes no stack: a column of the batch, or a literal.
fn leaf(expression: &BoundExpression, batch: &Batch) -> Option<Datum> {
    if let BoundKind::Column(index) = expression.kind {
        return Some(Datum::Array(Arc::clone(&batch.columns[index])));
    }
    if let BoundKind::Literal(value) = &expression.kind {
        return Some(Datum::Scalar(value.clone()));
    }
    None
}

/// What the Let around an expression computed, which is the last column its body sees.
fn bound(batch: &Batch) -> Datum {
    Datum::Array(batch.columns.last().expect("a Let adds a column").clone())
}

/// `values` where the mask is true, else what was chosen before.
fn choose(
    mask: &BooleanArray,
    values: ArrayRef,
    before: Option<ArrayRef>,
) -> Result<ArrayRef, Error> {
    match before {
        None => Ok(values),
        Some(before) => Ok(arrow_select::zip::zip(mask, &values, &before)?),
    }
}
