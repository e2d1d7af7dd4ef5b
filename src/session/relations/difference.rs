//! What differs between a table at one moment and at another: rows, by the names and values that
//! AS OF shows at both.
//!
//! Rows match by the table's identity and `_row`; another table under the same name is all deletes,
//! then all inserts. Columns match by name: one that is there at one of the moments only counts as
//! NULL at the other. What the first moment shows and the differences, applied by name, are what the
//! second shows, whichever of them is later.
//!
//! Where every name means the same column at both moments, only rows with an event between them can
//! differ: the work is linear in those events. Where a column came with a value or went, its name means
//! another, or the table was dropped in between and came back, all rows of both moments are compared.

use super::{integer, made_of, table_schema};
use crate::executor::{BoxedOperator, Context, Error, Relation};
use crate::storage::{self, Database, LocatedVersion, RowBatch, TableView};
use crate::types::column::value_at;
use crate::types::{
    Column, DataType, EventId, Name, Period, Row, RowId, TableId, TableSchema, Value, fold,
};
use std::collections::HashSet;
use std::sync::Arc;

/// How many rows are compared together.
const TOGETHER: usize = 256;
/// The columns in front of those of the table.
const LEADING: [(&str, DataType); 2] = [("_op", DataType::Text), ("_row", DataType::Integer)];

/// A table at a moment, if there is one.
#[derive(Clone, Debug)]
pub(in crate::session) struct DifferenceSide {
    pub table: Option<Arc<TableSchema>>,
    pub event: EventId,
}

impl DifferenceSide {
    fn columns(&self) -> &[Column] {
        self.table.as_ref().map_or(&[], |table| &table.columns)
    }
}

/// The rows of a table that differ between two moments.
#[derive(Clone, Debug)]
pub(in crate::session) struct Difference {
    database: Arc<Database>,
    /// Before and after; either may be the later.
    sides: [DifferenceSide; 2],
    names: Vec<ComparedColumn>,
}

/// A name, and the place of the column that it means on each side.
#[derive(Clone, Debug)]
struct ComparedColumn {
    name: String,
    places: [Option<usize>; 2],
}

/// A row that differs, its values in the order of [`Difference::columns`]; never twice `None`, never
/// twice the same.
#[derive(Debug)]
pub(in crate::session) struct RowDifference {
    pub row: RowId,
    pub old: Option<Row>,
    pub new: Option<Row>,
}

impl RowDifference {
    /// The word of the log for it.
    fn operation(&self) -> &'static str {
        match (&self.old, &self.new) {
            (None, _) => "insert",
            (Some(_), None) => "delete",
            (Some(_), Some(_)) => "update",
        }
    }
}

impl Difference {
    /// What leads from one side to the other.
    pub fn new(database: &Arc<Database>, from: DifferenceSide, to: DifferenceSide) -> Difference {
        let mut names: Vec<ComparedColumn> = Vec::new();
        for (place, column) in to.columns().iter().enumerate() {
            let before = from.table.as_ref().and_then(|table| table.column(&column.name));
            names.push(ComparedColumn {
                name: column.name.to_string(),
                places: [before, Some(place)],
            });
        }
        for (place, column) in from.columns().iter().enumerate() {
            if to.table.as_ref().is_none_or(|table| table.column(&column.name).is_none()) {
                names.push(ComparedColumn {
                    name: column.name.to_string(),
                    places: [Some(place), None],
                });
            }
        }
        Difference { database: Arc::clone(database), sides: [from, to], names }
    }

    /// The columns of a side with their places in a [`RowDifference`]: 0 is before, 1 is after.
    pub fn columns(&self, side: usize) -> impl Iterator<Item = (usize, &Column)> {
        let named = self.names.iter().enumerate();
        named.filter_map(move |(at, named)| Some((at, self.column(named, side)?)))
    }

    fn column(&self, named: &ComparedColumn, side: usize) -> Option<&Column> {
        self.sides[side].table.as_ref()?.columns.get(named.places[side]?)
    }

    /// What the planner is told: `_op`, `_row`, and of each name `x` the value after and, as
    /// `x_was`, before. A name that is taken gets a `_` more.
    pub fn schema(&self) -> Arc<TableSchema> {
        let mut taken: HashSet<String> = self.names.iter().map(|named| fold(&named.name)).collect();
        let mut columns: Vec<(Name, DataType)> =
            LEADING.iter().map(|(name, data_type)| ((*name).into(), *data_type)).collect();
        for named in &self.names {
            let [before, after] = [0, 1].map(|side| self.column(named, side));
            let data_type = |column: Option<&Column>, other: Option<&Column>| {
                column.or(other).map_or(DataType::Any, |column| column.data_type)
            };
            let mut was = format!("{}_was", named.name);
            while !taken.insert(fold(&was)) {
                was.push('_');
            }
            columns.push((named.name.as_str().into(), data_type(after, before)));
            columns.push((was.into(), data_type(before, after)));
        }
        table_schema(&format!("difference of {}", self.name()), columns.into_iter())
    }

