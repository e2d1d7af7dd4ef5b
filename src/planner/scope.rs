//! The columns that names can mean.
//!
//! Each relation of a FROM brings its columns, and those it has whatever it is: they are found by
//! their names and by nothing else, so that `*` and USING know nothing of them.

use super::comparison_traits::ComparisonTraits;
use super::hidden_columns::{HiddenColumns, hidden_columns, schema_column};
use super::references::References;
use super::suggest::suggest;
use super::{BoundExpression, Error};
use crate::language::ast::{Identifier, ObjectName};
use crate::types::{DataType, Name, PseudoColumn, SchemaName, Span, TableId, TableSchema};
use std::rc::Rc;
use std::sync::Arc;

/// A name that is looked for among others, in any case. This is asked of each column for each name of a
/// statement: the names of a table's columns mostly differ in their ends.
#[derive(Clone, Copy)]
pub(super) struct WantedName<'a> {
    name: &'a [u8],
    end: u8,
}

impl<'a> WantedName<'a> {
    pub fn new(name: &'a str) -> WantedName<'a> {
        let name = name.as_bytes();
        WantedName { name, end: name.last().map_or(0, u8::to_ascii_lowercase) }
    }

    /// Whether it is this one.
    #[inline]
    pub fn is(self, other: &str) -> bool {
        let other = other.as_bytes();
        other.len() == self.name.len()
            && other.last().is_none_or(|end| end.to_ascii_lowercase() == self.end)
            && other.eq_ignore_ascii_case(self.name)
    }
}

/// One column that a name can mean.
#[derive(Clone, Debug)]
pub struct ScopeColumn {
    /// The name.
    pub name: Name,
    /// The type of its values.
    pub data_type: DataType,
    /// Its identity in the statement.
    pub column: usize,
    /// What counts besides where it is compared.
    pub traits: ComparisonTraits,
    /// Whether USING merged it into one further left: it answers only to its relation's name.
    pub is_merged: bool,
    /// Whether its bare name means another one, into which USING merged the first of that name.
    pub is_shadowed: bool,
    /// What its bare name means where USING merged others into it that are not NULL when it is.
    pub merged: Option<Box<BoundExpression>>,
    /// Its place before all columns of its relation in what `*` means, if it has such a one.
    pub place: Option<usize>,
}

impl ScopeColumn {
    /// The column as an expression.
    pub fn bound(&self) -> BoundExpression {
        BoundExpression::column(self.column, self.data_type).with_traits(self.traits)
    }

    /// What the column's bare name means: the column, or what USING made of it.
    pub fn bare(&self) -> BoundExpression {
        self.merged.as_deref().cloned().unwrap_or_else(|| self.bound())
    }
}

/// One relation of a FROM.
#[derive(Clone, Debug)]
pub struct ScopeRelation {
    /// What the query calls it.
    pub name: Name,
    /// The schema of the table or view that it is; none of a query in its place.
    pub schema: Option<SchemaName>,
    /// The table whose present it is, where names that mean it are recorded, and whether an alias says
    /// it.
    table: Option<(TableId, bool)>,
    /// What it is called where it was made.
    title: Name,
    /// Its columns in order.
    pub columns: Vec<ScopeColumn>,
    /// What a table answers to besides: the hidden columns, and SQLite's names for a row's number.
    hidden: HiddenColumns,
}

impl ScopeRelation {
    /// A table, whose columns have the identities from `first` on, the hidden ones behind the others.
    pub fn table(name: &str, schema: &TableSchema, first: usize) -> ScopeRelation {
        let hidden = HiddenColumns::of(hidden_columns(schema, first));
        ScopeRelation::declared(name, schema, first, hidden)
    }

    /// The same of a table whose schema is shared.
    pub fn shared_table(name: &str, schema: &Arc<TableSchema>, first: usize) -> ScopeRelation {
        let hidden = HiddenColumns::shared(Arc::clone(schema), first);
        ScopeRelation::declared(name, schema, first, hidden)
    }

