//! Floor 2: a syntax tree and a schema become a plan.
//!
//! `PlannableStatement → Logical → rewrites → lower → Plan`: names are bound to columns of a `Scope`
//! and a query becomes a logical plan, whose expressions read columns by *identity*; each of the
//! `rewrites` makes one of the same rows from it; and `lower` turns identities into positions.
//!
//! In: a [`PlannableStatement`], the text it was parsed from, and a [`Catalog`] that knows which tables there
//! are at which moment. Out: a [`Planned`] statement, whose expressions read by position and have
//! static types ([`BoundExpression`]; the tree of names is another type). The catalog gives each
//! table reference a *slot*; the executor is handed one input per slot, so that a plan says what to
//! do with tables and never when they are read.
//!
//! Decided here: a rewrite may change what a query costs and never its rows; their order only where the
//! query asks for none and another order of its joins is much cheaper than the one that was written.

mod access;
mod alter;
mod alter_constraint;
mod altered_catalog;
mod ambiguity;
mod bind;
mod bound_operators;
mod calls;
mod cardinality;
mod coerce;
mod collation;
mod column_set;
mod common_table;
mod common_type;
mod comparison_traits;
mod compound;
mod condition;
mod ddl;
mod definition;
mod error;
mod exact_numbers;
mod expression;
mod expression_parts;
mod expression_print;
mod flexible;
mod from_clause;
mod function_arguments;
mod function_hints;
mod function_scan;
mod functions;
mod hidden_columns;
mod home;
mod join_type;
mod key_definition;
mod keys;
mod limits;
mod logical;
mod logical_print;
mod lower;
mod moment_arithmetic;
mod notices;
mod operators;
mod order_ties;
mod ordered_set;
mod plan;
mod pragmas;
mod print;
mod query;
mod recursive;
mod references;
mod relation_query;
mod rename;
mod rewrites;
mod row_value;
mod scan_order;
mod scope;
mod select;
mod subquery;
mod suggest;
mod surroundings;
mod table_functions;
mod table_query;
mod trigger;
mod values;
mod values_query;
mod view;
mod view_write;
mod window;
mod with_plan;
mod write;
mod write_plan;

pub use alter::ALTER_TABLE;
pub use alter_constraint::{alteration, reverse_alteration};
pub use comparison_traits::{CollationDerivation, ComparisonTraits, OperandAffinity};
pub use ddl::MAX_COLUMNS;
pub use definition::{
    column_definition, create_flexible_table, create_index, create_table, created_object,
};
pub use error::Error;
pub use exact_numbers::quotient_scale;
pub use expression::{
    Affinity, Arithmetic, BoundExpression, BoundKind, BoundSubquery, Comparison, DayRounding,
    PatternKind, SubqueryRole,
};
pub use function_hints::instead_of_function;
pub use function_scan::FunctionScan;
pub use functions::{
    AGGREGATE_FUNCTIONS, AggregateEntry, AggregateFunction, CalendarFunction,
    CompileOptionFunction, JsonFunction, MathFunction, OrderedSetFunction, PercentileFunction,
    ResultType, SCALAR_FUNCTIONS, ScalarEntry, ScalarFunction, SessionFunction, Signature,
    TextFunction, TypeNames, Volatility, WINDOW_FUNCTIONS, WindowEntry, WindowFunction,
};
pub use join_type::JoinType;
pub use key_definition::{BoundKey, bound_key};
pub use moment_arithmetic::arithmetic_of_moments;
pub use plan::{
    AccessPath, AggregateCall, Join, Limits, OrderKey, Plan, Planned, QueryPlan, SchemaPlan,
    SortKey, TableAccess,
};
pub use pragmas::{PRAGMAS, Pragma, PragmaEntry, PragmaSwitch};
pub use print::{OperatorId, PlanLine};
pub use relation_query::{constant, row_numbers};
pub use rewrites::{RewriteStep, Rewriting};
pub use suggest::suggest;
pub use table_functions::{LAST_OF_SERIES, TABLE_FUNCTIONS, TableFunction, TableFunctionEntry};
pub use trigger::{
    RowEvent, TriggerStatement, parse_trigger, plan_condition, plan_in_trigger, trigger_width,
};
pub use values::{BoundRows, BoundValue, ValuePlace};
pub use view::{parse_view, view_schema};
pub use window::{Frame, WindowCall, distance, no_distance};
pub use with_plan::{CommonTablePlan, Feeding, RecursiveKey, RecursivePlan, RecursiveStep};
pub use write::{checks_of, column_default, generated_changed_by, generated_columns_of, load};
pub use write_plan::{
    BoundCheck, BoundGenerated, BoundReturning, BoundUpsert, BulkLoad, ColumnSource, InsertInput,
    UpsertUpdate, Write, WriteAction,
};