    /// The names of the columns of either side, in the order of a [`RowDifference`].
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(|named| named.name.as_str())
    }

    /// The name that the table has after, or else before.
    pub fn name(&self) -> &str {
        let [before, after] = [0, 1].map(|side| self.sides[side].table.as_deref());
        after.or(before).map_or("", |table| &table.name)
    }

    /// The values of the table's key in a row of the side before; none where it has no key.
    pub fn key(&self, old: &[Value]) -> Row {
        let Some(table) = &self.sides[0].table else { return Vec::new() };
        let places = table.primary_key().map_or(&[][..], |key| &key.columns);
        let at = |place: &usize| self.names.iter().position(|n| n.places[0] == Some(*place));
        places.iter().filter_map(|place| old.get(at(place)?).cloned()).collect()
    }

    /// Where values of a name stand in the columns of [`Difference::schema`], given its place in a
    /// [`RowDifference`] and its side.
    pub fn place(at: usize, side: usize) -> usize {
        LEADING.len() + 2 * at + (1 - side)
    }

    /// The rows that differ, in order of `_row`; of two tables first those of the one before.
    ///
    /// # Errors
    /// `interrupted` where `context` says that the statement shall stop; `corrupt` and `io`, also as an
    /// item, where the log or a snapshot on the way to the moments is damaged or cannot be read.
    pub fn rows(&self, context: &Context) -> Result<RowDifferences, Error> {
        let view = |side: &DifferenceSide| match &side.table {
            Some(table) => Ok::<_, storage::Error>(Some(
                self.database.view(Period::at(side.event))?.table(table),
            )),
            None => Ok(None),
        };
        let [old, new] = [view(&self.sides[0])?, view(&self.sides[1])?];
        let id = |view: &Option<TableView>| view.as_ref().map(|view| view.schema().id);
        let batches = match id(&old) {
            Some(same) if id(&new) == Some(same) => {
                let rows = match self.is_told_by_events() {
                    true => self.touched(same, context)?,
                    false => {
                        merged(rows_of(old.as_ref(), context)?, rows_of(new.as_ref(), context)?)
                    }
                };
                vec![ComparisonBatch { rows, views: [old, new] }]
            }
            _ => vec![
                ComparisonBatch { rows: rows_of(old.as_ref(), context)?, views: [old, None] },
                ComparisonBatch { rows: rows_of(new.as_ref(), context)?, views: [None, new] },
            ],
        };
        let places = [0, 1].map(|side| {
            let place = |(at, column): (usize, &Column)| {
                Some((at, self.names[at].places[side]?, column.data_type))
            };
            self.columns(side).filter_map(place).collect()
        });
        let width = self.names.len();
        let (batches, found) = (batches.into_iter(), Vec::new().into_iter());
        Ok(RowDifferences { places, width, batches, batch: None, next: 0, found })
    }

    /// Whether a row without an event between the moments is the same at both: the table was there all
    /// the time, and every name means the same column, or one that came since and is NULL in the rows
    /// that were there.
    fn is_told_by_events(&self) -> bool {
        let earlier = self.sides[0].event.min(self.sides[1].event);
        let last = self.sides[0].event.max(self.sides[1].event);
        let id = self.sides.iter().find_map(|side| side.table.as_ref()).map(|table| table.id);
        let period = Period { first: earlier.next(), last };
        if id.is_some_and(|id| self.database.store().is_restored_in(id, period)) {
            return false;
        }
        self.names.iter().all(|named| match [0, 1].map(|side| self.column(named, side)) {
            [Some(old), Some(new)] => old.id == new.id,
            [Some(one), None] | [None, Some(one)] => {
                one.id.event > earlier && one.initial.is_null()
            }
            [None, None] => true,
        })
    }

    /// The rows that have an event between the moments, in order.
    fn touched(&self, table: TableId, context: &Context) -> Result<Vec<RowId>, Error> {
        let [a, b] = [0, 1].map(|side| self.sides[side].event);
        let period = Period { first: a.min(b).next(), last: a.max(b) };
        if period.first > period.last {
            return Ok(Vec::new());
        }
        // Which rows, and nothing of what they held.
        let no_columns =
            TableSchema { id: table, ..(*table_schema("", std::iter::empty())).clone() };
        let changes = self.database.changes(&Arc::new(no_columns), period, None)?;
        let mut rows = Vec::new();
        for change in changes {
            context.check()?;
            rows.push(change?.row);
        }
        rows.sort_unstable();
        rows.dedup();
        Ok(rows)
    }
}