    fn declared(
        name: &str,
        schema: &TableSchema,
        first: usize,
        hidden: HiddenColumns,
    ) -> ScopeRelation {
        let declared = schema.columns.iter().enumerate();
        let declared =
            declared.map(|(index, own)| schema_column(schema, first, own.name.clone(), index));
        let (columns, title) = (declared.collect(), schema.name.clone());
        let home = Some(schema.id.schema_name());
        let name = Name::new(name);
        ScopeRelation { name, schema: home, table: None, title, columns, hidden }
    }

    /// The same relation of the present of a table, names of which are recorded; `is_aliased` where its
    /// own name is not that of the table.
    pub fn of_present(self, table: TableId, is_aliased: bool) -> ScopeRelation {
        ScopeRelation { table: Some((table, is_aliased)), ..self }
    }

    /// A row of a table as a trigger knows it: its declared columns from the identity `first` on, and
    /// behind them its number, which alone has an affinity.
    pub fn row(name: &str, schema: &TableSchema, first: usize) -> ScopeRelation {
        let number = schema.index_of(PseudoColumn::Row);
        let mut relation = ScopeRelation::table(name, schema, first);
        let by_number = schema.row_number();
        for (index, column) in relation.columns.iter_mut().enumerate() {
            if by_number != Some(index) {
                column.traits = column.traits.as_argument();
            }
        }
        let hidden = relation.hidden.get_mut();
        hidden.retain(|column| column.column - first <= number);
        for column in hidden.iter_mut() {
            if column.column - first == number {
                column.column = first + schema.columns.len();
            }
        }
        hidden.retain(|column| column.column - first <= schema.columns.len());
        relation
    }

    /// A row as DO UPDATE knows it that could not be inserted: values without affinity and collation
    /// under the name of no other column, the number that it would have got among them.
    pub fn excluded(name: &str, schema: &TableSchema, first: usize) -> ScopeRelation {
        let mut relation = ScopeRelation::table(name, schema, first);
        let number = schema.row_number().map(|number| first + number);
        relation.hidden.get_mut().retain(|known| Some(known.column) == number);
        let mut relation = relation.merged();
        for column in relation.columns.iter_mut().chain(relation.hidden.get_mut()) {
            let ComparisonTraits { affinity, .. } = column.traits.as_argument();
            column.traits = ComparisonTraits { affinity, ..ComparisonTraits::default() };
        }
        relation
    }

    /// A relation of these columns, called `name` here and `title` elsewhere.
    pub fn with_hidden(
        name: &str,
        title: &str,
        columns: Vec<ScopeColumn>,
        hidden: Vec<ScopeColumn>,
    ) -> ScopeRelation {
        let (name, title) = (Name::new(name), Name::new(title));
        let hidden = HiddenColumns::of(hidden);
        ScopeRelation { name, schema: None, table: None, title, columns, hidden }
    }

    /// A query's answer, called `name`; one that has no name is called by nothing. Of several columns
    /// of one name the first is meant, as in SQLite.
    pub fn derived(name: &str, columns: impl Iterator<Item = ScopeColumn>) -> ScopeRelation {
        let mut known: Vec<ScopeColumn> = Vec::new();
        for mut column in columns {
            let is_taken =
                |name: &str| known.iter().any(|other| other.name.eq_ignore_ascii_case(name));
            if is_taken(&column.name) {
                column.name = free_name(&column.name, is_taken).into();
            }
            known.push(column);
        }
        let title = if name.is_empty() { "the query" } else { name };
        ScopeRelation {
            name: Name::new(name),
            schema: None,
            table: None,
            title: Name::new(title),
            columns: known,
            hidden: HiddenColumns::default(),
        }
    }

    /// The same relation, whose columns answer only to its name, and the hidden ones not at all.
    pub fn qualified_only(mut self) -> ScopeRelation {
        let ScopeRelation { columns, hidden, .. } = &mut self;
        let hidden = hidden.get_mut();
        hidden.retain(|known| columns.iter().any(|column| column.column == known.column));
        self.merged()
    }

