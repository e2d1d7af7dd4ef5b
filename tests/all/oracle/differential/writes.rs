//! Writes.
//!
//! A statement whose outcome depends on the order in which SQLite meets its rows is not made: columns of
//! keys are changed one row at a time, and what OR or ON CONFLICT decides comes in a given order.

use super::ScriptGenerator;
use super::schema::{Column, Kind, Table};
use std::borrow::Cow;

const OR: &[&str] =
    &["", "", "", " OR IGNORE", " OR REPLACE", " OR ABORT", " OR FAIL", " OR ROLLBACK"];

impl ScriptGenerator {
    /// A statement that changes something, perhaps.
    pub fn write(&mut self) -> String {
        if self.query_only && self.dice.roll(2) == 0 {
            return self.setting();
        }
        match self.dice.roll(54) {
            0..=11 => self.insert(),
            12..=14 => self.insert_rows_of_a_query(),
            15..=18 => self.upsert(),
            19..=21 => self.update_one(),
            22..=24 => self.update_some(),
            25 | 26 => self.update_from(),
            27 => self.update_several(),
            28..=30 => self.delete(),
            31..=34 => self.transaction(),
            35..=37 => self.savepoint(),
            38 => self.create_index(),
            39 => self.drop(),
            40 if self.made.views.len() < 3 => self.create_view(),
            41 | 42 => self.create_trigger(),
            43 | 44 => self.alter(),
            45 => self.create_table_as(),
            46..=48 => self.setting(),
            49 if self.dice.roll(3) == 0 => self.drop_table(),
            50 if self.numbered => self.write_of_the_sequence(),
            51 if self.dice.roll(2) == 0 => self.keeping(),
            _ => self.write_of_a_view(),
        }
    }

    /// What changes how things are found and nothing else.
    fn keeping(&mut self) -> String {
        let name = self.table().name;
        match self.dice.roll(4) {
            0 => "ANALYZE".into(),
            1 | 2 => format!("ANALYZE {name}"),
            _ => format!("REINDEX {name}"),
        }
    }

    fn id(&mut self) -> String {
        self.dice.roll(12).to_string()
    }

    /// The names of the columns that a row is given, and its values.
    pub fn row(&mut self, columns: &[Column]) -> String {
        let values = columns.iter().map(|column| match column.name.as_str() {
            "id" if self.dice.roll(4) == 0 => "NULL".into(),
            "id" => self.id(),
            // Foreign keys and keys find each other among few values.
            _ if column.in_key && column.kind == Kind::Integer => self.id(),
            _ if self.flexible && self.dice.roll(8) == 0 => self.literal(Kind::Any),
            _ => self.literal(column.kind),
        });
        let values: Vec<String> = values.collect();
        format!("({})", values.join(", "))
    }

    pub fn targets(&mut self, table: &Table) -> (String, Vec<Column>) {
        let mut columns = table.given();
        let all = columns.len() == table.columns.len();
        if all && self.dice.roll(2) == 0 {
            return (table.name.clone(), columns);
        }
        columns.retain(|column| column.name == "id" || self.dice.roll(5) > 0);
        if self.dice.roll(3) == 0 {
            columns.reverse();
        }
        let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
        (format!("{}({})", table.name, names.join(", ")), columns)
    }

    fn insert(&mut self) -> String {
        let table = self.table();
        let (target, columns) = self.targets(&table);
        let rows: Vec<String> = (0..1 + self.dice.roll(3)).map(|_| self.row(&columns)).collect();
        let or = self.or();
        let returning = self.returning(&table);
        if self.dice.roll(30) == 0 {
            return format!("INSERT{or} INTO {} DEFAULT VALUES{returning}", table.name);
        }
        format!("INSERT{or} INTO {target} VALUES {}{returning}", rows.join(", "))
    }

    fn insert_rows_of_a_query(&mut self) -> String {
        let table = self.table();
        let (target, columns) = self.targets(&table);
        let (from, mut scope) = self.table_as("s");
        scope.queries = 1;
        let items: Vec<String> = columns
            .iter()
            .map(|column| match column.name.as_str() {
                "id" => format!("(s.id + {}) % 30", self.dice.roll(12)),
                _ => self.value(column.kind, &scope, 1),
            })
            .collect();
        let filter = self.condition(&scope, 1);
        let with = self.dice.pick(&["", "WITH w AS (SELECT 1 AS one) "]);
        let or = self.dice.pick(&["", " OR IGNORE", " OR REPLACE"]);
        let items = items.join(", ");
        let name = &table.name;
        let upsert = match (or, self.free_column(&table), self.dice.roll(3)) {
            ("", Some(free), 0) => {
                let free = &free.name;
                format!(" ON CONFLICT (id) DO UPDATE SET {free} = excluded.{free}")
            }
            ("", _, 1) => " ON CONFLICT DO NOTHING".into(),
            _ => String::new(),
        };
        format!(
            "{with}INSERT{or} INTO {target} SELECT {items} FROM {from} \
             WHERE {filter} AND (SELECT count(*) FROM {name}) < 40 ORDER BY s.id LIMIT 5{upsert}"
        )
    }