use crate::language::ast::{
    AsOf, CreateView, EventSelection, History, Identifier, ObjectName, PlannableStatement,
    QueryStatement, SchemaStatement, ShowSubject, Temporal, WriteStatement,
};
use crate::storage::TableStatistics;
use crate::types::{Definition, Period, Schema, SchemaName, Span, TableSchema, Value};
use common_table::SharedTable;
use logical::{ColumnNames, Logical};
use references::ReferenceRecorder;
use rewrites::RewriteContext;
use std::cell::RefCell;
use std::sync::Arc;
use subquery::OuterScope;
use surroundings::Surroundings;

/// What the planner asks about tables.
pub trait Catalog {
    /// The table of this name at a moment or over a period, the present where none is given.
    ///
    /// # Errors
    /// `unknown-table` where there is none then; `unknown-event`, `unknown-tag` and their like where
    /// there is no such moment.
    fn table(
        &mut self,
        name: &ObjectName,
        temporal: Option<&Temporal>,
    ) -> Result<TableSource, Error>;

    /// The view of this name at a moment, the present where none is given; `None` where a table has the
    /// name then, or nothing. One that did not exist yet is read by its first definition.
    ///
    /// # Errors
    /// `unknown-event`, `unknown-tag` and their like where there is no such moment, `syntax` of a
    /// definition that this version cannot read.
    fn view(
        &mut self,
        name: &ObjectName,
        temporal: Option<&Temporal>,
    ) -> Result<Option<Arc<CreateView>>, Error>;

    /// The columns of the view of this name now, as if it were a table.
    ///
    /// # Errors
    /// `unknown-table` where there is none, and those of its query.
    fn view_columns(&mut self, name: &ObjectName) -> Result<Arc<TableSchema>, Error>;

    /// Takes note of a definition without which a plan would be another, beside the views that it reads.
    fn rely_on(&mut self, definition: &Arc<Definition>);

    /// The table of this name now, to be changed.
    ///
    /// # Errors
    /// `unknown-table`, `read-only-table` of one that is made from the log.
    fn target(&mut self, name: &ObjectName) -> Result<TableSource, Error>;

    /// The changes of a table: up to what `temporal` says where the history has no end of its own.
    ///
    /// # Errors
    /// As [`Catalog::table`], and those of the conditions as in a WHERE.
    fn history(
        &mut self,
        history: &History,
        temporal: Option<&Temporal>,
    ) -> Result<TableSource, Error>;

    /// The events of a table, or of all, in a range; as many as `limit` says.
    ///
    /// # Errors
    /// As [`Catalog::table`], and `type` of a limit that is no whole number.
    fn events(&mut self, events: &EventSelection) -> Result<TableSource, Error>;

    /// The slot of what PRAGMAs answer at a moment, the present where none is given.
    ///
    /// # Errors
    /// As [`Catalog::table`] of moments.
    fn pragmas(&mut self, temporal: Option<&Temporal>, span: Span) -> Result<usize, Error>;

    /// What SHOW shows.
    ///
    /// # Errors
    /// As [`Catalog::table`] of moments.
    fn show(&mut self, subject: ShowSubject, as_of: Option<&AsOf>) -> Result<TableSource, Error>;

