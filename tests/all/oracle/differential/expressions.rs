//! Expressions of a kind, over the columns that a scope names.
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
                if self.dice.roll(12) == 0 {
                    return self.dice.pick(&["x''", "x'61'", "x'4142'"]).to_owned();
                }
                let kind = self.dice.pick(&[&Kind::Integer, &Kind::Real, &Kind::Text]).to_owned();
                self.literal(kind)
            }
        }
    }

    pub fn small(&mut self) -> i64 {
        i64::try_from(self.dice.roll(10)).expect("small") - 2
    }

    pub fn leaf(&mut self, kind: Kind, scope: &Scope) -> String {
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
        match self.dice.roll(21) {
            0 | 1 => {
                let b = self.value(Kind::Integer, scope, depth);
                format!("({a} {} {b})", self.dice.pick(&["+", "-"]))
            }
            2 => format!("({a} * {})", self.small()),
            3 => format!("({a} % {})", 2 + self.dice.roll(5)),
            4 => format!("({a} / {})", self.dice.pick(&["2", "4"])),
            5 => format!("({} {a})", self.dice.pick(&["-", "+", "~"])),
            6 => format!("{}({a})", self.dice.pick(&["abs", "sign", "likely"])),
            7 => format!("length({})", self.value(Kind::Text, scope, depth)),
            8 => {
                let text = self.value(Kind::Text, scope, depth);
                format!("instr({text}, {})", self.literal(Kind::Text))
            }
            9 => format!("CAST({} AS INTEGER)", self.value(Kind::Text, scope, depth)),
            10 => {
                format!("({a} {} {})", self.dice.pick(&["&", "|", "<<", ">>"]), self.dice.roll(8))
            }
            11 => format!("{}({a}, {})", self.dice.pick(&["max", "min"]), self.small()),
            12 => format!("({} + 0)", self.condition(scope, depth)),
            13 => format!("unicode({})", self.value(Kind::Text, scope, depth)),
            14 => {
                let text = self.value(Kind::Text, scope, depth);
                format!("json_array_length(json_array(quote({a}), '' || {text}))")
            }
            15 => {
                let b = self.small();
                format!("json_extract(json_object('k', quote({a}), 'l', {b}), '$.l')")
            }
            16..=18 => self.integer_call(scope, depth),
            _ => self.leaf(Kind::Integer, scope),
        }
    }

    fn real(&mut self, scope: &Scope, depth: usize) -> String {
        let a = self.value(Kind::Real, scope, depth);
        match self.dice.roll(10) {
            0 => format!("({a} + {})", self.value(Kind::Integer, scope, depth)),
            1 => format!("({a} - {})", self.value(Kind::Real, scope, depth)),
            2 => format!("({} * 0.5)", self.value(Kind::Integer, scope, depth)),
            3 => format!("abs({a})"),
            4 => format!("{}({a})", self.dice.pick(&["round", "likely"])),
            5 => format!("CAST({} AS REAL)", self.value(Kind::Text, scope, depth)),
            6 => format!("max({a}, {})", self.value(Kind::Integer, scope, depth)),
            7 | 8 => self.real_call(scope, depth),
            _ => self.leaf(Kind::Real, scope),
        }
    }

    fn text(&mut self, scope: &Scope, depth: usize) -> String {
        let a = self.value(Kind::Text, scope, depth);
        match self.dice.roll(19) {
            0 => format!("({a} || {})", self.value(Kind::Text, scope, depth)),
            1 => format!("({a} || {})", self.value(Kind::Integer, scope, depth)),
            2 => {
                let function =
                    self.dice.pick(&["upper", "lower", "trim", "hex", "ltrim", "rtrim", "quote"]);
                // Some digits with an E in them are a number beyond the largest real.
                let before = if function == "hex" { "'x' || " } else { "" };
                format!("({before}{function}({a}))")
            }
            3 => format!("substr({a}, {}, {})", self.small(), self.small()),
            4 => format!("replace({a}, {}, 'z')", self.literal(Kind::Text)),
            5 => format!("CAST({} AS TEXT)", self.value(Kind::Integer, scope, depth)),
            6 => format!("printf('%s-%d', {a}, {})", self.small()),
            7 => format!("trim({a}, {})", self.literal(Kind::Text)),
            8 if self.collated => {
                format!("({a} COLLATE {})", self.dice.pick(&["NOCASE", "RTRIM", "BINARY"]))
            }
            // No JSON comes into JSON through CAST or a generated column, which SQLite takes for JSON still.
            9 => format!("json_array('' || {a}, {})", self.leaf(Kind::Integer, scope)),
            10 => {
                let path = self.dice.pick(&["'k'", "'$.k'", "'$.l'"]);
                format!("(json_object('k', '' || {a}) ->> {path})")
            }
            11 => format!("concat_ws('/', {a}, {})", self.value(Kind::Integer, scope, depth)),
            12..=15 => self.text_call(scope, depth),
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
}
