//! Plans of the tables of WITH: what is computed once for several readers, and what reads itself.

use super::plan::{Plan, SortKey};
use crate::types::{Collation, DataType, Name};
use std::sync::Arc;

/// A table of WITH where its rows are read.
#[derive(Clone, Debug)]
pub struct CommonTablePlan {
    /// Its number in the statement, from 1: all who read it have one.
    pub number: usize,
    /// What it is called.
    pub name: Name,
    /// What its rows are.
    pub plan: Arc<Plan>,
}

/// A recursive table.
#[derive(Clone, Debug)]
pub struct RecursivePlan {
    /// Its number in the statement, from 1.
    pub number: usize,
    /// What it is called.
    pub name: Name,
    /// The rows that it begins with.
    pub initial: Plan,
    /// What makes rows of its rows.
    pub steps: Vec<RecursiveStep>,
    /// The types of its columns.
    pub types: Arc<[DataType]>,
    /// Where equal rows count once: by which collations their values are compared.
    pub distinct: Option<Arc<[Collation]>>,
    /// Which row is looked at next; the one that came first where this says nothing.
    pub order: Arc<[RecursiveKey]>,
}

/// A key of the order in which rows of a recursive table are looked at.
#[derive(Clone, Debug)]
pub struct RecursiveKey {
    /// The column, and its direction.
    pub key: SortKey,
    /// By which collation its texts are compared.
    pub collation: Collation,
}

/// What makes rows of a recursive table's rows.
#[derive(Clone, Debug)]
pub struct RecursiveStep {
    /// Their plan.
    pub plan: Plan,
    /// How it is given those that it reads.
    pub feeding: Feeding,
}

/// How a part of a recursive table is given its rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Feeding {
    /// Several at once; what comes out has the number of the row that it was made of behind it.
    Batch,
    /// One at a time.
    Row,
    /// One at a time, whose values are its arguments; those that it has besides stand behind them.
    Arguments,
}

impl RecursivePlan {
    /// What EXPLAIN says of it.
    pub(super) fn title(&self) -> String {
        let order = if self.order.is_empty() { "" } else { ", in an order" };
        let distinct = if self.distinct.is_some() { ", each once" } else { "" };
        format!("recursive table {}{distinct}{order} (holds the rows to come)", self.name)
    }
}

impl RecursiveStep {
    /// The line that EXPLAIN has above its plan.
    pub(super) fn title(&self) -> &'static str {
        match self.feeding {
            Feeding::Batch => "for some rows at once:",
            Feeding::Row => "for each row:",
            Feeding::Arguments => "for each row, whose values are outer 1, 2 …:",
        }
    }
}
