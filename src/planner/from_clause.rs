//! FROM: tables and joins become a logical plan, and their columns a scope.

use super::bind::Binder;
use super::exact_numbers::common;
use super::expression::{BoundExpression, BoundKind, Comparison};
use super::function_scan::LateArguments;
use super::functions::ScalarFunction;
use super::join_type::JoinType;
use super::logical::{Logical, LogicalJoin, LogicalTable};
use super::plan::TableLabel;
use super::query::{self, LogicalQuery, QueryColumn};
use super::scope::{Scope, ScopeColumn, ScopeRelation};
use super::subquery::SubqueryBinder;
use super::surroundings::Surroundings;
use super::table_functions::TableFunction;
use super::{Error, Planning, TableSource};
use super::{coerce, flexible};
use crate::language::ast::{
    Identifier, IndexHint, JoinConstraint, Query, SelectItem, TableReference, Temporal,
};
use crate::types::{Name, Period, Span, TableId, with_stack};

/// The most tables that one statement reads, those inside of its queries each time they are named.
const MAX_TABLES: usize = 1_000;

/// What a FROM is bound with.
pub(super) struct FromBinder<'a, 'q, 'p> {
    /// Knows the tables, and gives columns their identities.
    pub planning: &'a mut Planning<'p>,
    /// Gets the columns.
    pub scope: &'a mut Scope,
    /// What else names can mean, and when tables are read.
    pub surroundings: &'a Surroundings<'q>,
    /// Whether what is bound stands in a row of joins of which one is a RIGHT or FULL JOIN.
    left_of_right: bool,
    /// Whether it stands in parentheses to the right of a join.
    is_nested: bool,
    /// The table that UPDATE changes, by its name there.
    changed: Option<(&'a Identifier, TableId)>,
    /// What the SELECT gives, whose aliases ON knows.
    items: &'q [SelectItem],
    /// The arguments that could not be bound yet.
    pub(super) late: Vec<LateArguments<'q>>,
}

