//! Views: everything at one moment or in one period, as values that never change.

use super::Error;
use super::blocks::BlockCache;
use super::changes::RowChanges;
use super::chunk::VersionPosition;
use super::chunk::chunk_rows;
use super::column::StoredColumn;
use super::gather::gather;
use super::hidden_columns::{CommittedLookup, EventLookup, HiddenColumn};
use super::layer::Layer;
use super::merge::VersionRun;
use super::origin::Origin;
use super::scan::{Scan, ScanColumn};
use super::table::{KeyFunction, TableVersions};
use crate::types::text_codes::CodedColumns;
use crate::types::{
    EventId, KeyId, Period, PseudoColumn, Row, RowId, Schema, SchemaName, TableId, TableSchema,
    Tree, Value,
};
use arrow_array::ArrayRef;
use std::fmt;
use std::sync::Arc;

/// All tables' versions by table.
pub(super) type TableMap = Tree<TableId, Arc<TableVersions>>;

/// Everything at one moment or period: a schema and the rows visible then.
///
/// A clone costs one reference count. A view that is kept stays what it is while others write.
#[derive(Clone, Debug)]
pub struct View(Arc<ViewParts>);

/// What a view is made of.
#[derive(Clone, Debug)]
pub(super) struct ViewParts {
    pub(super) schema: Schema,
    pub(super) period: Period,
    pub(super) tables: TableMap,
    /// What a fork was made from, and how many events of its own this view shows.
    pub(super) base: Option<(View, usize)>,
    /// What a fork of it keeps the values of its rows among.
    pub(super) blocks: Arc<BlockCache>,
    /// Whom to ask about events.
    pub(super) lookup: Option<Arc<dyn EventLookup>>,
    /// Up to which event it may tell how versions ended: what is staged behind that is nobody's to know.
    pub(super) known: EventId,
    /// How it was reached.
    pub(super) origin: Option<Origin>,
    /// What is temporary, in a session that has such, as it is now.
    pub(super) temporary: Option<View>,
}

impl From<ViewParts> for View {
    fn from(parts: ViewParts) -> View {
        View(Arc::new(parts))
    }
}

impl View {
    /// What it is made of.
    pub(super) fn parts(&self) -> &ViewParts {
        &self.0
    }

    /// The same view with something about it changed.
    pub(super) fn with(mut self, change: impl FnOnce(&mut ViewParts)) -> View {
        change(Arc::make_mut(&mut self.0));
        self
    }

    /// The schema at the period's last event.
    pub fn schema(&self) -> &Schema {
        &self.0.schema
    }

    /// The period whose rows are visible.
    pub fn period(&self) -> Period {
        self.0.period
    }

    /// The last committed event that it shows: a fork's own events come after it.
    pub fn committed(&self) -> EventId {
        self.0.base.as_ref().map_or(self.0.period.last, |(base, _)| base.committed())
    }

    /// The same beside what is temporary now, whatever moment the view is of.
    pub fn with_temporary(self, temporary: View) -> View {
        self.with(|parts| {
            parts.schema.temporary = Some(Arc::new(temporary.schema().clone()));
            parts.temporary = Some(temporary);
        })
    }

    /// What happened to the rows of a table behind the period's first event, as far as the view's epoch goes
    /// back, of these rows alone if there are any said. They are whole, in the columns of `table`, whatever
    /// the table's were then.
    pub(crate) fn changes(&self, table: &TableSchema, rows: Option<&[RowId]>) -> RowChanges {
        let Period { first, last } = self.0.period;
        let period = Period { first: first.next(), last };
        RowChanges::new(self.0.tables.get(&table.id), table, period, rows)
    }

    /// The visible rows of one table, which is found by its identity.
    pub fn table(&self, table: &Arc<TableSchema>) -> TableView {
        let (source, committed) = match table.id.schema_name() {
            SchemaName::Main => (self.0.lookup.clone(), self.committed()),
            // It is in no event.
            SchemaName::Temporary => (None, EventId::START),
        };
        let (table_id, known) = (table.id, self.0.known);
        let lookup = CommittedLookup { source, table: table_id, committed, known };
        TableView { schema: Arc::clone(table), layer: self.layer(table.id), lookup }
    }

