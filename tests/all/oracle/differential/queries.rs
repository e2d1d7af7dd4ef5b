//! Queries of rows: joins, derived tables, `*`, orders and limits.
//!
//! Where a query's rows depend on an order, the keys of its tables make that order total.

use super::schema::Kind;
use super::{Query, Scope, ScriptGenerator};

impl ScriptGenerator {
    /// A query of tables and views.
    pub fn query(&mut self) -> Query {
        let (sql, width) = match self.dice.roll(18) {
            0 | 1 => self.compound(),
            2 | 3 => self.with_table(),
            4 => self.recursive(),
            5 => return self.series(),
            6 | 7 => self.windowed(),
            8 | 9 => self.grouped(),
            10 => self.least_and_greatest(),
            11 => self.ranked_groups(),
            12 => return self.rows_in_order(),
            13 => self.grouped_by_a_collation(),
            14 => return self.stars(),
            _ => self.rows(),
        };
        // Of texts that a collation takes for equal, any may come first.
        let ordered = !self.collated && self.dice.roll(2) == 0;
        if !ordered {
            return Query { sql, ordered };
        }
        let keys: Vec<String> = (1..=width)
            .map(|at| {
                format!(
                    "{at}{}",
                    self.dice.pick(&["", "", " DESC", " DESC NULLS FIRST", " NULLS LAST"])
                )
            })
            .collect();
        let limit = match self.dice.roll(3) {
            0 => format!(" LIMIT {}", self.dice.roll(6)),
            1 => format!(" LIMIT {} OFFSET {}", self.dice.roll(6), self.dice.roll(5)),
            _ => String::new(),
        };
        Query { sql: format!("{sql} ORDER BY {}{limit}", keys.join(", ")), ordered }
    }

    /// FROM with one to three sources, and what they name.
    pub fn from(&mut self) -> (String, Scope) {
        if self.dice.roll(8) == 0 {
            return self.joined_by_names();
        }
        let (mut sql, mut scope) = self.source("x");
        for alias in ["y", "z"].into_iter().take(self.dice.roll(3)) {
            if self.dice.roll(10) == 0 {
                let (more, named) = self.json_of(&scope, alias);
                sql += &format!("{} {more}", self.dice.pick(&[" JOIN", ",", " LEFT JOIN"]));
                scope.columns.extend(named.columns);
                scope.keys.extend(named.keys);
                continue;
            }
            let (more, named) = self.source(alias);
            let join = self.dice.pick(&[
                "JOIN",
                "JOIN",
                "LEFT JOIN",
                "LEFT JOIN",
                "RIGHT JOIN",
                "FULL JOIN",
                "CROSS JOIN",
                ",",
            ]);
            let left = scope.clone();
            scope.columns.extend(named.columns.iter().cloned());
            scope.keys.extend(named.keys.iter().cloned());
            let mut on_scope = scope.clone();
            on_scope.queries = on_scope.queries.min(1);
            let on = match (join, self.dice.roll(3)) {
                ("CROSS JOIN" | ",", _) => String::new(),
                (_, 0) => format!(" ON {}", self.condition(&on_scope, 1)),
                _ => {
                    let (a, b) =
                        (self.value(Kind::Integer, &left, 0), self.value(Kind::Integer, &named, 0));
                    format!(" ON {a} = {b}")
                }
            };
            sql += &format!(" {join} {more}{on}");
        }
        (sql, scope)
    }

    /// Tables and views that are joined by the columns they have in common; `id` is one.
    fn joined_by_names(&mut self) -> (String, Scope) {
        let (mut sql, mut scope) = self.table_as("x");
        for alias in ["y", "z"].into_iter().take(1 + self.dice.roll(2)) {
            let (more, named) = self.table_as(alias);
            let (natural, using) =
                *self.dice.pick(&[&("", " USING (id)"), &("", " USING (id)"), &("NATURAL ", "")]);
            let join = self.dice.pick(&["JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN"]);
            sql += &format!(" {natural}{join} {more}{using}");
            scope.columns.extend(named.columns);
            scope.keys.extend(named.keys);
        }
        scope.columns.push(("id".into(), Kind::Integer));
        (sql, scope)
    }

