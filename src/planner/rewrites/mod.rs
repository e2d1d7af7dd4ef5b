//! Rewrites: a logical plan becomes one that gives the same rows with less work.
//!
//! Each is a function that changes a plan, and none is needed for the right answer: `SET rewrites = off`
//! leaves all of them out. EXPLAIN VERBOSE shows the plan after each.

mod decorrelate;
mod equal_columns;
mod factor;
mod fold;
mod join_order;
mod keys;
mod prune;
mod push_down;
mod recursive_rows;
mod restrict;
mod top_n;
mod unseen_order;

use super::column_set::ColumnSet;
use super::common_table::LogicalShared;
use super::expression_parts::ExpressionParts;
use super::logical::{ColumnNames, Logical};
use super::{Catalog, common_table};
use crate::types::with_stack;
pub(super) use fold::known_value;
use std::cell::RefCell;

/// What a rewrite may ask.
pub(super) struct RewriteContext<'a> {
    /// What computes constants.
    pub catalog: &'a dyn Catalog,
    /// The columns of the answer.
    pub output: &'a ColumnSet,
    /// Whether the order of its rows is seen.
    pub is_ordered: bool,
    /// The statement's columns, for rewrites that make some.
    pub names: RefCell<&'a mut ColumnNames>,
}

/// A rewrite.
struct Rewrite {
    /// What EXPLAIN VERBOSE calls it.
    name: &'static str,
    /// Whether a plan of such parts has anything that it is about: most statements are small, and have not.
    is_about: fn(&PlanParts) -> bool,
    /// What it does.
    apply: fn(&mut Logical, &RewriteContext),
}

/// All rewrites, in the order in which they are done.
const REWRITES: &[Rewrite] = &[
    Rewrite { name: "inline tables of with", is_about: |parts| parts.shared, apply: inline },
    Rewrite {
        name: "read recursive rows as arguments",
        is_about: |parts| parts.recursive,
        apply: recursive_rows::apply,
    },
    Rewrite { name: "fold constants", is_about: |parts| parts.foldable, apply: fold::apply },
    Rewrite {
        name: "take common conditions out of OR",
        is_about: |parts| parts.disjunctions,
        apply: factor::apply,
    },
    Rewrite {
        name: "push conditions down",
        is_about: |parts| parts.conditions,
        apply: push_down::apply,
    },
    Rewrite { name: "join queries", is_about: |parts| parts.subqueries, apply: decorrelate::apply },
    Rewrite {
        name: "leave out orders that nobody sees",
        is_about: |parts| parts.tables || parts.sorts || parts.subqueries,
        apply: unseen_order::apply,
    },
    Rewrite {
        name: "order joins",
        is_about: |parts| parts.joins || parts.subqueries,
        apply: join_order::apply,
    },
    Rewrite {
        name: "use keys",
        is_about: |parts| parts.tables || parts.subqueries,
        apply: keys::apply,
    },
    Rewrite {
        name: "keep the first rows only",
        is_about: |parts| parts.limits || parts.subqueries,
        apply: top_n::apply,
    },
    Rewrite {
        name: "prune columns",
        // One projection of one row gives what the answer has.
        is_about: |parts| parts.tables || parts.operators > 2 || parts.subqueries,
        apply: prune::apply,
    },
];

/// What a plan has that some rewrites are about; those of queries that become parts of it are its own.
#[derive(Clone, Copy, Debug, Default)]
struct PlanParts {
    operators: usize,
    tables: bool,
    /// Operators that have conditions which may be tested elsewhere.
    conditions: bool,
    sorts: bool,
    shared: bool,
    recursive: bool,
    joins: bool,
    limits: bool,
    disjunctions: bool,
    subqueries: bool,
    /// Constants that are not computed yet, or conditions that decide nothing.
    foldable: bool,
}

impl PlanParts {
    fn note(&mut self, logical: &Logical) {
        if let Logical::Shared(LogicalShared { table, .. }) = logical {
            self.shared = true;
            // Only what is named once becomes a part.
            if table.is_inlined() {
                with_stack(|| self.note(&table.query.logical));
            }
        }
        self.operators += 1;
        match logical {
            Logical::Table(_) => self.tables = true,
            Logical::Recursive(_) => self.recursive = true,
            Logical::Join(_) => (self.joins, self.conditions) = (true, true),
            Logical::Filter { .. } | Logical::Function(_) => self.conditions = true,
            Logical::Sort { .. } => self.sorts = true,
            Logical::Limit { .. } => self.limits = true,
            Logical::OneRow
            | Logical::Project { .. }
            | Logical::Aggregate(_)
            | Logical::Window(_)
            | Logical::Distinct { .. }
            | Logical::Values(_)
            | Logical::Append { .. }
            | Logical::SetFilter(_)
            | Logical::Shared(_)
            | Logical::RecursiveRows(_) => {}
        }
        logical.for_each_expression(|expression| {
            let parts = expression.parts();
            self.disjunctions |= parts.any(ExpressionParts::DISJUNCTION);
            self.subqueries |= parts.any(ExpressionParts::SUBQUERY);
            self.foldable |= fold::is_worth(expression);
        });
        logical.for_each_input(|input| self.note(input));
    }
}

/// A table of WITH that is named once is a part of the query that names it.
fn inline(logical: &mut Logical, _: &RewriteContext) {
    common_table::inline(logical);
}

/// Whether plans are rewritten, and what they were on the way.
#[derive(Clone, Debug)]
pub struct Rewriting {
    is_on: bool,
    /// Where each step is noted down, if it is.
    steps: Option<Vec<RewriteStep>>,
}

/// A logical plan as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RewriteStep {
    /// What made it.
    pub name: &'static str,
    /// The plan, an operator a line.
    pub lines: Vec<String>,
}

impl Rewriting {
    /// Rewriting that leaves no trace, or none at all.
    pub fn new(is_on: bool) -> Rewriting {
        Rewriting { is_on, steps: None }
    }

    /// The same with every step noted down.
    pub fn traced(self) -> Rewriting {
        Rewriting { is_on: self.is_on, steps: Some(Vec::new()) }
    }

    /// Whether the steps are noted down.
    pub(super) fn is_traced(&self) -> bool {
        self.steps.is_some()
    }

    /// The steps that were noted down, those without an effect left out.
    pub fn steps(&self) -> &[RewriteStep] {
        self.steps.as_deref().unwrap_or_default()
    }

    /// Does all rewrites.
    pub(super) fn apply(&mut self, logical: &mut Logical, context: &RewriteContext) {
        self.note("bound", logical, context);
        if self.is_on {
            let mut parts = PlanParts::default();
            parts.note(logical);
            for rewrite in REWRITES.iter().filter(|rewrite| (rewrite.is_about)(&parts)) {
                (rewrite.apply)(logical, context);
                self.note(rewrite.name, logical, context);
            }
        }
    }

    fn note(&mut self, name: &'static str, logical: &Logical, context: &RewriteContext) {
        let Some(steps) = &mut self.steps else { return };
        let lines = logical.lines(&context.names.borrow());
        if steps.last().is_none_or(|last| last.lines != lines) {
            steps.push(RewriteStep { name, lines });
        }
    }
}
