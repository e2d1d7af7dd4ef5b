//! Queries: joins, groups, compounds, WITH and WITH RECURSIVE, in each other.
//!
//! Where a query's rows depend on an order, the keys of its tables make that order total.

use super::schema::Kind;
use super::{Query, Scope, ScriptGenerator};

impl ScriptGenerator {
    /// A query of tables and views.
    pub fn query(&mut self) -> Query {
        let (sql, width) = match self.dice.roll(12) {
            0 => self.compound(),
            1 => self.with_table(),
            2 => self.recursive(),
            3 | 4 => self.windowed(),
            5 | 6 => self.grouped(),
            7 => return self.rows_in_order(),
            8 => self.grouped_by_a_collation(),
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

    /// A table, a view, or a derived table.
    fn source(&mut self, alias: &str) -> (String, Scope) {
        match self.dice.roll(12) {
            0..=7 => return self.table_as(alias),
            8 => return self.constant_source(alias),
            _ => {}
        }
        let (table, inner) = self.table_as("d");
        let (a, b) = (self.value(Kind::Integer, &inner, 2), self.value(Kind::Text, &inner, 1));
        let filter = self.condition(&inner.plain(), 1);
        let distinct = self.dice.pick(&["", "", "DISTINCT "]);
        let sql = format!(
            "(SELECT {distinct}d.id AS id, {a} AS e, {b} AS f FROM {table} WHERE {filter}) {alias}"
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

    fn items(&mut self, scope: &Scope) -> (String, usize) {
        let width = 1 + self.dice.roll(3);
        let items: Vec<String> = (0..width).map(|_| self.value(Kind::Any, scope, 2)).collect();
        (items.join(", "), width)
    }

    fn rows(&mut self) -> (String, usize) {
        let (from, scope) = self.from();
        let (items, width) = self.items(&scope);
        // Of texts that a collation takes for equal, DISTINCT gives one of them.
        let distinct = if self.collated { "" } else { self.dice.pick(&["", "", "", "DISTINCT "]) };
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

    /// How many rows have texts that are alike; which of them stands for all is nobody's business.
    fn grouped_by_a_collation(&mut self) -> (String, usize) {
        let (from, scope) = self.from();
        let key = self.value(Kind::Text, &scope.plain(), 1);
        let by = match self.collated {
            true => self.dice.pick(&[" COLLATE NOCASE", " COLLATE RTRIM", ""]),
            false => "",
        };
        let (filter, one) = (self.filter(&scope), self.aggregate(&scope));
        let sql = format!(
            "SELECT count(*), count(DISTINCT {key}{by}), {one} FROM {from}{filter} GROUP BY {key}{by}"
        );
        (sql, 3)
    }

    fn aggregate(&mut self, scope: &Scope) -> String {
        let filter = match self.dice.roll(5) {
            0 => format!(" FILTER (WHERE {})", self.condition(&scope.plain(), 1)),
            _ => String::new(),
        };
        let plain = scope.plain();
        let number = self.value(Kind::Integer, &plain, 1);
        let keys = scope.keys.join(", ");
        let call = match self.dice.roll(11) {
            0 => "count(*)".to_owned(),
            1 => format!("count({})", self.value(Kind::Any, &plain, 1)),
            2 => format!("count(DISTINCT {number})"),
            3 => format!("sum({number})"),
            4 => format!("total({})", self.value(Kind::Real, &plain, 1)),
            5 => format!("avg({number})"),
            6 => {
                format!("group_concat({}, '-' ORDER BY {keys})", self.value(Kind::Text, &plain, 1))
            }
            7 => format!("sum(DISTINCT {number})"),
            8 => format!("json_group_array(quote({number}) ORDER BY {keys})"),
            9 => format!(
                "string_agg(CAST({number} AS TEXT), ',' ORDER BY {} DESC, {keys})",
                self.value(Kind::Integer, &plain, 0)
            ),
            _ => format!("{}({number})", self.dice.pick(&["min", "max"])),
        };
        call + &filter
    }

    fn grouped(&mut self) -> (String, usize) {
        let (from, scope) = self.from();
        let filter = self.filter(&scope);
        let (one, two) = (self.aggregate(&scope), self.aggregate(&scope));
        if self.dice.roll(4) == 0 {
            return (format!("SELECT {one}, {two} FROM {from}{filter}"), 2);
        }
        let key = self.value(Kind::Integer, &scope.plain(), 1);
        let key = format!("coalesce({key}, 0)");
        let having = match self.dice.roll(3) {
            0 => {
                format!(" HAVING {one} {} {}", self.dice.pick(&["<", ">=", "IS NOT"]), self.small())
            }
            _ => String::new(),
        };
        (format!("SELECT {key}, {one}, {two} FROM {from}{filter} GROUP BY {key}{having}"), 3)
    }

    /// One side of a compound: `width` columns of the same kinds.
    fn side(&mut self, kinds: &[Kind]) -> String {
        let (from, scope) = self.source("x");
        let items: Vec<String> = kinds.iter().map(|kind| self.value(*kind, &scope, 1)).collect();
        format!("SELECT {} FROM {from}{}", items.join(", "), self.filter(&scope))
    }

    fn compound(&mut self) -> (String, usize) {
        let kinds: Vec<Kind> = (0..1 + self.dice.roll(3)).map(|_| self.any_kind()).collect();
        let mut sql = self.side(&kinds);
        for _ in 0..1 + self.dice.roll(2) {
            let sets = if self.collated {
                ["UNION ALL"; 4]
            } else {
                ["UNION", "UNION ALL", "INTERSECT", "EXCEPT"]
            };
            sql += &format!(" {} {}", self.dice.pick(&sets), self.side(&kinds));
        }
        (sql, kinds.len())
    }

    fn with_table(&mut self) -> (String, usize) {
        let (from, inner) = self.from();
        let (a, b) = (self.value(Kind::Integer, &inner, 2), self.value(Kind::Text, &inner, 1));
        let filter = self.filter(&inner);
        let materialized = self.dice.pick(&["", "", "MATERIALIZED ", "NOT MATERIALIZED "]);
        let (table, mut scope) = self.table_as("x");
        scope.columns.extend([("w.m".into(), Kind::Integer), ("w.n".into(), Kind::Text)]);
        let (items, width) = self.items(&scope);
        let join = self.dice.pick(&["JOIN", "LEFT JOIN", "FULL JOIN"]);
        let outer = self.filter(&scope);
        (
            format!(
                "WITH w(m, n) AS {materialized}(SELECT {a}, {b} FROM {from}{filter}) SELECT {items} FROM {table} {join} w ON w.m = x.id{outer}"
            ),
            width,
        )
    }

    /// Walks from rows to rows; the depth is bounded and rows come once.
    fn recursive(&mut self) -> (String, usize) {
        let (start, scope) = self.table_as("x");
        let (step, mut stepped) = self.table_as("y");
        let filter = self.condition(&scope.plain(), 1);
        stepped.columns.push(("r.k".into(), Kind::Integer));
        stepped.queries = 0;
        let next = self.value(Kind::Integer, &stepped, 1);
        let link = self.value(Kind::Integer, &stepped, 0);
        let union = self.dice.pick(&["UNION", "UNION", "UNION ALL"]);
        let deep = if union == "UNION" { 4 } else { 2 };
        (
            format!(
                "WITH RECURSIVE r(k, n) AS (SELECT x.id, 0 FROM {start} WHERE {filter} {union} SELECT {next}, n + 1 FROM r JOIN {step} ON {link} = r.k WHERE n < {deep}) SELECT k, n, count(*) FROM r GROUP BY k, n"
            ),
            3,
        )
    }
}
