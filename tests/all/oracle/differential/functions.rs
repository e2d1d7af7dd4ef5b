//! Calls of functions: days and moments, formats, JSON, bytes.
//!
//! What is no number is given as a number's text would be, so that FLEXIBLE columns may hold anything.

use super::schema::Kind;
use super::{Scope, ScriptGenerator};

impl ScriptGenerator {
    /// A call that gives an integer.
    pub fn integer_call(&mut self, scope: &Scope, depth: usize) -> String {
        let a = self.value(Kind::Integer, scope, depth);
        let text = self.value(Kind::Text, scope, 0);
        match self.dice.roll(12) {
            0 => format!("octet_length({text})"),
            1 => format!("CAST(strftime('%j', {}) AS INTEGER)", moment(&a)),
            2 => format!("(unixepoch({}) % 1000)", moment(&a)),
            3 => format!("length(zeroblob(abs({a}) % 4))"),
            4 => format!("ifnull({a}, {})", self.small()),
            // In a strict session these are BOOLEAN, which JSON shows.
            5 => format!("(json_valid({text}) + 0)"),
            6 => format!("({}({text}, {}) + 0)", self.dice.pick(&["like", "glob"]), "'ab*'"),
            7 => format!("max({a}, {}, {})", self.small(), self.leaf(Kind::Integer, scope)),
            8 => {
                let path = self.dice.pick(&["$[0]", "$[1].a", "$.b", "$.a"]);
                format!("json_array_length({}, '{path}')", self.json(scope))
            }
            9 => format!("json_array_length({})", self.json(scope)),
            10 => format!("if({}, {a})", self.condition(&scope.plain(), 0)),
            _ => format!("instr(hex({text}), {})", self.dice.pick(&["'6'", "'41'"])),
        }
    }

    /// A call that gives a real.
    pub fn real_call(&mut self, scope: &Scope, depth: usize) -> String {
        let a = self.value(Kind::Real, scope, depth);
        match self.dice.roll(6) {
            0 => format!("round({a}, {})", self.dice.roll(3)),
            1 => {
                let number = self.value(Kind::Integer, scope, 0);
                format!("round(julianday({}) - 2461000.5, 2)", moment(&number))
            }
            2 => format!("ifnull({a}, {})", self.literal(Kind::Real)),
            3 => format!("min({a}, {}, 2.5)", self.leaf(Kind::Real, scope)),
            4 => format!("({a} / {})", self.dice.pick(&["2", "0", "-4.0"])),
            _ => format!("unlikely({a})"),
        }
    }

    /// A call that gives a text.
    pub fn text_call(&mut self, scope: &Scope, depth: usize) -> String {
        let a = self.value(Kind::Text, scope, depth);
        let number = self.value(Kind::Integer, scope, 0);
        match self.dice.roll(14) {
            0 => {
                let real = self.value(Kind::Real, scope, 0);
                // Without the `!` SQLite cuts bytes, and characters in two.
                let form =
                    self.dice.pick(&["%.2f|%s", "%8.1f|%-6s|", "%+.3f%%%!.2s", "%07.2f %5s"]);
                format!("format('{form}', {real}, {a})")
            }
            1 => {
                let form =
                    self.dice.pick(&["%5d|%q", "%-4d%Q", "%04d %w", "%+d%c", "%x %s", "%,d%s"]);
                // Of no character %c makes NUL, at which texts end in functions of SQLite.
                let a = if form.ends_with("%c") { format!("coalesce({a} || 'c', 'c')") } else { a };
                format!("printf('{form}', {number}, {a})")
            }
            2 => format!("char(97 + ifnull(abs(CAST({number} AS INTEGER)) % 20, 0), 65)"),
            3 => {
                let function = self.dice.pick(&["date", "datetime", "time"]);
                format!("{function}({})", moment(&number))
            }
            4 => {
                let form = self.dice.pick(&["%Y-%m-%d %W", "%j %w %u", "%H:%M:%S", "%d.%m. %G-%V"]);
                format!("strftime('{form}', {})", moment(&number))
            }
            5 => format!("substr({a}, {})", self.small()),
            6 => format!("concat({a}, {number}, 'z')"),
            7 => self.changed_json(scope),
            8 => {
                let path = self.dice.pick(&["", ", '$[0]'", ", '$.a'", ", '$[9]'"]);
                format!("json_type({}{path})", self.json(scope))
            }
            9 => format!("json_quote('' || {a})"),
            10 => format!("CAST(unhex(hex('' || {a})) AS TEXT)"),
            11 => format!("ifnull({a}, {})", self.literal(Kind::Text)),
            12 if self.flexible => format!("typeof({})", self.leaf(Kind::Any, scope)),
            13 => format!("iif({}, {a})", self.condition(&scope.plain(), 0)),
            _ => format!("quote({a})"),
        }
    }

    /// An array or an object.
    fn json(&mut self, scope: &Scope) -> String {
        let number = format!("quote({})", self.value(Kind::Integer, scope, 0));
        let text = format!("'' || {}", self.leaf(Kind::Text, scope));
        match self.dice.roll(4) {
            0 => format!("json_array({number}, {text}, 1)"),
            1 => format!("json_object('a', {number}, 'b', json_array({text}))"),
            2 => format!("json_object('a', json_object('c', {text}), 'd', 2.5)"),
            _ => "json('[1, {\"a\": [2, null]}]')".into(),
        }
    }

    /// JSON in which something was put, replaced or left out.
    fn changed_json(&mut self, scope: &Scope) -> String {
        let json = self.json(scope);
        let path = self.dice.pick(&["$.a", "$[0]", "$[#]", "$[#-1]", "$.b[0]", "$.x"]);
        let value = self.dice.pick(&["7", "'t'", "NULL", "json('{\"k\":1}')"]);
        match self.dice.roll(5) {
            0 => format!("json_set({json}, '{path}', {value})"),
            1 => format!("json_insert({json}, '{path}', {value})"),
            2 => format!("json_replace({json}, '{path}', {value})"),
            3 => format!("json_remove({json}, '{path}')"),
            _ => format!("json_patch({json}, '{{\"a\":null,\"z\":[1]}}')"),
        }
    }
}

/// A moment some days from another, and what it is changed by.
fn moment(number: &str) -> String {
    format!("'2026-01-30 21:05', (CAST({number} AS INTEGER) % 50) || ' days', '+1 month'")
}
