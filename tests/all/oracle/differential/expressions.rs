//! Expressions of a kind, over the columns that a scope names, with queries inside.
//!
//! Numbers stay small, and reals are quarters, so that their texts are the same on both sides and no
//! sum overflows.

use super::schema::Kind;
use super::{Scope, ScriptGenerator};

const TEXTS: &[&str] =
    &["'a'", "'A'", "'b '", "'b'", "''", "'7'", "'0.5'", "'ab%'", "'é'", "'x y'"];

const REALS: &[&str] = &["0.5", "-1.25", "2.75", "0.0", "3.5"];

impl ScriptGenerator {
    /// A literal of a kind, or NULL.
    pub fn literal(&mut self, kind: Kind) -> String {
        if self.dice.roll(8) == 0 {
            return "NULL".into();
        }
        match kind {
            Kind::Integer => self.small().to_string(),
            Kind::Real => self.dice.pick(REALS).into(),
            Kind::Text => self.dice.pick(TEXTS).into(),
            Kind::Any => {
                let kind = self.dice.pick(&[&Kind::Integer, &Kind::Real, &Kind::Text]).to_owned();
                self.literal(kind)
            }
        }
    }

    pub fn small(&mut self) -> i64 {
        i64::try_from(self.dice.roll(10)).expect("small") - 2
    }

    fn leaf(&mut self, kind: Kind, scope: &Scope) -> String {
        let fits = |column: &&(String, Kind)| kind == Kind::Any || column.1 == kind;
        let columns: Vec<&str> =
            scope.columns.iter().filter(fits).map(|column| column.0.as_str()).collect();
        match columns.is_empty() || self.dice.roll(4) == 0 {
            true => self.literal(kind),
            false => self.dice.pick(&columns).to_owned(),
        }
    }

    /// An expression of a kind.
    pub fn value(&mut self, kind: Kind, scope: &Scope, depth: usize) -> String {
        if depth == 0 {
            return self.leaf(kind, scope);
        }
        let below = depth - 1;
        if self.dice.roll(7) == 0 {
            return self.choice(kind, scope, below);
        }
        if self.dice.roll(9) == 0 && scope.queries > 0 {
            return self.scalar_query(kind, scope);
        }
        match kind {
            Kind::Integer => self.integer(scope, below),
            Kind::Real => self.real(scope, below),
            Kind::Text => self.text(scope, below),
            Kind::Any => {
                let kind = self.any_kind();
                self.value(kind, scope, depth)
            }
        }
    }

    pub fn any_kind(&mut self) -> Kind {
        *self.dice.pick(&[&Kind::Integer, &Kind::Integer, &Kind::Text, &Kind::Real])
    }

    fn integer(&mut self, scope: &Scope, depth: usize) -> String {
        let a = self.value(Kind::Integer, scope, depth);
        match self.dice.roll(14) {
            0 | 1 => {
                let b = self.value(Kind::Integer, scope, depth);
                format!("({a} {} {b})", self.dice.pick(&["+", "-"]))
            }
            2 => format!("({a} * {})", self.small()),
            3 => format!("({a} % {})", 2 + self.dice.roll(5)),
            4 => format!("({a} / {})", self.dice.pick(&["2", "4"])),
            5 => format!("(- {a})"),
            6 => format!("abs({a})"),
            7 => format!("length({})", self.value(Kind::Text, scope, depth)),
            8 => {
                let text = self.value(Kind::Text, scope, depth);
                format!("instr({text}, {})", self.literal(Kind::Text))
            }
            9 => format!("CAST({} AS INTEGER)", self.value(Kind::Text, scope, depth)),
            10 => format!("({a} & {})", self.dice.roll(8)),
            11 => format!("{}({a}, {})", self.dice.pick(&["max", "min"]), self.small()),
            12 => format!("({} + 0)", self.condition(scope, depth)),
            _ => self.leaf(Kind::Integer, scope),
        }
    }

    fn real(&mut self, scope: &Scope, depth: usize) -> String {
        let a = self.value(Kind::Real, scope, depth);
        match self.dice.roll(6) {
            0 => format!("({a} + {})", self.value(Kind::Integer, scope, depth)),
            1 => format!("({a} - {})", self.value(Kind::Real, scope, depth)),
            2 => format!("({} * 0.5)", self.value(Kind::Integer, scope, depth)),
            3 => format!("abs({a})"),
            4 => format!("round({a})"),
            _ => self.leaf(Kind::Real, scope),
        }
    }

