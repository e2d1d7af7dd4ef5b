//! Conditions, and queries inside of expressions.

use super::schema::Kind;
use super::{Scope, ScriptGenerator};

impl ScriptGenerator {
    /// A condition on what a scope names.
    pub fn condition(&mut self, scope: &Scope, depth: usize) -> String {
        let below = depth.saturating_sub(1);
        let kind = self.any_kind();
        let other = if self.dice.roll(5) == 0 { Kind::Any } else { kind };
        let a = self.value(kind, scope, below);
        let not = self.dice.pick(&["", "", "NOT "]);
        match self.dice.roll(if depth == 0 { 10 } else { 19 }) {
            0..=2 => {
                let operator = self.dice.pick(&["=", "<>", "<", "<=", ">", ">=", "IS", "IS NOT"]);
                format!("({a} {operator} {})", self.value(other, scope, below))
            }
            3 => {
                let (low, high) = (self.value(other, scope, 0), self.value(kind, scope, 0));
                format!("({a} {not}BETWEEN {low} AND {high})")
            }
            4 => {
                let items: Vec<String> =
                    (0..=self.dice.roll(3)).map(|_| self.value(other, scope, 0)).collect();
                format!("({a} {not}IN ({}))", items.join(", "))
            }
            5 => match self.dice.roll(4) {
                0 => format!("({a} {})", self.dice.pick(&["ISNULL", "NOTNULL"])),
                1 => format!("({a} {not}IN ())"),
                _ => format!("({a} IS {not}NULL)"),
            },
            6 => {
                let text = self.value(Kind::Text, scope, below);
                let (like, pattern) = (
                    self.dice.pick(&["LIKE", "GLOB"]),
                    self.dice.pick(&[
                        "'a%'",
                        "'%b%'",
                        "'[ab]*'",
                        "'*7'",
                        "'_'",
                        "'%!%' ESCAPE '!'",
                    ]),
                );
                let like = if pattern.contains('!') { "LIKE" } else { like };
                format!("({text} {not}{like} {pattern})")
            }
            7 => format!("({a} IS {not}DISTINCT FROM {})", self.value(other, scope, 0)),
            8 => format!("({a} IS {not}{})", self.dice.pick(&["TRUE", "FALSE"])),
            9 if self.collated => {
                let text = self.value(Kind::Text, scope, below);
                let (by, operator) =
                    (self.dice.pick(&["NOCASE", "RTRIM"]), self.dice.pick(&["=", "<", ">="]));
                format!("({text} {operator} {} COLLATE {by})", self.leaf(Kind::Text, scope))
            }
            9..=11 if depth > 0 => {
                let (x, y) = (self.condition(scope, below), self.condition(scope, below));
                format!("({x} {} {y})", self.dice.pick(&["AND", "OR"]))
            }
            12 => format!("(NOT {})", self.condition(scope, below)),
            13 => {
                let (x, y) = (self.value(Kind::Integer, scope, 0), self.value(other, scope, 0));
                let (p, q) = (self.value(Kind::Integer, scope, 0), self.value(kind, scope, 0));
                format!("(({x}, {y}) {} ({p}, {q}))", self.dice.pick(&["=", "<", ">=", "IS"]))
            }
            14 => {
                let (x, y) = (self.leaf(Kind::Integer, scope), self.leaf(kind, scope));
                let (p, q) = (self.literal(Kind::Integer), self.literal(kind));
                match self.dice.roll(2) {
                    0 => format!("(({x}, {y}) {not}IN (VALUES ({p}, {q}), (1, 'a')))"),
                    _ => format!("(({x}, {y}) BETWEEN ({p}, {q}) AND (3, 'z'))"),
                }
            }
            _ if scope.queries > 0 => self.about_query(scope, &a, not),
            _ => format!("({a} = {})", self.value(kind, scope, 0)),
        }
    }