    /// The same relation, whose columns answer only to its name.
    fn merged(mut self) -> ScopeRelation {
        let columns = self.columns.iter_mut().chain(self.hidden.get_mut());
        columns.for_each(|column| column.is_merged = true);
        self
    }

    /// The column of this name, a hidden one only where no other has it.
    fn column(&self, name: &str) -> Option<&ScopeColumn> {
        let wanted = WantedName::new(name);
        let called = |column: &&ScopeColumn| wanted.is(&column.name);
        self.columns.iter().find(called).or_else(|| self.hidden_column(name))
    }

    /// Which of the declared columns one of them is.
    fn index_of(&self, column: &ScopeColumn) -> Option<usize> {
        self.columns.iter().position(|known| std::ptr::eq(known, column))
    }

    fn hidden_column(&self, name: &str) -> Option<&ScopeColumn> {
        let wanted = WantedName::new(name);
        self.hidden.get().iter().find(|column| wanted.is(&column.name))
    }

    /// Whether it has a hidden column of this name.
    pub fn has_hidden(&self, name: &str) -> bool {
        self.hidden_column(name).is_some()
    }

    /// Whether the name of a table means it.
    fn is_meant(&self, name: &ObjectName) -> bool {
        self.is_called(&name.name, name.schema)
    }

    /// Whether it has a name, which may be said with that of a schema.
    pub fn is_called(&self, name: &str, schema: Option<SchemaName>) -> bool {
        self.name.eq_ignore_ascii_case(name) && (schema.is_none() || schema == self.schema)
    }

    /// Whether it is a table of this name that the statement has no name for.
    fn stands_alone(&self, name: &str) -> bool {
        self.name.is_empty() && self.title.eq_ignore_ascii_case(name)
    }

    /// Its name and its columns', for a note below an error.
    fn description(&self) -> String {
        let names: Vec<&str> = self.columns.iter().map(|column| &*column.name).collect();
        format!("{}({})", self.title, names.join(", "))
    }
}

/// A name, with a number behind it where another column has that, as in SQLite: `x`, `x:1`.
pub(super) fn free_name(name: &str, is_taken: impl Fn(&str) -> bool) -> String {
    let numbered = (1..).map(|number: usize| format!("{name}:{number}"));
    let mut names = std::iter::once(name.to_owned()).chain(numbered);
    names.find(|name| !is_taken(name)).expect("there is always another number")
}

/// A column of a name and the relation that has it.
type NamedColumn<'a> = (&'a ScopeRelation, &'a ScopeColumn);

/// The one column of the first two that were found by a name, if any.
fn one_of<'a>(
    [first, second]: [Option<NamedColumn<'a>>; 2],
    name: &Identifier,
) -> Result<Option<NamedColumn<'a>>, Error> {
    let Some((first, column)) = first else { return Ok(None) };
    if let Some((second, _)) = second {
        let message = format!("\"{}\" could be a column of two tables", name.name);
        let is_declared = first.index_of(column).is_some();
        let written: &str = if is_declared { &column.name } else { &name.name };
        let help =
            match (first.name.eq_ignore_ascii_case(&second.name), first.schema, second.schema) {
                (false, _, _) => {
                    format!("write {}.{written} or {}.{written}", first.name, second.name)
                }
                (true, Some(one), Some(other)) if one != other => {
                    let called =
                        |schema: SchemaName| format!("{}.{}.{written}", schema.name(), first.name);
                    format!("write {} or {}", called(one), called(other))
                }
                (true, _, _) => "give one of them an alias: AS x".into(),
            };
        return Err(Error::new("ambiguous-column", message, name.span).help(Some(help)));
    }
    Ok(Some((first, column)))
}