/// All rows that a view shows, in order.
fn rows_of(view: Option<&TableView>, context: &Context) -> Result<Vec<RowId>, Error> {
    let mut rows = Vec::new();
    for batch in view.map(|view| view.scan(&[])).into_iter().flatten() {
        context.check()?;
        rows.extend(batch?.rows.iter());
    }
    Ok(rows)
}

/// The rows of either list, in order.
fn merged(old: Vec<RowId>, new: Vec<RowId>) -> Vec<RowId> {
    let mut rows = old;
    rows.extend(new);
    rows.sort_unstable();
    rows.dedup();
    rows
}

/// Rows to be compared, and the views that show them.
struct ComparisonBatch {
    rows: Vec<RowId>,
    views: [Option<TableView>; 2],
}

/// Rows that differ, found as they are asked for.
pub(in crate::session) struct RowDifferences {
    /// Of each side: where a column goes, where it is, and its type.
    places: [Vec<(usize, usize, DataType)>; 2],
    width: usize,
    batches: std::vec::IntoIter<ComparisonBatch>,
    batch: Option<ComparisonBatch>,
    /// The next row of the stage.
    next: usize,
    found: std::vec::IntoIter<Option<RowDifference>>,
}

impl RowDifferences {
    /// Compares the next rows; false where there are none.
    fn compare(&mut self) -> Result<bool, storage::Error> {
        if self.batch.as_ref().is_none_or(|batch| batch.rows.len() <= self.next) {
            (self.batch, self.next) = (self.batches.next(), 0);
        }
        let Some(batch) = &self.batch else { return Ok(false) };
        let end = batch.rows.len().min(self.next + TOGETHER);
        let rows = &batch.rows[self.next..end];
        self.next = end;
        let images = |side: usize| match &batch.views[side] {
            Some(view) => self.images(view, side, rows),
            None => Ok(vec![None; rows.len()]),
        };
        let (old, new) = (images(0)?, images(1)?);
        let differs = |old: &Option<Row>, new: &Option<Row>| match (old, new) {
            (Some(old), Some(new)) => !old.iter().zip(new).all(|(old, new)| old.is_same(new)),
            (old, new) => old.is_some() || new.is_some(),
        };
        let both = rows.iter().zip(old.into_iter().zip(new));
        let found: Vec<Option<RowDifference>> = both
            .map(|(row, (old, new))| {
                differs(&old, &new).then_some(RowDifference { row: *row, old, new })
            })
            .collect();
        self.found = found.into_iter();
        Ok(true)
    }

    /// What a view shows of some rows.
    fn images(
        &self,
        view: &TableView,
        side: usize,
        rows: &[RowId],
    ) -> Result<Vec<Option<Row>>, storage::Error> {
        let located: Vec<Option<LocatedVersion>> =
            rows.iter().map(|row| view.locate(*row)).collect();
        let found: Vec<LocatedVersion> = located.iter().flatten().copied().collect();
        let columns: Vec<usize> = self.places[side].iter().map(|(_, place, _)| *place).collect();
        let mut rows = Vec::with_capacity(found.len());
        for batch in view.fetch_batches(&found, &columns) {
            let RowBatch { rows: numbers, columns, .. } = batch?;
            for at in 0..numbers.len() {
                let mut row = vec![Value::Null; self.width];
                for ((column, _, data_type), array) in self.places[side].iter().zip(&columns) {
                    row[*column] = value_at(array, *data_type, at);
                }
                rows.push(row);
            }
        }
        let mut rows = rows.into_iter();
        Ok(located.into_iter().map(|place| place.and_then(|_| rows.next())).collect())
    }
}

/// A row that was compared and does not differ is `None`.
impl Iterator for RowDifferences {
    type Item = Result<Option<RowDifference>, storage::Error>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(found) = self.found.next() {
                return Some(Ok(found));
            }
            match self.compare() {
                Ok(true) => {}
                Ok(false) => return None,
                Err(error) => {
                    (self.batch, self.batches) = (None, Vec::new().into_iter());
                    return Some(Err(error));
                }
            }
        }
    }
}

impl Relation for Difference {
    fn open(&self, columns: &[usize], context: &Context) -> Result<BoxedOperator, Error> {
        let schema = self.schema();
        let columns = columns.iter().map(|at| (*at, schema.columns[*at].data_type)).collect();
        let rows = self.rows(context)?;
        Ok(made_of(columns, context, rows, |row, column| Ok(value(row, column))))
    }

    fn source(&self) -> String {
        let [from, to] = [0, 1].map(|side| self.sides[side].event);
        format!("difference of {}: its versions, from event {from} to event {to}", self.name())
    }
}