    /// A table, a view, or a derived table.
    pub fn source(&mut self, alias: &str) -> (String, Scope) {
        match self.dice.roll(12) {
            0..=7 => return self.table_as(alias),
            8 => return self.constant_source(alias),
            _ => {}
        }
        let (table, inner) = self.table_as("d");
        let (mut a, mut b) =
            (self.value(Kind::Integer, &inner, 2), self.value(Kind::Text, &inner, 1));
        let filter = self.condition(&inner.plain(), 1);
        let distinct = self.dice.pick(&["", "", "DISTINCT "]);
        let more = match self.dice.roll(5) {
            0 => format!(" ORDER BY d.id DESC LIMIT {}", self.dice.roll(6)),
            // Of texts that a collation takes for equal, UNION gives one of them.
            1 if !self.collated => format!(
                " UNION SELECT CAST(d.id + 100 AS INTEGER), d.id, CAST(NULL AS TEXT) FROM {table}"
            ),
            2 => format!(" UNION ALL VALUES {}", super::with::ROW),
            _ => String::new(),
        };
        if more.starts_with(" UNION") {
            (a, b) = super::with::cast(&a, &b);
        }
        let sql = format!(
            "(SELECT {distinct}d.id AS id, {a} AS e, {b} AS f FROM {table} WHERE {filter}{more}) {alias}"
        );
        let column = |name: &str, kind| (format!("{alias}.{name}"), kind);
        let columns =
            vec![column("id", Kind::Integer), column("e", Kind::Integer), column("f", Kind::Text)];
        (sql, Scope { columns, keys: vec![format!("{alias}.id")], queries: 2 })
    }

    pub fn filter(&mut self, scope: &Scope) -> String {
        match self.dice.roll(3) {
            0 => String::new(),
            _ => format!(" WHERE {}", self.condition(scope, 3)),
        }
    }

    pub fn items(&mut self, scope: &Scope) -> (String, usize) {
        let width = 1 + self.dice.roll(3);
        let items: Vec<String> = (0..width).map(|_| self.value(Kind::Any, scope, 2)).collect();
        (items.join(", "), width)
    }

    fn rows(&mut self) -> (String, usize) {
        let (from, scope) = self.from();
        let (items, width) = self.items(&scope);
        // Of texts that a collation takes for equal, DISTINCT gives one of them.
        let distinct = if self.collated { "" } else { self.dice.pick(&["", "", "", "DISTINCT "]) };
        // An ORDER BY behind VALUES is no SQL to SQLite.
        if self.dice.roll(12) == 0 {
            let (a, b) = (self.literal(Kind::Any), self.value(Kind::Any, &Scope::default(), 1));
            return (format!("SELECT * FROM (VALUES ({a}, {b}), (1, 'a'), (NULL, 0.5))"), 2);
        }
        (format!("SELECT {distinct}{items} FROM {from}{}", self.filter(&scope)), width)
    }

    /// Rows in the order of an expression, and of the keys behind it.
    fn rows_in_order(&mut self) -> Query {
        let (from, scope) = self.from();
        let (items, _) = self.items(&scope);
        let by = self.value(Kind::Text, &scope.plain(), 1);
        let by = match self.collated {
            true => format!("{by} COLLATE {}", self.dice.pick(&["NOCASE", "RTRIM", "BINARY"])),
            false => by,
        };
        let (filter, keys) = (self.filter(&scope), scope.keys.join(", "));
        let direction = self.dice.pick(&["", " DESC", " NULLS LAST", " DESC NULLS FIRST"]);
        let limit = match self.dice.roll(2) {
            0 => format!(" LIMIT {}", self.dice.roll(6)),
            _ => String::new(),
        };
        let sql = format!(
            "SELECT {items} FROM {from}{filter} ORDER BY coalesce({by}, ''){direction}, {keys}{limit}"
        );
        Query { sql, ordered: true }
    }

    /// All columns of tables, in no order: what they are by now only the tables know.
    fn stars(&mut self) -> Query {
        let (from, scope) = self.from();
        let one = scope.keys[self.dice.roll(scope.keys.len())].clone();
        let alias = one.split('.').next().unwrap_or_default();
        let items = match self.dice.roll(3) {
            // SQLite finds the columns of FULL and RIGHT JOIN … USING ambiguous.
            0 if !from.contains("FULL") && !from.contains("RIGHT") => "*".to_owned(),
            1 => format!("{alias}.*, {}", self.value(Kind::Any, &scope, 1)),
            _ => format!("{alias}.*"),
        };
        let sql = format!("SELECT {items} FROM {from}{}", self.filter(&scope));
        Query { sql, ordered: false }
    }
}