/// A column that a name means.
pub(super) struct FoundColumn<'a> {
    relation: &'a ScopeRelation,
    column: &'a ScopeColumn,
    /// Whether the name of its table, which is no other's, was said.
    is_of_one: bool,
}

impl FoundColumn<'_> {
    fn value(&self) -> BoundExpression {
        if self.is_of_one { self.column.bound() } else { self.column.bare() }
    }
}

/// All relations of a FROM, in order.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// The relations.
    pub relations: Vec<ScopeRelation>,
    /// How many of the first relations names cannot mean: those to the left of the parentheses that
    /// an ON stands in.
    pub hidden: usize,
    /// Where names of tables and their columns are recorded, if they are.
    pub references: Option<Rc<References>>,
}

impl Scope {
    /// A scope of these relations.
    pub fn new(relations: Vec<ScopeRelation>) -> Scope {
        Scope { relations, ..Scope::default() }
    }

    /// A scope of one table, whose columns' identities are their indexes.
    pub fn of(name: &str, schema: &TableSchema) -> Scope {
        Scope::new(vec![ScopeRelation::table(name, schema, 0)])
    }

    /// The same scope, which records the names of what is the present of its first table, where it is
    /// asked.
    pub fn recording(mut self, references: Option<&Rc<References>>, table: &TableSchema) -> Scope {
        self.references = references.cloned();
        if let (Some(_), [first, ..]) = (references, self.relations.as_mut_slice()) {
            let is_aliased = !first.name.eq_ignore_ascii_case(&table.name);
            first.table = Some((table.id, is_aliased));
        }
        self
    }

    /// Lets names that mean the relation that came last be recorded as those of this table.
    pub fn last_is_present_of(&mut self, table: TableId, is_aliased: bool) {
        self.relations
            .last_mut()
            .into_iter()
            .for_each(|last| last.table = Some((table, is_aliased)));
    }

    /// Records the names by which a column was found.
    fn record(
        &self,
        relation: Option<&ObjectName>,
        column: &Identifier,
        (known, found): (&ScopeRelation, &ScopeColumn),
    ) {
        let (Some(references), Some((table, _))) = (&self.references, known.table) else { return };
        self.record_relation(relation, known);
        if let Some(index) = known.index_of(found) {
            references.record(column.span, table, Some(index));
        }
    }

    /// Records a column that a join shares; `span` is where USING names it.
    pub fn record_shared(&self, span: Option<Span>, known: &ScopeRelation, found: &ScopeColumn) {
        if let (Some(references), Some((table, _)), Some(index)) =
            (&self.references, known.table, known.index_of(found))
        {
            references.record_shared(span, table, index);
        }
    }

    /// Records the name by which a relation was found.
    fn record_relation(&self, name: Option<&ObjectName>, known: &ScopeRelation) {
        if let (Some(references), Some(name), Some((table, false))) =
            (&self.references, name, known.table)
        {
            references.record(name.span, table, None);
        }
    }

    /// The same where columns stand alone, without the name of the table: in a definition of it.
    pub fn of_row(schema: &TableSchema) -> Scope {
        Scope::of("", schema)
    }

    /// Whether a name was looked for among the hidden columns: only then one of them may be read.
    pub fn knows_hidden_columns(&self) -> bool {
        self.relations.iter().any(|relation| relation.hidden.are_made())
    }

    /// What `*` means: all columns that are neither hidden nor merged.
    pub fn columns(&self) -> impl Iterator<Item = (&ScopeRelation, &ScopeColumn)> {
        self.visible().iter().flat_map(|relation| {
            let mut columns: Vec<&ScopeColumn> =
                relation.columns.iter().filter(|column| !column.is_merged).collect();
            columns.sort_by_key(|column| column.place.unwrap_or(usize::MAX));
            columns.into_iter().map(move |column| (relation, column))
        })
    }

    /// What bare names mean.
    pub fn named_columns(&self) -> impl Iterator<Item = (&ScopeRelation, &ScopeColumn)> {
        self.columns().filter(|(_, column)| !column.is_shadowed)
    }