    fn text(&mut self, scope: &Scope, depth: usize) -> String {
        let a = self.value(Kind::Text, scope, depth);
        match self.dice.roll(11) {
            0 => format!("({a} || {})", self.value(Kind::Text, scope, depth)),
            1 => format!("({a} || {})", self.value(Kind::Integer, scope, depth)),
            2 => format!("{}({a})", self.dice.pick(&["upper", "lower", "trim", "hex"])),
            3 => format!("substr({a}, {}, {})", self.small(), self.small()),
            4 => format!("replace({a}, {}, 'z')", self.literal(Kind::Text)),
            5 => format!("CAST({} AS TEXT)", self.value(Kind::Integer, scope, depth)),
            6 => format!("printf('%s-%d', {a}, {})", self.small()),
            7 => format!("quote({a})"),
            8 if self.collated => {
                format!("({a} COLLATE {})", self.dice.pick(&["NOCASE", "RTRIM", "BINARY"]))
            }
            _ => self.leaf(Kind::Text, scope),
        }
    }

    fn choice(&mut self, kind: Kind, scope: &Scope, depth: usize) -> String {
        let (a, b) = (self.value(kind, scope, depth), self.value(kind, scope, depth));
        match self.dice.roll(5) {
            0 => format!("coalesce({a}, {b})"),
            1 => format!("nullif({a}, {b})"),
            2 => format!("iif({}, {a}, {b})", self.condition(scope, depth)),
            3 => format!("CASE WHEN {} THEN {a} ELSE {b} END", self.condition(scope, depth)),
            _ => {
                let of = self.any_kind();
                let (x, y) = (self.value(of, scope, depth), self.value(of, scope, 0));
                format!("CASE {x} WHEN {y} THEN {a} END")
            }
        }
    }

    /// A condition on what a scope names.
    pub fn condition(&mut self, scope: &Scope, depth: usize) -> String {
        let below = depth.saturating_sub(1);
        let kind = self.any_kind();
        let other = if self.dice.roll(5) == 0 { Kind::Any } else { kind };
        let a = self.value(kind, scope, below);
        let not = self.dice.pick(&["", "", "NOT "]);
        match self.dice.roll(if depth == 0 { 8 } else { 14 }) {
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
            5 => format!("({a} IS {not}NULL)"),
            6 => {
                let text = self.value(Kind::Text, scope, below);
                let (like, pattern) = (
                    self.dice.pick(&["LIKE", "GLOB"]),
                    self.dice.pick(&["'a%'", "'%b%'", "'[ab]*'", "'*7'", "'_'"]),
                );
                format!("({text} {not}{like} {pattern})")
            }
            7 => format!("({a} IS DISTINCT FROM {})", self.value(other, scope, 0)),
            8 | 9 => {
                let (x, y) = (self.condition(scope, below), self.condition(scope, below));
                format!("({x} {} {y})", self.dice.pick(&["AND", "OR"]))
            }
            10 => format!("(NOT {})", self.condition(scope, below)),
            11 => {
                let (x, y) = (self.value(Kind::Integer, scope, 0), self.value(other, scope, 0));
                let (p, q) = (self.value(Kind::Integer, scope, 0), self.value(kind, scope, 0));
                format!("(({x}, {y}) {} ({p}, {q}))", self.dice.pick(&["=", "<", ">=", "IS"]))
            }
            _ if scope.queries > 0 => self.about_query(scope, &a, not),
            _ => format!("({a} = {})", self.value(kind, scope, 0)),
        }
    }

    /// EXISTS or IN over a query that may name what is around it.
    fn about_query(&mut self, scope: &Scope, a: &str, not: &str) -> String {
        let (table, inner, _) = self.inner(scope);
        let filter = self.condition(&inner, 1);
        match self.dice.roll(3) {
            0 => format!("({not}EXISTS (SELECT 1 FROM {table} WHERE {filter}))"),
            1 => {
                let kind = self.any_kind();
                let item = self.value(kind, &inner, 1);
                format!("({a} {not}IN (SELECT {item} FROM {table} WHERE {filter}))")
            }
            _ => {
                let (x, y) = (self.leaf(Kind::Integer, scope), self.leaf(Kind::Any, scope));
                let (p, q) = (self.leaf(Kind::Integer, &inner), self.leaf(Kind::Any, &inner));
                format!("(({x}, {y}) {not}IN (SELECT {p}, {q} FROM {table} WHERE {filter}))")
            }
        }
    }

    /// A query of one value, whatever the order of its rows.
    fn scalar_query(&mut self, kind: Kind, scope: &Scope) -> String {
        let (table, inner, own) = self.inner(scope);
        let filter = self.condition(&inner, 1);
        // An aggregate of nothing but outer columns would be one of the query around.
        let item = self.value(kind, &own, 1);
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
