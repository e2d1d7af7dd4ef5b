//! The tables of WITH in a FROM.
//!
//! Each time that one is named it is a [`LogicalShared`]: the rows of one definition, which is bound
//! once for each moment at which it is read. One that is named once becomes a part of the query that
//! names it, so that conditions reach into it; one that is named more often, or is MATERIALIZED, is
//! computed once, and all its readers have its rows. What reads columns of a query around it has other
//! rows for each of theirs, and is bound each time.

use super::expression::{BoundExpression, BoundKind};
use super::from_clause::FromBinder;
use super::logical::{ComputedColumn, Logical};
use super::plan::Plan;
use super::query::{self, LogicalQuery, QueryColumn};
use super::surroundings::{CommonTableKey, CommonTableReference, Surroundings};
use super::{Error, Planning, cardinality, lower, recursive};
use crate::language::ast::{Identifier, Query, Temporal};
use crate::types::{Name, with_stack};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

/// A table of WITH that is bound.
#[derive(Debug)]
pub(super) struct SharedTable {
    /// Its number in the statement, from 1.
    pub number: usize,
    /// What it is called.
    pub name: Name,
    key: CommonTableKey,
    /// The moment of its tables that have none of their own.
    temporal: Option<Temporal>,
    /// How often it was named.
    uses: AtomicUsize,
    /// Whether its rows are kept however often that is.
    is_materialized: bool,
    /// What it is.
    pub query: LogicalQuery,
    /// Its plan, once it is known that its rows are kept.
    plan: OnceLock<Arc<Plan>>,
    /// About how many rows it has, once that was asked: those of tables that name each other twice would be
    /// counted again for each way from one to the other.
    rows: OnceLock<f64>,
}

/// The rows of a table of WITH where it is named.
#[derive(Clone, Debug)]
pub(super) struct LogicalShared {
    /// The table.
    pub table: Arc<SharedTable>,
    /// The identities of its columns here.
    pub columns: Vec<usize>,
}

impl SharedTable {
    /// Its plan.
    ///
    /// # Panics
    /// If it was not made before the plan that reads it.
    pub fn plan(&self) -> Arc<Plan> {
        Arc::clone(self.plan.get().expect("a table is planned before its readers"))
    }

    /// About how many rows it has.
    pub fn rows(&self) -> f64 {
        *self.rows.get_or_init(|| cardinality::rows(&self.query.logical))
    }

    /// Whether it becomes a part of the one query that names it.
    pub fn is_inlined(&self) -> bool {
        !self.is_materialized && self.uses.load(Ordering::Relaxed) == 1 && self.plan.get().is_none()
    }
}

impl<'q> FromBinder<'_, 'q, '_> {
    /// A table of WITH under its name here.
    pub(super) fn add_common_table(
        &mut self,
        mut reference: CommonTableReference<'q>,
        name: &Identifier,
        called: &Identifier,
        temporal: Option<&Temporal>,
    ) -> Result<Logical, Error> {
        if reference.is_open {
            return self.add_recursive(&reference, name, called);
        }
        if let Some(temporal) = temporal {
            reference.surroundings.temporal = Some(temporal.clone());
        }
        self.count(called)?;
        let planning = &mut *self.planning;
        let is_same = |known: &&Arc<SharedTable>| {
            known.key == reference.key && known.temporal == reference.surroundings.temporal
        };
        let known = planning.shared.iter().find(is_same).cloned();
        let shared = match known {
            Some(shared) => shared,
            None => {
                let query = with_stack(|| bind(&reference, planning))?;
                if reference.table.materialized == Some(false) || query.logical.reads_arguments() {
                    return Ok(self.add_answer(called, query));
                }
                let shared = Arc::new(SharedTable {
                    number: planning.shared.len() + 1,
                    name: reference.table.name.name.clone(),
                    key: reference.key,
                    temporal: reference.surroundings.temporal.clone(),
                    uses: AtomicUsize::new(0),
                    is_materialized: reference.table.materialized == Some(true),
                    query,
                    plan: OnceLock::new(),
                    rows: OnceLock::new(),
                });
                planning.shared.push(Arc::clone(&shared));
                shared
            }
        };
        shared.uses.fetch_add(1, Ordering::Relaxed);
        let names = &mut planning.names;
        let output: Vec<QueryColumn> = shared
            .query
            .output
            .iter()
            .map(|known| QueryColumn { column: names.add(&known.name), ..known.clone() })
            .collect();
        let columns = output.iter().map(|column| column.column).collect();
        let logical = Logical::Shared(LogicalShared { table: shared, columns });
        Ok(self.add_answer(called, LogicalQuery { logical, output }))
    }
}

