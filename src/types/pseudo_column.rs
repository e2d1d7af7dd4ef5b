//! The hidden columns that every table has: where a version stands in the history of its row.
//!
//! A table of `n` columns has them at the indexes `n`, `n + 1`, …, so that a plan needs nothing but
//! indexes. They are those of the event that *began* the version; only `_event_to` is about its end.

use super::{DataType, TableId, TableSchema};

/// One hidden column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PseudoColumn {
    /// The row's identity.
    Row,
    /// The number of the version in its row, from 1.
    Rev,
    /// The event that began the version.
    Event,
    /// The same, for those who write a period.
    EventFrom,
    /// The event that ended the version; NULL where nothing has.
    EventTo,
    /// When the event's transaction was committed; NULL before.
    At,
    /// The event's transaction; NULL before it is committed.
    Tx,
    /// What the event did.
    Op,
    /// Who committed its transaction.
    Actor,
    /// What its transaction was for.
    Intent,
}

impl PseudoColumn {
    /// Whether it tells of an event, which a temporary row has none of.
    pub fn is_event(self) -> bool {
        match self {
            PseudoColumn::Row | PseudoColumn::Rev => false,
            PseudoColumn::Event
            | PseudoColumn::EventFrom
            | PseudoColumn::EventTo
            | PseudoColumn::At
            | PseudoColumn::Tx
            | PseudoColumn::Op
            | PseudoColumn::Actor
            | PseudoColumn::Intent => true,
        }
    }

    /// All of them, in the order of their indexes.
    pub const ALL: &[PseudoColumn] = &[
        PseudoColumn::Row,
        PseudoColumn::Rev,
        PseudoColumn::Event,
        PseudoColumn::EventFrom,
        PseudoColumn::EventTo,
        PseudoColumn::At,
        PseudoColumn::Tx,
        PseudoColumn::Op,
        PseudoColumn::Actor,
        PseudoColumn::Intent,
    ];

    /// The names of hidden columns to come: of a recorded event, its number in its stream.
    const TO_COME: &[&str] = &["_version"];

    /// Its name, which no column of a table may have.
    pub fn name(self) -> &'static str {
        match self {
            PseudoColumn::Row => "_row",
            PseudoColumn::Rev => "_rev",
            PseudoColumn::Event => "_event",
            PseudoColumn::EventFrom => "_event_from",
            PseudoColumn::EventTo => "_event_to",
            PseudoColumn::At => "_at",
            PseudoColumn::Tx => "_tx",
            PseudoColumn::Op => "_op",
            PseudoColumn::Actor => "_actor",
            PseudoColumn::Intent => "_intent",
        }
    }

    /// What it holds.
    pub fn data_type(self) -> DataType {
        match self {
            PseudoColumn::Row
            | PseudoColumn::Rev
            | PseudoColumn::Event
            | PseudoColumn::EventFrom
            | PseudoColumn::EventTo
            | PseudoColumn::Tx => DataType::Integer,
            PseudoColumn::At => DataType::Timestamp,
            PseudoColumn::Op | PseudoColumn::Actor | PseudoColumn::Intent => DataType::Text,
        }
    }

    /// Whether no column of a table may have this name: a hidden one has it, or will.
    pub fn is_reserved(name: &str) -> bool {
        PseudoColumn::named(name).is_some()
            || PseudoColumn::TO_COME.iter().any(|other| other.eq_ignore_ascii_case(name))
    }

    /// The hidden column with this name, in any case.
    pub fn named(name: &str) -> Option<PseudoColumn> {
        Self::ALL.iter().copied().find(|column| column.name().eq_ignore_ascii_case(name))
    }
}

/// All columns by index, the hidden ones behind those that were declared.
impl TableSchema {
    /// SQLite's names for the number of a row.
    pub const ROWID_NAMES: [&str; 3] = ["rowid", "oid", "_rowid_"];

    /// How many columns there are with the hidden ones.
    pub fn width(&self) -> usize {
        self.columns.len() + self.hidden().len()
    }

    /// The hidden columns: what is no table has none.
    fn hidden(&self) -> &'static [PseudoColumn] {
        if self.id == TableId::NONE { &[] } else { PseudoColumn::ALL }
    }

    /// The hidden column at an index; `None` for a declared one.
    pub fn pseudo(&self, index: usize) -> Option<PseudoColumn> {
        self.hidden().get(index.checked_sub(self.columns.len())?).copied()
    }

    /// The index of a hidden column.
    pub fn index_of(&self, column: PseudoColumn) -> usize {
        let place = PseudoColumn::ALL.iter().position(|hidden| *hidden == column);
        self.columns.len() + place.expect("ALL has every hidden column")
    }

    /// The index of the hidden column with this name, in any case.
    pub fn pseudo_column(&self, name: &str) -> Option<usize> {
        let place = |column| self.hidden().iter().position(|other| *other == column);
        Some(self.columns.len() + place(PseudoColumn::named(name)?)?)
    }

    /// The index of what SQLite calls the number of a row: the INTEGER PRIMARY KEY, else the hidden
    /// `_row`. `None` for every other name, for one that a column has, and WITHOUT ROWID.
    pub fn rowid(&self, name: &str) -> Option<usize> {
        let is_one = TableSchema::ROWID_NAMES.iter().any(|rowid| name.eq_ignore_ascii_case(rowid));
        if is_one && self.column(name).is_none() { self.row_number() } else { None }
    }

    /// The index of the number of a row, whatever it is called; `None` WITHOUT ROWID.
    pub fn row_number(&self) -> Option<usize> {
        if self.options.without_rowid {
            return None;
        }
        self.integer_primary_key().or_else(|| self.pseudo_column(PseudoColumn::Row.name()))
    }

    /// The name of the column at an index, which is less than [`TableSchema::width`].
    pub fn name_of(&self, index: usize) -> &str {
        match self.columns.get(index) {
            Some(column) => &column.name,
            None => self.pseudo(index).map_or("", PseudoColumn::name),
        }
    }

    /// The type of the column at an index, which is less than [`TableSchema::width`].
    pub fn type_of(&self, index: usize) -> DataType {
        match self.columns.get(index) {
            Some(column) => column.data_type,
            None => self.pseudo(index).map_or(DataType::Any, PseudoColumn::data_type),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::TableOptions;

    #[test]
    fn hidden_columns_stand_behind_the_declared_ones() {
        let column = crate::types::Column::new("a", DataType::Text);
        let table = TableSchema {
            id: Default::default(),
            name: "t".into(),
            columns: vec![column],
            keys: Vec::new(),
            autoincrement: false,
            options: TableOptions::default(),
            checks: Vec::new(),
            foreign_keys: Vec::new(),
            sql: String::new(),
        };
        assert_eq!(
            (table.name_of(0), table.type_of(0), table.pseudo(0)),
            ("a", DataType::Text, None)
        );
        for (place, column) in PseudoColumn::ALL.iter().enumerate() {
            assert_eq!(table.pseudo(1 + place), Some(*column));
            assert_eq!(table.pseudo_column(&column.name().to_uppercase()), Some(1 + place));
            assert_eq!(table.name_of(1 + place), column.name());
            assert_eq!(table.type_of(1 + place), column.data_type());
        }
        assert_eq!((table.pseudo(table.width()), table.pseudo_column("a")), (None, None));
    }
}