impl<'a, 'q, 'p> FromBinder<'a, 'q, 'p> {
    /// A binder of one FROM.
    pub fn new(
        planning: &'a mut Planning<'p>,
        scope: &'a mut Scope,
        surroundings: &'a Surroundings<'q>,
    ) -> FromBinder<'a, 'q, 'p> {
        let (left_of_right, is_nested, late) = (false, false, Vec::new());
        scope.references = planning.references().cloned();
        let (changed, items) = Default::default();
        FromBinder { planning, scope, surroundings, left_of_right, is_nested, changed, items, late }
    }

    /// The same of a SELECT, the aliases of whose items ON knows.
    pub fn with_items(self, items: &'q [SelectItem]) -> FromBinder<'a, 'q, 'p> {
        FromBinder { items, ..self }
    }

    /// The same of an UPDATE, whose table stands in the scope already. As in SQLite, several tables are
    /// one in parentheses then.
    pub fn beside(self, table: TableId, called: &'a Identifier) -> FromBinder<'a, 'q, 'p> {
        FromBinder { changed: Some((called, table)), ..self }
    }

    /// Binds a whole FROM, whose functions are still to be [placed].
    ///
    /// # Errors
    /// As [`FromBinder::bind`].
    ///
    /// [placed]: super::function_arguments::place
    pub fn bind_all(mut self, reference: &'q TableReference) -> Result<Logical, Error> {
        let visible = self.scope.hidden;
        let mut logical = match self.changed {
            Some(_) => self.bind_right(reference)?,
            None => self.bind(reference)?,
        };
        self.late_arguments(&mut logical, visible)?;
        Ok(logical)
    }

    /// Binds a table, a query or a join.
    ///
    /// # Errors
    /// `unknown-table`, `ambiguous-table` for the name of the table that UPDATE changes, what the catalog
    /// says of moments, and of conditions of joins and of queries what a [`Binder`] says.
    fn bind(&mut self, reference: &'q TableReference) -> Result<Logical, Error> {
        match reference {
            TableReference::Table { name, temporal, alias, index_hint } => {
                let called = alias.as_ref().unwrap_or(name);
                let (temporal, index_hint) = (temporal.as_deref(), index_hint.as_deref());
                if name.schema.is_none()
                    && let Some(reference) = self.surroundings.common_table(&name.name)
                {
                    refuse_index(name, index_hint)?;
                    return self.add_common_table(reference, name, called, temporal);
                }
                let temporal = temporal.or(self.surroundings.temporal.as_ref());
                let written = name;
                let name = &*self.planning.looked_up(name)?;
                if let Some(view) = self.planning.catalog.view(name, temporal)? {
                    refuse_index(name, index_hint)?;
                    return self.add_view(&view, name, called, temporal.cloned());
                }
                let source = match self.planning.catalog.table(name, temporal) {
                    // As in SQLite, the conditions of the query can say its arguments.
                    Err(error) if error.code == "unknown-table" => {
                        let function = TableFunction::named(&name.name).ok_or(error)?;
                        let bound = self.add_function(function, Vec::new(), called, temporal)?;
                        return Ok(Logical::Function(Box::new(bound)));
                    }
                    source => source?,
                };
                if let (Some(present), None) = (&mut self.planning.present, temporal) {
                    present.push(source.slot);
                }
                let moment = temporal.map(|temporal| when(temporal, source.period));
                let label = TableLabel { alias: name_of(alias.as_ref()), moment };
                let id = source.schema.id;
                let table = self.add(called, source, label)?;
                if temporal.is_none_or(Temporal::ends_latest) {
                    self.planning.record_table(written, id);
                    self.scope.last_is_present_of(id, alias.is_some());
                }
                table.hinted(index_hint).map(Box::new).map(Logical::Table)
            }
            TableReference::Function(call) => {
                let visible = self.scope.relations.len();
                self.function(call, visible).map(Box::new).map(Logical::Function)
            }
            TableReference::History { history, alias } => {
                let temporal = self.surroundings.temporal.as_ref();
                let source = self.planning.catalog.history(history, temporal)?;
                if history.ends_latest(temporal) {
                    self.planning.record_history(history)?;
                }
                let unnamed =
                    Identifier { name: "history".into(), quoted: false, span: history.span };
                let label = TableLabel { alias: name_of(alias.as_ref()), moment: None };
                let table = self.add(alias.as_ref().unwrap_or(&unnamed), source, label)?;
                Ok(Logical::Table(Box::new(table)))
            }
            TableReference::Query { query, alias } => self.add_query(query, alias.as_ref()),
            TableReference::Join { left, kind, right, constraint } => {
                self.join(left, JoinType::from(*kind), right, constraint)
            }
        }
    }

    /// Makes sure that there are not too many tables.
    pub(super) fn count(&mut self, called: &Identifier) -> Result<(), Error> {
        self.planning.tables += 1;
        if self.planning.tables > MAX_TABLES {
            let message = format!("the statement reads more than {MAX_TABLES} tables");
            return Err(Error::new("nesting-limit", message, called.span));
        }
        Ok(())
    }

    /// Makes sure that a table is not the one that UPDATE changes, by the same name.
    fn check_changed(&self, called: &Identifier, table: TableId) -> Result<(), Error> {
        let Some((name, changed)) = self.changed else { return Ok(()) };
        if changed == table && name.name.eq_ignore_ascii_case(&called.name) {
            let message = format!("the table that changes is called \"{}\" already", called.name);
            return Err(Error::new("ambiguous-table", message, called.span)
                .help(Some("give one of them an alias: AS x".into())));
        }
        Ok(())
    }

    /// A table under its name here.
    fn add(
        &mut self,
        called: &Identifier,
        source: TableSource,
        label: TableLabel,
    ) -> Result<LogicalTable, Error> {
        self.count(called)?;
        self.check_changed(called, source.schema.id)?;
        let schema = &source.schema;
        let first = self.planning.names.add_table(schema);
        self.scope.relations.push(ScopeRelation::shared_table(&called.name, schema, first));
        Ok(LogicalTable::new(source, label, first))
    }

    /// The answer of a query under its name here, if it has one.
    fn add_query(
        &mut self,
        query: &'q Query,
        called: Option<&Identifier>,
    ) -> Result<Logical, Error> {
        let unnamed = Identifier { name: Name::default(), quoted: false, span: Span::default() };
        let called = called.unwrap_or(&unnamed);
        self.count(called)?;
        let bound = with_stack(|| query::bind(query, self.surroundings, self.planning))?;
        Ok(self.add_answer(called, bound))
    }

    /// What a query that is bound answers under a name here.
    pub(super) fn add_answer(&mut self, called: &Identifier, answer: LogicalQuery) -> Logical {
        let answer = flexible::relation(answer, self.planning);
        let column = |column: QueryColumn| ScopeColumn {
            name: column.name,
            data_type: column.data_type,
            column: column.column,
            traits: column.traits.as_column(),
            is_merged: false,
            is_shadowed: false,
            merged: None,
            place: None,
        };
        let columns = answer.output.into_iter().map(column);
        self.scope.relations.push(ScopeRelation::derived(&called.name, columns));
        answer.logical
    }

    /// Binds what stands to the right of a join. Several tables in parentheses are one to SQLite, whose
    /// columns have names.
    fn bind_right(&mut self, reference: &'q TableReference) -> Result<Logical, Error> {
        let first = self.scope.relations.len();
        let logical = self.bind(reference)?;
        if matches!(reference, TableReference::Join { .. }) {
            let outer = std::mem::replace(&mut self.scope.hidden, first);
            let checked = self.scope.check_joined(reference.span());
            self.scope.hidden = outer;
            checked?;
        }
        Ok(logical)
    }

    fn join(
        &mut self,
        left: &'q TableReference,
        kind: JoinType,
        right: &'q TableReference,
        constraint: &'q JoinConstraint,
    ) -> Result<Logical, Error> {
        let first = self.scope.relations.len();
        let around = self.left_of_right;
        self.left_of_right |= kind.keeps_right();
        let left = Box::new(self.bind(left)?);
        self.left_of_right = false;
        let is_nested = std::mem::replace(&mut self.is_nested, true);
        let reference = right;
        let right = match reference {
            TableReference::Function(call) => {
                Logical::Function(Box::new(self.function(call, first)?))
            }
            TableReference::Table { .. }
            | TableReference::History { .. }
            | TableReference::Query { .. }
            | TableReference::Join { .. } => self.bind_right(reference)?,
        };
        self.is_nested = is_nested;
        self.left_of_right = around || kind.keeps_right() || keeps_right(&left);
        let on = match constraint {
            JoinConstraint::None => Vec::new(),
            JoinConstraint::On(condition) => {
                let outer = std::mem::replace(&mut self.scope.hidden, first);
                let (planning, surroundings) = (&mut *self.planning, self.surroundings);
                let subqueries = Some(SubqueryBinder { planning, surroundings });
                let (items, binder) = (self.items, Binder::new(self.scope, "ON"));
                let mut binder = Binder { items, subqueries, ..binder };
                let bound = binder.condition(condition);
                self.scope.hidden = outer;
                bound?.conjuncts()
            }
            JoinConstraint::Using(columns) => {
                let columns = columns.iter().map(|column| (&*column.name, Some(column.span)));
                let pairs = columns.map(|(name, span)| self.shared(name, span, &left, &right));
                let pairs = pairs.collect::<Result<Vec<_>, _>>()?;
                self.merge(kind, pairs)
            }
            JoinConstraint::Natural => {
                let pairs = self.all_shared(&left, &right)?;
                self.merge(kind, pairs)
            }
        };
        self.left_of_right = around;
        let right = Box::new(right);
        Ok(Logical::Join(LogicalJoin { left, right, kind, on }))
    }

    /// The columns of one name on both sides of a join; `span` is where USING says it.
    ///
    /// # Errors
    /// `unknown-column` where a side has none, `ambiguous-column` where the left side has two and the
    /// rows of one may be missing.
    fn shared(
        &self,
        name: &str,
        span: Option<Span>,
        left: &Logical,
        right: &Logical,
    ) -> Result<SharedColumn, Error> {
        let side = |side: &Logical| -> Vec<(&ScopeRelation, &ScopeColumn)> {
            let is_called = |(_, column): &(&ScopeRelation, &ScopeColumn)| {
                side.has(column.column) && column.name.eq_ignore_ascii_case(name)
            };
            self.scope.named_columns().filter(is_called).collect()
        };
        let (lefts, rights) = (side(left), side(right));
        let ([(relation, first), others @ ..], [(joined, partner), ..]) =
            (lefts.as_slice(), rights.as_slice())
        else {
            let message = format!("USING needs \"{name}\" on both sides of the join");
            return Err(Error::new("unknown-column", message, span.unwrap_or_default()));
        };
        self.scope.record_shared(span, relation, first);
        self.scope.record_shared(span, joined, partner);
        if let [(other, _), ..] = others
            && self.left_of_right
        {
            let message = format!("USING \"{name}\" could mean a column of two tables");
            let help = format!("write ON {}.{name} = … or {}.{name}", relation.name, other.name);
            let span = span.unwrap_or_default();
            return Err(Error::new("ambiguous-column", message, span).help(Some(help)));
        }
        let called = rights.iter().map(|(_, column)| column.column).collect();
        Ok(SharedColumn { left: (*first).clone(), right: (*partner).clone(), called })
    }

    /// All columns of the right side of a join that the left one calls alike.
    fn all_shared(&self, left: &Logical, right: &Logical) -> Result<Vec<SharedColumn>, Error> {
        let on_side = |side: &Logical, name: &str| {
            self.scope.named_columns().any(|(_, column)| {
                side.has(column.column) && column.name.eq_ignore_ascii_case(name)
            })
        };
        let partners = self.scope.named_columns().filter(|(_, column)| right.has(column.column));
        let mut names: Vec<&str> = Vec::new();
        for (_, column) in partners {
            let is_new = !names.iter().any(|known| known.eq_ignore_ascii_case(&column.name));
            if is_new && on_side(left, &column.name) {
                names.push(&column.name);
            }
        }
        names.into_iter().map(|name| self.shared(name, None, left, right)).collect()
    }

    /// The conditions of USING. The right columns are merged into the left ones, whose bare names mean
    /// the value that is there whichever side has a row.
    fn merge(&mut self, kind: JoinType, pairs: Vec<SharedColumn>) -> Vec<BoundExpression> {
        let mut on = Vec::with_capacity(pairs.len());
        for (place, SharedColumn { left, right, called }) in pairs.into_iter().enumerate() {
            let (a, b) = (left.bare(), right.bare());
            let merged = match kind {
                JoinType::Inner
                | JoinType::Cross
                | JoinType::Left
                | JoinType::Semi
                | JoinType::Anti => left.merged,
                JoinType::Right => Some(Box::new(b.clone())),
                JoinType::Full => Some(Box::new(first_known(&a, &b))),
            };
            let place = self.is_nested.then_some(place);
            self.scope.merge(&called, left.column, merged, place);
            on.push(coerce::compare(Comparison::Equal, a, b));
        }
        on
    }
}

/// Refuses an index of what is no table.
fn refuse_index(name: &Identifier, index_hint: Option<&IndexHint>) -> Result<(), Error> {
    let Some(IndexHint::IndexedBy(index)) = index_hint else { return Ok(()) };
    let message = format!("{} is a query and has no index \"{}\"", name.name, index.name);
    Err(Error::new("unknown-index", message, index.span))
}

/// A column that both sides of a join have.
struct SharedColumn {
    left: ScopeColumn,
    right: ScopeColumn,
    /// All columns of this name on the right side, this one first.
    called: Vec<usize>,
}

/// Whether a RIGHT or FULL JOIN is one of a row of joins.
fn keeps_right(logical: &Logical) -> bool {
    match logical {
        Logical::Join(LogicalJoin { left, kind, .. }) => kind.keeps_right() || keeps_right(left),
        Logical::OneRow
        | Logical::Table(_)
        | Logical::Function(_)
        | Logical::Filter { .. }
        | Logical::Project { .. }
        | Logical::Aggregate(_)
        | Logical::Window(_)
        | Logical::Distinct { .. }
        | Logical::Sort { .. }
        | Logical::Limit { .. }
        | Logical::Values(_)
        | Logical::Append { .. }
        | Logical::SetFilter(_)
        | Logical::Shared(_)
        | Logical::Recursive(_)
        | Logical::RecursiveRows(_) => false,
    }
}

/// The first of two values that is not NULL.
fn first_known(a: &BoundExpression, b: &BoundExpression) -> BoundExpression {
    let data_type = common([a, b]);
    let mut values = if let BoundKind::Call(ScalarFunction::Coalesce, known) = &a.kind {
        known.clone()
    } else {
        vec![a.clone()]
    };
    values.push(b.clone());
    let kind = BoundKind::Call(ScalarFunction::Coalesce, values);
    BoundExpression::new(kind, data_type).with_traits(a.traits.combined(b.traits, data_type))
}

/// When a table is read, for its label: ` as of event 2`, ` for events 3 to 9`.
fn when(temporal: &Temporal, period: Period) -> String {
    let Period { first, last } = period;
    match temporal {
        Temporal::AsOf(_) => format!(" as of event {last}"),
        Temporal::All { .. } => " for all events".to_owned(),
        Temporal::From { .. } | Temporal::Between { .. } if first > last => {
            " for no event".to_owned()
        }
        Temporal::From { .. } | Temporal::Between { .. } if first == last => {
            format!(" for event {first}")
        }
        Temporal::From { .. } | Temporal::Between { .. } => {
            format!(" for events {first} to {last}")
        }
    }
}

fn name_of(alias: Option<&Identifier>) -> Option<Name> {
    alias.map(|alias| alias.name.clone())
}