    pub fn returning(&mut self, table: &Table) -> String {
        if self.dice.roll(4) > 0 {
            return String::new();
        }
        let scope = self.columns_of(table).plain();
        match self.dice.roll(3) {
            0 => " RETURNING *".into(),
            1 => format!(" RETURNING id, {} AS made", self.value(Kind::Any, &scope, 1)),
            _ => " RETURNING id".into(),
        }
    }

    /// Not OR FAIL where AUTOINCREMENT counts: SQLite does not count what it leaves.
    fn or(&mut self) -> &'static str {
        match self.dice.pick(OR) {
            " OR FAIL" if self.numbered => " OR ABORT",
            or => or,
        }
    }

    /// A change of one row, also of its keys.
    fn update_one(&mut self) -> String {
        let table = self.table();
        let scope = self.columns_of(&table);
        let columns = table.given();
        let mut sets = Vec::new();
        for column in &columns {
            // What an UPDATE gives is never used again, either, where AUTOINCREMENT counts.
            let is_counted = table.is_numbered && column.name == "id";
            if self.dice.roll(2) == 0 && !is_counted {
                let value = match column.in_key {
                    true => self.id(),
                    false => self.value(column.kind, &scope, 1),
                };
                sets.push(format!("{} = {value}", column.name));
            }
        }
        if sets.is_empty() {
            sets.push("id = id".into());
        }
        let or = self.or();
        let returning = self.returning(&table);
        let (name, sets, id) = (&table.name, sets.join(", "), self.id());
        format!("UPDATE{or} {name} SET {sets} WHERE id = {id}{returning}")
    }

    /// A column that no key holds.
    pub fn free_column(&mut self, table: &Table) -> Option<Column> {
        let free: Vec<Column> = table.given().into_iter().filter(|c| !c.in_key).collect();
        (!free.is_empty()).then(|| free[self.dice.roll(free.len())].clone())
    }

    fn update_some(&mut self) -> String {
        let table = self.table();
        let scope = self.columns_of(&table);
        let Some(column) = self.free_column(&table) else { return self.delete() };
        let value = self.value(column.kind, &scope.plain(), 2);
        let (name, filter) = (&table.name, self.condition(&scope, 2));
        let behind = self.returning_or_limit(&table);
        format!("UPDATE {name} SET {} = {value} WHERE {filter}{behind}", column.name)
    }

    /// RETURNING, or how many rows are written in which order.
    fn returning_or_limit(&mut self, table: &Table) -> String {
        if self.dice.roll(4) > 0 {
            return self.returning(table);
        }
        let offset = self.dice.pick(&["", "", " OFFSET 1"]);
        match self.dice.roll(2) {
            0 => format!(" ORDER BY id LIMIT {}{offset}", self.dice.roll(4)),
            // The query that SQLite gets in its place would say which rows, and not in which order.
            _ => format!(" ORDER BY id DESC LIMIT 1{offset}"),
        }
    }

    fn update_from(&mut self) -> String {
        let (table, other) = (self.table(), self.table());
        let Some(column) = self.free_column(&table) else { return self.delete() };
        let Some(given) = self.free_column(&other) else { return self.delete() };
        let kind = if self.flexible { Kind::Any } else { given.kind };
        if kind != column.kind && column.kind != Kind::Any && !self.flexible {
            return self.delete();
        }
        let (name, to, of, shift) = (&table.name, &column.name, &given.name, self.dice.roll(3));
        let filter = self.condition(&self.columns_of(&table).plain(), 1);
        let returning = self.returning(&table);
        let (a, b) = (self.literal(column.kind), self.literal(column.kind));
        match self.dice.roll(3) {
            0 => format!(
                "UPDATE {name} AS u SET {to} = y.{of} FROM {other} y LEFT JOIN {name} z \
                 ON z.id = y.id + 1 WHERE y.id = u.id + {shift} AND coalesce(z.id, 0) <> 5",
                other = other.name
            ),
            1 => format!(
                "UPDATE {name} SET {to} = column2 FROM (VALUES (1, NULL), (2, {a}), (3, {b})) \
                 WHERE column1 = {name}.id - {shift} AND {filter}{returning}"
            ),
            _ => format!(
                "UPDATE {name} SET {to} = o.x FROM (SELECT id, {of} AS x FROM {}) o \
                 WHERE o.id = {name}.id + {shift}{returning}",
                other.name
            ),
        }
    }

    /// Columns that are given the row of a query.
    fn update_several(&mut self) -> String {
        let table = self.table();
        let free: Vec<Column> = table.given().into_iter().filter(|c| !c.in_key).collect();
        let [first, .., last] = free.as_slice() else { return self.delete() };
        let (from, mut inner) = self.table_as("s");
        inner.queries = 0;
        let (a, b) = (self.value(first.kind, &inner, 1), self.value(last.kind, &inner, 1));
        let (name, id) = (&table.name, self.id());
        let filter = self.condition(&self.columns_of(&table).plain(), 1);
        format!(
            "WITH w(one) AS (VALUES (1)) UPDATE {name} SET ({}, {}) = \
             (SELECT {a}, {b} FROM {from} WHERE s.id >= {id} ORDER BY s.id LIMIT 1) \
             WHERE {filter} AND EXISTS (SELECT * FROM w)",
            first.name, last.name
        )
    }

    pub fn delete(&mut self) -> String {
        let table = self.table();
        let scope = self.columns_of(&table);
        let behind = self.returning_or_limit(&table);
        let filter = match self.dice.roll(6) {
            0 | 1 => self.condition(&scope, 2),
            2 => {
                let (from, _) = self.table_as("s");
                format!("(id, 1) IN (SELECT s.id - 1, s.id = {} FROM {from})", self.id())
            }
            _ => format!("id = {}", self.id()),
        };
        let with = self.dice.pick(&["", "", "", "WITH w(one) AS (VALUES (1)) "]);
        let is_one = if with.is_empty() { "" } else { " AND 1 IN (SELECT one FROM w)" };
        format!("{with}DELETE FROM {} WHERE {filter}{is_one}{behind}", table.name)
    }

    /// What INSTEAD OF triggers do; without one, an error.
    fn write_of_a_view(&mut self) -> String {
        let Some(view) = self.made.views.last().cloned() else { return self.delete() };
        let (name, id, value) = (&view.name, self.id(), self.literal(Kind::Integer));
        let returning = if self.dice.roll(8) == 0 { " RETURNING id, w0" } else { "" };
        match self.dice.roll(3) {
            0 => format!("INSERT INTO {name}(w0, id) VALUES ({value}, {id}), (2, 3){returning}"),
            1 => format!("UPDATE {name} SET w0 = {value} WHERE id < {id}{returning}"),
            _ => format!("DELETE FROM {name} WHERE id = {id}{returning}"),
        }
    }

    /// What AUTOINCREMENT counts from.
    fn write_of_the_sequence(&mut self) -> String {
        let numbered = self.made.tables.iter().find(|table| table.is_numbered);
        let Some(name) = numbered.map(|table| table.name.clone()) else { return self.delete() };
        let number = self.dice.roll(20);
        match self.dice.roll(3) {
            0 => format!("DELETE FROM sqlite_sequence WHERE name = '{name}'"),
            _ => format!(
                "UPDATE sqlite_sequence SET seq = {number} WHERE name = '{name}' AND seq <> 0"
            ),
        }
    }
}