/// Binds a table of WITH, whose columns are then called as it says.
fn bind(
    reference: &CommonTableReference<'_>,
    planning: &mut Planning,
) -> Result<LogicalQuery, Error> {
    if let Some(recorder) = &mut planning.recorder {
        recorder.tables.push(reference.key);
    }
    match recursive::bind(reference, planning)? {
        Some(query) => Ok(query),
        None => {
            let query = query::bind(&reference.table.query, &reference.surroundings, planning)?;
            query.called(&reference.table.name, &reference.table.columns)
        }
    }
}

/// Binds the tables of a query's WITH that nothing in it reads, where somebody asks what names mean: their
/// names mean something, too. Whether such a table could be read, nobody asks.
pub(super) fn record_unread<'q>(
    query: &'q Query,
    inside: &Surroundings<'q>,
    planning: &mut Planning,
) {
    for table in &query.with {
        let reference = inside.common_table(&table.name.name);
        let is_unread = |reference: &CommonTableReference<'q>| {
            let recorder = planning.recorder.as_ref();
            recorder.is_some_and(|recorder| !recorder.tables.contains(&reference.key))
        };
        if let Some(reference) = reference.filter(is_unread) {
            bind(&reference, planning).ok();
        }
    }
}

/// Makes tables of WITH that are named once a part of the plan that names them.
pub(super) fn inline(logical: &mut Logical) {
    let Logical::Shared(LogicalShared { table, columns }) = logical else {
        logical.for_each_input_mut(inline);
        return;
    };
    if !table.is_inlined() {
        return;
    }
    let renamed = columns.iter().zip(&table.query.output).map(|(column, known)| ComputedColumn {
        column: *column,
        expression: BoundExpression::column(known.column, known.data_type)
            .with_traits(known.traits),
    });
    let columns = renamed.collect();
    let mut input = Box::new(table.query.logical.clone());
    inline(&mut input);
    *logical = Logical::Project { input, columns };
}

impl Planning<'_> {
    /// The plan of rows of which these columns are wanted, in their order.
    pub(super) fn plan_of(&mut self, logical: Logical, output: &[usize]) -> Plan {
        self.plan_in_order(logical, output, true)
    }

    /// The same where the order of the rows is seen, or is not.
    pub(super) fn plan_in_order(
        &mut self,
        mut logical: Logical,
        output: &[usize],
        is_ordered: bool,
    ) -> Plan {
        self.rewrite(&mut logical, output, is_ordered);
        self.plan_shared(&logical);
        lower::query(logical, output)
    }

    /// Plans the tables of WITH whose rows a plan keeps.
    fn plan_shared(&mut self, logical: &Logical) {
        if let Logical::Shared(LogicalShared { table, .. }) = logical
            && table.plan.get().is_none()
        {
            let identities = table.query.identities();
            let plan = self.plan_of(table.query.logical.clone(), &identities);
            table.plan.get_or_init(|| Arc::new(plan));
        }
        logical.for_each_input(|input| self.plan_shared(input));
    }
}

impl Logical {
    /// Whether it reads columns of a query around it.
    pub(super) fn reads_arguments(&self) -> bool {
        let mut reads = false;
        self.for_each_expression(|expression| reads = reads || reads_arguments(expression));
        self.for_each_input(|input| reads = reads || input.reads_arguments());
        reads
    }
}

fn reads_arguments(expression: &BoundExpression) -> bool {
    let mut reads = matches!(expression.kind, BoundKind::Argument(_));
    expression.for_each_operand(|operand| reads = reads || reads_arguments(operand));
    reads
}
