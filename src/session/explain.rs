//! EXPLAIN and EXPLAIN ANALYZE: plans, where their tables come from, and what running them cost.
//!
//! A query under ANALYZE runs to its end and its rows are dropped. A write is done in a fork of its own,
//! which is dropped, too: nothing reaches the transaction or the log.

use super::outcome::{self, Outcome};
use super::{Error, Session};
use crate::executor::{self, OperatorProfile, Profile, Spilled};
use crate::language::ast::{ExplainMode, Statement};
use crate::planner::{self, PlanLine, Planned, RewriteStep};
use crate::storage::Fork;
use crate::types::{DataType, Row, Value};
use std::sync::Arc;
use std::time::Duration;

impl Session {
    /// The plan of a statement, a line a row; with what it was before, or run and measured, as `mode`
    /// says.
    pub(super) fn explain(
        &self,
        mode: ExplainMode,
        statement: &Statement,
        text: &str,
    ) -> Result<Outcome, Error> {
        let Some(plannable) = statement.plannable() else {
            let line = vec![Value::text(format!("{statement} needs no plan"))];
            return outcome::fixed(&[("plan", DataType::Text)], vec![line], None);
        };
        let mut catalog = self.catalog()?;
        let mut rewriting = match mode {
            ExplainMode::Verbose => self.rewriting().traced(),
            ExplainMode::Plan | ExplainMode::Analyze => self.rewriting(),
        };
        let planned = planner::plan(plannable, text, &mut catalog, &mut rewriting)?;
        let (as_of, sources) = (catalog.moment(), catalog.sources());
        if mode != ExplainMode::Analyze {
            let lines = planned.lines().into_iter().map(|line| line.text).collect();
            let mut lines = verbose(rewriting.steps(), lines);
            lines.extend(sources);
            let rows = lines.into_iter().map(|line| vec![Value::text(line)]).collect();
            return outcome::fixed(&[("plan", DataType::Text)], rows, as_of);
        }
        let profile = Arc::new(Profile::new(Arc::clone(self.database.clock())));
        let context =
            self.context(catalog.resolver().now(), Arc::default()).profiled(Arc::clone(&profile));
        let inputs = catalog.into_inputs(&planned)?;
        match &planned {
            Planned::Query(query) => {
                let mut rows = executor::open(&query.plan, inputs, context)?;
                while rows.next()?.is_some() {}
            }
            Planned::Write(write) => {
                self.check_present()?;
                let present = self.present()?;
                let next = present.period().last.next();
                executor::write(write, inputs, &mut Fork::new(present, next), context, self)?;
            }
            Planned::Schema(_) => {}
        }
        let measured = |line: PlanLine| {
            let operator = line.operator.and_then(|operator| profile.operator(operator));
            profiled_line(line.text, operator)
        };
        let mut rows: Vec<Row> = planned.lines().into_iter().map(measured).collect();
        rows.extend(sources.into_iter().map(|line| profiled_line(line, None)));
        if !matches!(planned, Planned::Query(_)) {
            rows.push(profiled_line("nothing was written".into(), None));
        }
        let columns = [
            ("plan", DataType::Text),
            ("rows", DataType::Integer),
            ("batches", DataType::Integer),
            ("own_ms", DataType::Real),
            ("total_ms", DataType::Real),
        ];
        outcome::fixed(&columns, rows, as_of)
    }
}

/// The plan below the logical plans that led to it, if they were noted down.
fn verbose(steps: &[RewriteStep], plan: Vec<String>) -> Vec<String> {
    if steps.is_empty() {
        return plan;
    }
    let steps = steps.iter().map(|step| (step.name, step.lines.as_slice()));
    let parts = steps.chain([("plan", plan.as_slice())]);
    let part = |(name, lines): (&str, &[String])| {
        let lines = lines.iter().map(|line| format!("  {line}"));
        std::iter::once(format!("{name}:")).chain(lines).collect::<Vec<String>>()
    };
    parts.flat_map(part).collect()
}

/// A line of the plan with what was measured of its operator.
fn profiled_line(mut line: String, profile: Option<OperatorProfile>) -> Row {
    let count = |count: usize| Value::Integer(i64::try_from(count).unwrap_or(i64::MAX));
    let numbers = match profile {
        None => [Value::Null, Value::Null, Value::Null, Value::Null],
        Some(OperatorProfile { rows, batches, spilled, own, total }) => {
            if spilled != Spilled::default() {
                line.push_str(&format!(", spilled {} rows, {} bytes", spilled.rows, spilled.bytes));
            }
            [count(rows), count(batches), milliseconds(own), milliseconds(total)]
        }
    };
    std::iter::once(Value::text(line)).chain(numbers).collect()
}

/// A duration in milliseconds, to the microsecond.
fn milliseconds(time: Duration) -> Value {
    let micros = u32::try_from(time.as_micros()).unwrap_or(u32::MAX);
    Value::real(f64::from(micros) / 1_000.0)
}