    /// Makes sure that there is such a moment.
    ///
    /// # Errors
    /// `unknown-event`, `unknown-tag`, `beyond-head` and their like where there is none.
    fn check_moment(&mut self, as_of: &AsOf) -> Result<(), Error>;

    /// Makes sure that a table may be given this name.
    ///
    /// # Errors
    /// `reserved-name` where it is the name of what every database has.
    fn check_new(&self, name: &Identifier) -> Result<(), Error>;

    /// Whether LIKE tells capital letters from small ones in the session.
    fn is_like_case_sensitive(&self) -> bool;

    /// Whether new tables are FLEXIBLE in the session, and expressions SQLite's.
    fn is_flexible(&self) -> bool;

    /// The schema now.
    fn schema(&self) -> &Schema;

    /// What an expression without columns, parameters and the time comes to; `None` where computing
    /// it is an error.
    fn constant(&self, expression: &BoundExpression) -> Option<Value>;
}

/// A table as a query reads it.
#[derive(Clone, Debug)]
pub struct TableSource {
    /// Which of the statement's views shows it.
    pub slot: usize,
    /// Its schema at the period's last event.
    pub schema: Arc<TableSchema>,
    /// The period whose versions are read: mostly one moment. Nothing is read of one that ends
    /// before it begins.
    pub period: Period,
    /// About how many rows it has.
    pub rows: usize,
    /// What ANALYZE found of it, if it was asked.
    pub statistics: Option<Arc<TableStatistics>>,
}

/// What a statement is planned with.
struct Planning<'a> {
    /// What the statement's spans point into.
    text: &'a str,
    /// Knows the tables.
    catalog: &'a mut dyn Catalog,
    /// What becomes of logical plans.
    rewriting: &'a mut Rewriting,
    /// The statement's columns.
    names: ColumnNames,
    /// How many tables it reads so far.
    tables: usize,
    /// How many queries stand in its expressions so far.
    subqueries: usize,
    /// The views that are being bound, each inside of the one before.
    views: Vec<(SchemaName, String)>,
    /// Where the first of them is named in the statement.
    view_span: Span,
    /// Where names that say no schema are looked up, if not everywhere.
    within: Option<SchemaName>,
    /// How many WITHs it has so far.
    withs: usize,
    /// How many recursive tables it has so far, each counted as often as it is bound.
    recursions: usize,
    /// The tables of WITH that may have several readers.
    shared: Vec<Arc<SharedTable>>,
    /// The slots of tables that it reads at no moment that is named, where it writes.
    present: Option<Vec<usize>>,
    /// The rows that a trigger's statement knows.
    outer: Option<&'a OuterScope<'a>>,
    /// Where it records what its names mean, if somebody asks.
    recorder: Option<ReferenceRecorder>,
}

impl<'a> Planning<'a> {
    /// A statement of which nothing is known yet.
    fn new(
        text: &'a str,
        catalog: &'a mut dyn Catalog,
        rewriting: &'a mut Rewriting,
    ) -> Planning<'a> {
        let names = ColumnNames::new(rewriting.is_traced());
        let (tables, subqueries, views, view_span) = Default::default();
        let (withs, recursions, shared, present, outer) = Default::default();
        let (within, recorder) = (None, None);
        Planning {
            text,
            catalog,
            rewriting,
            names,
            tables,
            subqueries,
            views,
            within,
            view_span,
            withs,
            recursions,
            shared,
            present,
            outer,
            recorder,
        }
    }

    /// What a query of the statement knows of what stands around it.
    fn surroundings(&self) -> Surroundings<'a> {
        Surroundings::within(self.outer)
    }
}