    /// EXISTS or IN over a query that may name what is around it.
    fn about_query(&mut self, scope: &Scope, a: &str, not: &str) -> String {
        let (table, inner, _) = self.inner(scope);
        let filter = self.condition(&inner, 1);
        let order = format!(" ORDER BY {} LIMIT {}", inner.keys.join(", "), self.dice.roll(4));
        match self.dice.roll(6) {
            0 => format!("({not}EXISTS (SELECT 1 FROM {table} WHERE {filter}))"),
            1 => format!("({not}EXISTS (SELECT 1 FROM {table} WHERE {filter} LIMIT 1 OFFSET 1))"),
            2 | 3 => {
                let kind = self.any_kind();
                let mut item = self.value(kind, &inner, 1);
                // Where SQLite finds the rows of `a` by an index, a collation that is said here counts for nothing.
                for said in [" COLLATE NOCASE", " COLLATE RTRIM", " COLLATE BINARY"] {
                    item = item.replace(said, "");
                }
                // SQLite compares with the column of the last query alone.
                let (before, more) = match self.dice.roll(4) {
                    0 if kind == Kind::Integer => {
                        (format!("VALUES ({}) UNION ALL ", self.small()), String::new())
                    }
                    1 => (String::new(), order),
                    _ => Default::default(),
                };
                format!("({a} {not}IN ({before}SELECT {item} FROM {table} WHERE {filter}{more}))")
            }
            4 => {
                let (x, y) = (self.leaf(Kind::Integer, scope), self.leaf(Kind::Any, scope));
                let (p, q) = (self.leaf(Kind::Integer, &inner), self.leaf(Kind::Any, &inner));
                let operator = self.dice.pick(&["=", "<", "IS NOT"]);
                format!(
                    "(({x}, {y}) {operator} (SELECT {p}, {q} FROM {table} WHERE {filter}{order}))"
                )
            }
            _ => {
                let (x, y) = (self.leaf(Kind::Integer, scope), self.leaf(Kind::Any, scope));
                let (p, q) = (self.leaf(Kind::Integer, &inner), self.leaf(Kind::Any, &inner));
                format!("(({x}, {y}) {not}IN (SELECT {p}, {q} FROM {table} WHERE {filter}))")
            }
        }
    }

    /// A query of one value, whatever the order of its rows.
    pub fn scalar_query(&mut self, kind: Kind, scope: &Scope) -> String {
        let (table, inner, own) = self.inner(scope);
        let filter = self.condition(&inner, 1);
        if self.dice.roll(4) == 0 {
            let (item, keys) = (self.value(kind, &inner, 1), inner.keys.join(", "));
            let offset = self.dice.pick(&["", " OFFSET 1"]);
            return format!(
                "(SELECT {item} FROM {table} WHERE {filter} ORDER BY {keys} LIMIT 1{offset})"
            );
        }
        // An aggregate of nothing but outer columns would be one of the query around, if they are no trigger's.
        let named = if scope.keys.is_empty() { &inner } else { &own };
        let item = self.value(kind, named, 1);
        let item = match (kind, self.dice.roll(3)) {
            (Kind::Integer, 0) => "count(*)".to_owned(),
            (Kind::Integer, 1) => format!("count(DISTINCT {item})"),
            // Of texts that a collation takes for equal, any may be the least.
            (Kind::Text | Kind::Any, _) if self.collated => format!("length(max({item}))"),
            _ => format!("{}({item})", self.dice.pick(&["max", "min"])),
        };
        format!("(SELECT {item} FROM {table} WHERE {filter})")
    }

    /// A table for a query inside, what it may name, and what of this is its own.
    fn inner(&mut self, scope: &Scope) -> (String, Scope, Scope) {
        let alias = format!("q{}", scope.queries);
        let (table, mut inner) = self.table_as(&alias);
        inner.queries = scope.queries - 1;
        let own = Scope { queries: 0, ..inner.clone() };
        if self.dice.roll(2) == 0 {
            inner.columns.extend(scope.columns.iter().cloned());
        }
        (table, inner, own)
    }
}