    /// Merges some columns into `left`, whose bare name means `merged` from now on, and which `*` gives
    /// at this place.
    pub fn merge(
        &mut self,
        columns: &[usize],
        left: usize,
        merged: Option<Box<BoundExpression>>,
        place: Option<usize>,
    ) {
        for known in self.relations.iter_mut().flat_map(|relation| &mut relation.columns) {
            if columns.contains(&known.column) {
                known.is_merged = columns.first() == Some(&known.column);
                known.is_shadowed = !known.is_merged;
            } else if known.column == left {
                known.merged.clone_from(&merged);
                known.place = known.place.or(place);
            }
        }
    }

    /// The relation that a name means, the first of several.
    pub fn relation(&self, name: &ObjectName) -> Option<&ScopeRelation> {
        self.visible().iter().find(|relation| relation.is_meant(name))
    }

    /// The column of this identity.
    pub fn known(&self, column: usize) -> Option<&ScopeColumn> {
        let is_it = |known: &&ScopeColumn| known.column == column;
        let declared = self.relations.iter().find_map(|known| known.columns.iter().find(is_it));
        // The names of a row's number stand before those of the hidden columns.
        let hidden =
            || self.relations.iter().find_map(|known| known.hidden.get().iter().rev().find(is_it));
        declared.or_else(hidden)
    }

    /// The name that the column of this identity was declared with.
    pub fn name(&self, column: usize) -> Option<&str> {
        self.known(column).map(|known| &*known.name)
    }

    /// What an answer calls the column of this identity, which was `written` so: a row's number is its
    /// `rowid`, by whichever of SQLite's names for it.
    pub fn answer_name(&self, column: usize, written: &str) -> &str {
        let name = self.name(column).unwrap_or_default();
        let names = TableSchema::ROWID_NAMES;
        let is_rowid = names.iter().any(|known| written.eq_ignore_ascii_case(known));
        if is_rowid && name == PseudoColumn::Row.name() { names[0] } else { name }
    }

    /// What `name` or `relation.name` means; `None` where it means nothing.
    ///
    /// # Errors
    /// `ambiguous-column` for a name that could mean two columns, `unknown-table` for a relation that
    /// is not there.
    pub fn find(
        &self,
        relation: Option<&ObjectName>,
        column: &Identifier,
    ) -> Result<Option<BoundExpression>, Error> {
        let found = self.look_up(relation, column)?;
        found
            .iter()
            .for_each(|found| self.record(relation, column, (found.relation, found.column)));
        Ok(found.as_ref().map(FoundColumn::value))
    }