    /// The same with word of where it comes from, and of the event up to which it may tell how versions
    /// ended.
    pub(crate) fn reached(self, origin: Origin, known: EventId) -> View {
        self.with(|parts| (parts.origin, parts.known) = (Some(origin), known))
    }

    /// The topmost versions of a table, with those below.
    pub(super) fn versions(&self, table: TableId) -> Option<&TableVersions> {
        let parts = match &self.0.temporary {
            Some(temporary) if table.is_temporary() => temporary.parts(),
            Some(_) | None => self.parts(),
        };
        match (parts.tables.get(&table), &parts.base) {
            (Some(versions), _) => Some(&**versions),
            (None, Some((base, _))) => base.versions(table),
            (None, None) => None,
        }
    }

    /// What the view holds of a table.
    pub(super) fn layer(&self, table: TableId) -> Option<Arc<Layer>> {
        match &self.0.temporary {
            Some(temporary) if table.is_temporary() => temporary.own_layer(table),
            Some(_) | None => self.own_layer(table),
        }
    }

    fn own_layer(&self, table: TableId) -> Option<Arc<Layer>> {
        match (self.0.tables.get(&table), &self.0.base) {
            (Some(versions), _) => Some(Arc::new(Layer::new(Arc::clone(versions), self.0.period))),
            (None, Some((base, _))) => base.layer(table),
            (None, None) => None,
        }
    }
}

/// Prints where the view comes from: `event 42 · epoch from the start, in memory`.
impl fmt::Display for View {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ViewParts { base, origin, period, .. } = self.parts();
        match (base, origin) {
            (None, None) => write!(f, "{period}"),
            (None, Some(origin)) => write!(f, "{period} · {origin}"),
            (Some((base, 1)), _) => write!(f, "{base} · and 1 event not committed"),
            (Some((base, own)), _) => write!(f, "{base} · and {own} events not committed"),
        }
    }
}

/// The visible rows of one table. Clones are cheap and go to any thread.
#[derive(Clone, Debug)]
pub struct TableView {
    schema: Arc<TableSchema>,
    layer: Option<Arc<Layer>>,
    lookup: CommittedLookup,
}

impl TableView {
    /// The table at the view's moment.
    pub fn schema(&self) -> &Arc<TableSchema> {
        &self.schema
    }

    /// The visible rows in order of `_row`, at most 4,096 per batch. `columns` are indexes into the
    /// schema's, the hidden ones among them; a batch has as many arrays, in this order.
    pub fn scan(&self, columns: &[usize]) -> Scan {
        self.scan_coded(columns, &[])
    }

    /// The same, with the codes of some of these columns, which are named by their places among them.
    pub fn scan_coded(&self, columns: &[usize], coded: &[usize]) -> Scan {
        let Some(layer) = &self.layer else { return Scan::empty() };
        let mark = |(place, mut wanted): (usize, ScanColumn)| {
            if let ScanColumn::Declared(declared) = &mut wanted {
                declared.is_coded = coded.contains(&place);
            }
            wanted
        };
        let wanted = self.wanted(columns).enumerate().map(mark).collect();
        layer.scan(wanted)
    }

    /// The visible rows whose first `values.len()` parts of a key equal `values`, in order of
    /// `_row`, texts by the key's collations. The values are of the columns' types; NULL equals nothing. `None` where the view has
    /// no such key: then a scan has to do.
    pub fn find(&self, key: KeyId, values: &[Value]) -> Option<Vec<LocatedVersion>> {
        let layer = self.layer.as_ref()?;
        if values.iter().any(Value::is_null) {
            return layer.has_index(key).then(Vec::new);
        }
        layer.find(key, values)
    }