/// The statement as this SQLite takes it, which is built without ORDER BY and LIMIT of writes.
pub fn for_sqlite(sql: &str) -> Cow<'_, str> {
    let limited = || {
        let (head, order) = sql.rsplit_once(" ORDER BY id")?;
        let (verb, filter) = head.split_once(" WHERE ")?;
        let (_, target) = verb.split_once("DELETE FROM ").or_else(|| verb.split_once("UPDATE "))?;
        let name = target.split(' ').next()?;
        // An order within brackets is one of a query.
        (!order.contains(')')).then(|| {
            format!("{verb} WHERE id IN (SELECT id FROM {name} WHERE {filter} ORDER BY id{order})")
        })
    };
    limited().map_or(Cow::Borrowed(sql), Cow::Owned)
}

#[test]
fn a_limited_write_is_one_of_rows_that_a_query_finds() {
    let limited = "UPDATE t SET a = 1 WHERE b IN (SELECT c FROM u WHERE d) ORDER BY id LIMIT 2";
    let found = "UPDATE t SET a = 1 WHERE id IN \
                 (SELECT id FROM t WHERE b IN (SELECT c FROM u WHERE d) ORDER BY id LIMIT 2)";
    assert_eq!(for_sqlite(limited), found);
    assert_eq!(for_sqlite("DELETE FROM t WHERE a"), "DELETE FROM t WHERE a");
}