impl Planning<'_> {
    /// Where in the statement something stands: what a view has inside stands where that is named.
    fn place(&self, span: Span) -> Span {
        if self.views.is_empty() { span } else { self.view_span }
    }

    /// Gives the columns of the table to be changed their indexes as identities; nothing has any yet.
    fn name_target(&mut self, table: &TableSchema) {
        let first = self.names.add_table(table);
        debug_assert_eq!(first, 0, "the table to be changed comes first");
    }

    /// Does all rewrites of a logical plan; these columns of it are the answer, and the order of its rows
    /// is seen or is not.
    fn rewrite(&mut self, logical: &mut Logical, output: &[usize], is_ordered: bool) {
        let output = output.iter().copied().collect();
        let names = RefCell::new(&mut self.names);
        let context =
            RewriteContext { catalog: &*self.catalog, output: &output, is_ordered, names };
        self.rewriting.apply(logical, &context);
    }
}

/// Plans a statement about tables. `text` is what its spans point into; `rewriting` says what becomes
/// of logical plans, and learns what they were.
///
/// # Errors
/// `unknown-table`, `unknown-column` and their like of names that mean nothing, `ambiguous-column` of
/// those that mean two things, `type` of what no type has, `misplaced-aggregate`; each statement's own,
/// as `table-exists` of CREATE TABLE; and those of the [`Catalog`].
pub fn plan(
    statement: PlannableStatement<'_>,
    text: &str,
    catalog: &mut dyn Catalog,
    rewriting: &mut Rewriting,
) -> Result<Planned, Error> {
    let mut planning = Planning::new(text, catalog, rewriting);
    plan_statement(statement, &mut planning)
}

fn plan_statement(
    statement: PlannableStatement<'_>,
    planning: &mut Planning<'_>,
) -> Result<Planned, Error> {
    match statement {
        PlannableStatement::Query(statement) => plan_query(statement, planning).map(Planned::Query),
        PlannableStatement::Write(write) => {
            plan_write(write, planning).map(Box::new).map(Planned::Write)
        }
        PlannableStatement::Schema(schema) => plan_schema(schema, planning),
    }
}

fn plan_query(statement: &QueryStatement, planning: &mut Planning<'_>) -> Result<QueryPlan, Error> {
    let relation = match statement {
        QueryStatement::Query(query) => return query::plan(query, planning),
        QueryStatement::History(history) => planning.catalog.history(history, None),
        QueryStatement::Events(events) => planning.catalog.events(events),
        QueryStatement::Show { subject, as_of } => planning.catalog.show(*subject, as_of.as_ref()),
    };
    relation.map(relation_query::all)
}

fn plan_write(statement: &WriteStatement, planning: &mut Planning<'_>) -> Result<Write, Error> {
    planning.present = Some(Vec::new());
    let write = match statement {
        WriteStatement::Insert(insert) => write::insert(insert, planning)?,
        WriteStatement::Update(update) => write::update(update, planning)?,
        WriteStatement::Delete(delete) => write::delete(delete, planning)?,
    };
    let present = planning.present.take().unwrap_or_default().into();
    Ok(Write { present, ..write })
}

fn plan_schema(statement: &SchemaStatement, planning: &mut Planning<'_>) -> Result<Planned, Error> {
    let text = planning.text;
    let catalog = &mut *planning.catalog;
    match statement {
        SchemaStatement::CreateTableAs(create) => table_query::create(create, planning),
        SchemaStatement::CreateView(create) => view::create(create, text, planning),
        SchemaStatement::CreateTable(create) => ddl::create_table(create, text, catalog),
        SchemaStatement::CreateTrigger(create) => trigger::create(create, text, catalog),
        SchemaStatement::DropDefinition(drop) => view::drop_definition(drop, catalog),
        SchemaStatement::DropTable { if_exists, name, .. } => {
            ddl::drop_table(*if_exists, name, catalog)
        }
        SchemaStatement::CreateIndex(create) => ddl::create_index(create, text, catalog),
        SchemaStatement::DropIndex { if_exists, name, .. } => {
            ddl::drop_index(*if_exists, name, catalog)
        }
        SchemaStatement::AlterTable { table, action, .. } => {
            alter::alter_table(table, action, text, catalog)
        }
    }
}