fn value(difference: &RowDifference, column: usize) -> Value {
    let Some(column) = column.checked_sub(LEADING.len()) else {
        return match column {
            0 => Value::text(difference.operation()),
            _ => integer(difference.row.0),
        };
    };
    let image = if column.is_multiple_of(2) { &difference.new } else { &difference.old };
    image.as_ref().and_then(|row| row.get(column / 2)).cloned().unwrap_or(Value::Null)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::executor::Resources;
    use crate::session::Session;

    fn session(statements: &[&str]) -> Session {
        let mut session = Session::new(Arc::new(Database::in_memory().expect("a database")));
        for statement in statements {
            session.execute(statement).unwrap_or_else(|error| panic!("{statement}: {error}"));
        }
        session
    }

    fn context() -> Context {
        Context::new(crate::types::Timestamp(0), Arc::default(), Resources::default())
    }

    /// The difference of the table `t` between two events.
    fn difference(session: &Session, from: u64, to: u64) -> Difference {
        let side = |event: u64| {
            let event = EventId(event);
            let view = session.database().view(Period::at(event)).expect("a view");
            DifferenceSide { table: view.schema().table("t").cloned(), event }
        };
        Difference::new(session.database(), side(from), side(to))
    }

    /// Its columns, and its rows as the relation gives them.
    fn shown(session: &Session, from: u64, to: u64) -> String {
        let difference = difference(session, from, to);
        let schema = difference.schema();
        let names =
            schema.columns.iter().map(|column| format!("{} {}", column.name, column.data_type));
        let mut lines = vec![names.collect::<Vec<_>>().join(", ")];
        let all: Vec<usize> = (0..schema.columns.len()).collect();
        let mut rows = difference.open(&all, &context()).expect("rows");
        while let Some(batch) = rows.next().expect("a batch") {
            for row in 0..batch.rows {
                let columns = batch.columns.iter().zip(&schema.columns);
                let value = columns
                    .map(|(array, column)| value_at(array, column.data_type, row).to_string());
                lines.push(value.collect::<Vec<_>>().join(", "));
            }
        }
        lines.join("\n")
    }

    #[test]
    fn each_name_has_its_value_after_and_before() {
        let session = session(&[
            "CREATE TABLE t (x INTEGER, x_was TEXT, gone TEXT)",
            "INSERT INTO t VALUES (1, 'a', 'g'), (2, 'b', NULL)",
            "ALTER TABLE t DROP COLUMN x",
            "ALTER TABLE t ADD COLUMN x TEXT DEFAULT 'new'",
            "ALTER TABLE t DROP COLUMN gone",
            "DELETE FROM t WHERE _row = 2",
            "INSERT INTO t (x_was) VALUES ('c')",
        ]);
        insta::assert_snapshot!(shown(&session, 3, 8), @"
        _op TEXT, _row INTEGER, x_was TEXT, x_was_was TEXT, x TEXT, x_was_ INTEGER, gone TEXT, gone_was TEXT
        'update', 1, 'a', 'a', 'new', 1, NULL, 'g'
        'delete', 2, NULL, 'b', NULL, 2, NULL, NULL
        'insert', 3, 'c', NULL, 'new', NULL, NULL, NULL
        ");
        insta::assert_snapshot!(shown(&session, 2, 1), @"
        _op TEXT, _row INTEGER, x INTEGER, x_was_ INTEGER, x_was TEXT, x_was_was TEXT, gone TEXT, gone_was TEXT
        'delete', 1, NULL, 1, NULL, 'a', NULL, 'g'
        ");
    }

    #[test]
    fn rows_are_compared_where_events_or_names_say_that_they_may_differ() {
        let rows: Vec<String> = (1..=900).map(|id| format!("({id}, {id})")).collect();
        let session = session(&[
            "CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER)",
            &format!("INSERT INTO t VALUES {}", rows.join(", ")),
            "UPDATE t SET a = 0 WHERE id IN (7, 8)",
            "UPDATE t SET a = 8 WHERE id = 8",
            "ALTER TABLE t ADD COLUMN b INTEGER",
            "ALTER TABLE t ADD COLUMN c INTEGER DEFAULT 1",
        ]);
        let compared = |from: u64, to: u64| {
            difference(&session, from, to).rows(&context()).expect("rows").count()
        };
        assert_eq!(compared(901, 904), 2);
        assert_eq!(compared(904, 901), 2);
        assert_eq!(compared(901, 905), 2);
        assert_eq!(compared(905, 901), 2);
        assert_eq!(compared(901, 906), 900);
        assert_eq!(compared(901, 901), 0);
        let found = difference(&session, 901, 904).rows(&context()).expect("rows");
        assert_eq!(found.filter_map(|row| row.expect("it is read")).count(), 1);
    }
}