    /// The same of a key that has to be computed; `None` where the view has no such table.
    ///
    /// # Errors
    /// [`Error::TemporaryFile`] where rows that it is made of cannot be read back.
    pub fn find_computed(
        &self,
        function: &Arc<dyn KeyFunction>,
        values: &[Value],
    ) -> Result<Option<Vec<LocatedVersion>>, Error> {
        let Some(layer) = &self.layer else { return Ok(None) };
        if values.iter().any(Value::is_null) {
            return Ok(Some(Vec::new()));
        }
        layer.find_computed(function, &self.schema, values).map(Some)
    }

    /// Puts what several lookups found in order of `_row` and, where the view shows several versions
    /// of a row, of their age; each version once.
    pub fn settle(&self, found: &mut Vec<LocatedVersion>) {
        if let Some(layer) = &self.layer {
            layer.settle(found);
        }
    }

    /// The named columns of rows found, in the order given, in batches that have room for them: of at
    /// most 4,096 rows, and of fewer where values are of megabytes.
    ///
    /// # Errors
    /// Those of [`EventLookup`](super::EventLookup), as [`TableView::fetch`].
    pub fn fetch_batches<'a>(
        &'a self,
        mut rows: &'a [LocatedVersion],
        columns: &'a [usize],
    ) -> impl Iterator<Item = Result<RowBatch, Error>> + 'a {
        std::iter::from_fn(move || {
            let batch = (!rows.is_empty()).then(|| self.fetch_first(rows, columns))?;
            rows = rows.get(batch.as_ref().map_or(rows.len(), |batch| batch.rows.len())..)?;
            Some(batch)
        })
    }

    /// The first of these rows, as many as one batch of [`TableView::fetch_batches`] has room for.
    ///
    /// # Errors
    /// As there.
    pub fn fetch_first(
        &self,
        rows: &[LocatedVersion],
        columns: &[usize],
    ) -> Result<RowBatch, Error> {
        let mut count = rows.len().min(chunk_rows());
        loop {
            match self.fetch(&rows[..count], columns) {
                Err(error) if error.is_batch_too_large() && count > 1 => count /= 2,
                fetched => return fetched,
            }
        }
    }

    /// The named columns of rows found, in the order given.
    ///
    /// # Errors
    /// [`Error::Batch`] where they have no room in one batch; those of
    /// [`EventLookup`](super::EventLookup) where a hidden column asks for what a transaction says.
    pub fn fetch(&self, rows: &[LocatedVersion], columns: &[usize]) -> Result<RowBatch, Error> {
        let wanted: Vec<ScanColumn> = self.wanted(columns).collect();
        let Some(layer) = self.layer.as_ref() else {
            return Ok(RowBatch::none(&wanted));
        };
        gather(layer, &runs_of(rows), &wanted)
    }

    /// Whether the rows of a moment are known to stand in the order of the INTEGER PRIMARY KEY when they stand
    /// in that of `_row`. False where one ever came behind a larger one.
    pub fn is_in_key_order(&self) -> bool {
        self.layer.as_ref().is_none_or(|layer| layer.versions().is_in_key_order())
    }

    /// The largest number visible in a key of one INTEGER column; `None` where there is none but NULL.
    pub fn largest(&self, key: KeyId) -> Option<i64> {
        self.layer.as_ref()?.largest(key)
    }

    /// The largest value that an AUTOINCREMENT key ever had, rows deleted since included; 0 if none.
    pub fn autoincrement(&self) -> i64 {
        self.layer.as_ref().map_or(0, |layer| layer.autoincrement())
    }

    /// About how many rows are visible: exact for the latest view.
    pub fn row_estimate(&self) -> usize {
        let estimate = self.layer.as_ref().map_or(0, |layer| layer.row_estimate());
        usize::try_from(estimate).unwrap_or(0)
    }

    /// The visible version of a row.
    pub fn locate(&self, row: RowId) -> Option<LocatedVersion> {
        self.layer.as_ref()?.locate(row)
    }

    /// The visible versions of a row, in order of their age: of a moment at most one.
    pub fn versions_of(&self, row: RowId) -> Vec<LocatedVersion> {
        self.layer.as_ref().map_or_else(Vec::new, |layer| layer.versions_of(row))
    }

    /// The values of one version that was found; `None` where a column is hidden and no row's number, which
    /// [`TableView::fetch`] knows.
    ///
    /// # Errors
    /// [`Error::TemporaryFile`] where they have to be read back, and cannot be.
    pub fn values(&self, located: LocatedVersion, columns: &[usize]) -> Result<Option<Row>, Error> {
        let Some(layer) = &self.layer else { return Ok(None) };
        let versions = layer.below(located.depth).versions();
        let chunk = versions.chunk(located.position.chunk());
        let offset = located.position.offset();
        let mut row = Vec::with_capacity(columns.len());
        for at in columns {
            row.push(match self.schema.pseudo(*at) {
                None => chunk.declared_value(&self.schema.columns[*at], *at, offset)?,
                Some(PseudoColumn::Row) => {
                    Value::Integer(i64::try_from(located.row.0).unwrap_or(i64::MAX))
                }
                Some(_) => return Ok(None),
            });
        }
        Ok(Some(row))
    }

    /// The number that the next row gets, or got after the view's moment: a snapshot of that which
    /// had a later one would take rows that follow in the log for some that were deleted.
    pub fn next_row(&self) -> RowId {
        self.layer.as_ref().map_or(RowId(1), |layer| layer.next_row())
    }

    /// The visible rows in order of a key's values. `None` in a transaction, and where the view has
    /// no such key.
    pub fn index_order(&self, key: KeyId) -> Option<Vec<RowId>> {
        self.layer.as_ref()?.index_order(key)
    }

    fn wanted<'a>(&'a self, columns: &'a [usize]) -> impl Iterator<Item = ScanColumn> + 'a {
        let of = move |at: &usize| match self.schema.pseudo(*at) {
            Some(column) => {
                ScanColumn::HiddenColumn(HiddenColumn { column, lookup: self.lookup.clone() })
            }
            None => ScanColumn::new(StoredColumn::new(&self.schema.columns[*at]), *at),
        };
        columns.iter().map(of)
    }
}

