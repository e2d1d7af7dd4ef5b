//! Compounds, WITH and recursion.

use super::schema::Kind;
use super::{Query, ScriptGenerator};

/// A row of a derived table.
pub const ROW: &str = "(CAST(100 AS INTEGER), CAST(7 AS INTEGER), CAST('v' AS TEXT))";

/// An integer and a text of a compound. SQLite may ask a condition on the compound's columns in each of its
/// queries, and they have one affinity in all of them.
pub fn cast(integer: &str, text: &str) -> (String, String) {
    (format!("CAST({integer} AS INTEGER)"), format!("CAST({text} AS TEXT)"))
}

impl ScriptGenerator {
    /// One side of a compound: `width` columns of the same kinds.
    fn side(&mut self, kinds: &[Kind]) -> String {
        let (from, scope) = self.source("x");
        let items: Vec<String> = kinds.iter().map(|kind| self.value(*kind, &scope, 1)).collect();
        format!("SELECT {} FROM {from}{}", items.join(", "), self.filter(&scope))
    }

    pub fn compound(&mut self) -> (String, usize) {
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

    pub fn with_table(&mut self) -> (String, usize) {
        let (from, inner) = self.from();
        let (mut a, mut b) =
            (self.value(Kind::Integer, &inner, 2), self.value(Kind::Text, &inner, 1));
        let filter = self.filter(&inner);
        let materialized = self.dice.pick(&["", "", "MATERIALIZED ", "NOT MATERIALIZED "]);
        let mut more = String::new();
        if self.dice.roll(3) == 0 {
            let ((one, v), (two, null)) = (cast("1", "'v'"), cast("2", "NULL"));
            more = format!(" UNION ALL VALUES ({one}, {v}), ({two}, {null})");
            (a, b) = cast(&a, &b);
        }
        // Another that reads it, and stands in its place.
        let (second, w) = match self.dice.roll(3) {
            0 => (", u AS (SELECT m, n FROM w WHERE m IN (SELECT m + 1 FROM w))", "u w"),
            _ => ("", "w"),
        };
        let (table, mut scope) = self.table_as("x");
        scope.columns.extend([("w.m".into(), Kind::Integer), ("w.n".into(), Kind::Text)]);
        let (items, width) = self.items(&scope);
        let join = self.dice.pick(&["JOIN", "LEFT JOIN", "FULL JOIN"]);
        let outer = self.filter(&scope);
        (
            format!(
                "WITH w(m, n) AS {materialized}(SELECT {a}, {b} FROM {from}{filter}{more}){second} \
                 SELECT {items} FROM {table} {join} {w} ON w.m = x.id{outer}"
            ),
            width,
        )
    }

    /// Walks from rows to rows; the depth is bounded and rows come once.
    pub fn recursive(&mut self) -> (String, usize) {
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

    /// Numbers that come one from another, from which tables are looked at.
    pub fn series(&mut self) -> Query {
        let (table, mut scope) = self.table_as("x");
        scope.columns.push(("c.n".into(), Kind::Integer));
        let (from, step, to) = (self.small(), 1 + self.dice.roll(3), self.dice.roll(12));
        // The rows that wait come in an order, the greatest or the least first.
        let (more, queue) = *self.dice.pick(&[
            &("", ""),
            &(" UNION SELECT n + 3 FROM c WHERE n < 4", " ORDER BY 1"),
            &(" UNION SELECT n * 2 FROM c WHERE n BETWEEN 1 AND 5", " ORDER BY 1 DESC"),
        ]);
        let limit = match self.dice.roll(3) {
            0 => format!(" LIMIT {}", self.dice.roll(8)),
            _ => String::new(),
        };
        let a = self.value(Kind::Any, &scope.plain(), 1);
        let filter = self.filter(&scope);
        let join = self.dice.pick(&["JOIN", "LEFT JOIN"]);
        let sql = format!(
            "WITH RECURSIVE c(n) AS (VALUES ({from}) UNION SELECT n + {step} FROM c \
             WHERE n < {to}{more}{queue}{limit}) \
             SELECT c.n, {a} FROM c {join} {table} ON x.id = c.n{filter} ORDER BY c.n, x.id"
        );
        Query { sql, ordered: true }
    }
}