    /// The column that a name means.
    ///
    /// # Errors
    /// As [`Scope::find`].
    pub(super) fn look_up(
        &self,
        relation: Option<&ObjectName>,
        column: &Identifier,
    ) -> Result<Option<FoundColumn<'_>>, Error> {
        if let Some(qualifier) = relation {
            let mut meant = self.meant_by(Some(qualifier));
            let Some(relation) = meant.next() else { return Err(self.unknown_table(qualifier)) };
            if meant.next().is_none() {
                let found = relation.column(&column.name);
                return Ok(found.map(|column| FoundColumn { relation, column, is_of_one: true }));
            }
        }
        let found = |(relation, column)| FoundColumn { relation, column, is_of_one: false };
        if let Some(declared) = one_of(self.declared(relation, &column.name), column)? {
            return Ok(Some(found(declared)));
        }
        let mut hidden = self
            .meant_by(relation)
            .filter_map(|relation| Some((relation, relation.hidden_column(&column.name)?)))
            .filter(|(_, known)| !known.is_merged);
        Ok(one_of([hidden.next(), hidden.next()], column)?.map(found))
    }

    /// The first two columns of a name. They are not in the order of `*`, which nobody sees here: this is
    /// done for each name of a statement.
    fn declared(&self, relation: Option<&ObjectName>, name: &str) -> [Option<NamedColumn<'_>>; 2] {
        let (wanted, mut found) = (WantedName::new(name), [None, None]);
        for relation in self.meant_by(relation) {
            for known in &*relation.columns {
                if !wanted.is(&known.name) || known.is_merged || known.is_shadowed {
                    continue;
                }
                if found[0].is_some() {
                    return [found[0], Some((relation, known))];
                }
                found[0] = Some((relation, known));
            }
        }
        found
    }

    /// The relations that a name means, all of them where none is said: as in SQLite there may be several,
    /// of which it means the one that has the column.
    fn meant_by(&self, name: Option<&ObjectName>) -> impl Iterator<Item = &ScopeRelation> {
        self.visible().iter().filter(move |known| name.is_none_or(|name| known.is_meant(name)))
    }

    /// The columns of all relations that a name means, each with what it is by that name.
    ///
    /// # Errors
    /// As [`Scope::find`].
    pub fn columns_of(
        &self,
        name: &ObjectName,
    ) -> Result<Vec<(&ScopeColumn, BoundExpression)>, Error> {
        let meant: Vec<&ScopeRelation> = self.meant_by(Some(name)).collect();
        meant.iter().for_each(|known| self.record_relation(Some(name), known));
        match meant.as_slice() {
            [] => Err(self.unknown_table(name)),
            [only] => Ok(only.columns.iter().map(|column| (column, column.bound())).collect()),
            several => {
                let columns = several.iter().flat_map(|relation| &relation.columns);
                let named = columns.map(|column| {
                    let called = column.name.clone();
                    let called = Identifier { name: called, quoted: false, span: name.span };
                    let found = self.look_up(Some(name), &called)?;
                    Ok((column, found.map_or_else(|| column.bound(), |found| found.value())))
                });
                named.collect()
            }
        }
    }

    /// The error for the name of a relation that is not there.
    fn unknown_table(&self, name: &ObjectName) -> Error {
        let visible = self.visible().iter();
        if self.visible().iter().any(|known| known.stands_alone(&name.name)) {
            let message = "a column stands here without the name of its table";
            return Error::new("unknown-table", message, name.span);
        }
        let said = match name.schema {
            Some(_) => name.to_string(),
            None => format!("\"{}\"", name.name),
        };
        let message = format!("no table {said} in this statement");
        let names = visible.map(|relation| relation.name.as_str());
        Error::new("unknown-table", message, name.span).help(suggest(&name.name, names))
    }

    /// The relations that names can mean.
    pub(super) fn visible(&self) -> &[ScopeRelation] {
        &self.relations[self.hidden..]
    }

    /// The error for a name that means nothing.
    pub fn unknown(&self, relation: Option<&ObjectName>, column: &Identifier) -> Error {
        let relations: Vec<&ScopeRelation> = self.meant_by(relation).collect();
        let message = match relations.as_slice() {
            [] => format!("no column \"{}\": there is no table here", column.name),
            [relation] => {
                let called =
                    if relation.name.is_empty() { &relation.title } else { &relation.name };
                format!("{called} has no column \"{}\"", column.name)
            }
            _ => format!("no table here has a column \"{}\"", column.name),
        };
        let declared = relations.iter().flat_map(|relation| &relation.columns);
        // Only who writes an underscore can have meant one of the hidden ones.
        let has_hidden = relations.iter().any(|relation| !relation.hidden.get().is_empty());
        let hidden = PseudoColumn::ALL.iter().map(|column| column.name());
        let hidden = hidden.filter(|_| column.name.starts_with('_') && has_hidden);
        let names = declared.map(|column| &*column.name).chain(hidden);
        let help = suggest(&column.name, names).or_else(|| {
            column.quoted.then(|| format!("did you mean '{}'?", column.name.replace('\'', "''")))
        });
        let error = Error::new("unknown-column", message, column.span).help(help);
        relations.iter().fold(error, |error, relation| error.note(relation.description()))
    }
}