/// The same versions, those together that stand one behind the other.
fn runs_of(rows: &[LocatedVersion]) -> Vec<VersionRun> {
    let mut runs: Vec<VersionRun> = Vec::with_capacity(rows.len());
    for located in rows {
        VersionRun { depth: located.depth, start: located.position, len: 1 }.add_to(&mut runs);
    }
    runs
}

/// Rows as columns.
#[derive(Clone, Debug)]
pub struct RowBatch {
    /// The rows' identities: most who read the columns ask for none.
    pub rows: Arc<Vec<RowId>>,
    /// One array per column asked for, each as long as `rows`.
    pub columns: Vec<ArrayRef>,
    /// The codes of those whose codes are wanted, as far as there are some.
    pub coded: CodedColumns,
}

impl RowBatch {
    /// Columns without codes.
    pub(super) fn new(rows: Arc<Vec<RowId>>, columns: Vec<ArrayRef>) -> RowBatch {
        RowBatch { rows, columns, coded: CodedColumns::default() }
    }

    fn none(wanted: &[ScanColumn]) -> RowBatch {
        let array = |w: &ScanColumn| arrow_array::new_empty_array(&w.data_type().arrow());
        RowBatch::new(Arc::default(), wanted.iter().map(array).collect())
    }
}

/// A version that was found, to be fetched from the same [`TableView`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LocatedVersion {
    pub(super) row: RowId,
    pub(super) position: VersionPosition,
    /// How many layers below the view's own it lies.
    pub(super) depth: u8,
}

impl LocatedVersion {
    /// The row's identity.
    pub fn row(&self) -> RowId {
        self.row
    }

    /// The same, seen from the layer above.
    pub(super) fn deeper(self) -> LocatedVersion {
        LocatedVersion { depth: self.depth.saturating_add(1), ..self }
    }
}
