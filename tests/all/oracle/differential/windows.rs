//! Window functions.
//!
//! What depends on which of several equal rows comes first is asked of an order that is total.

use super::schema::Kind;
use super::{Scope, ScriptGenerator};

impl ScriptGenerator {
    /// A query with two window functions.
    pub fn windowed(&mut self) -> (String, usize) {
        let (from, scope) = self.from();
        let plain = scope.plain();
        let partition = match self.dice.roll(3) {
            0 => String::new(),
            _ => format!("PARTITION BY {} ", self.value(Kind::Integer, &plain, 0)),
        };
        let (order, frame, call) = match self.dice.roll(3) {
            0 => self.over_peers(&plain),
            _ => self.over_rows(&plain),
        };
        let keys = scope.keys.join(", ");
        let place = self.dice.pick(&[
            "row_number()",
            "rank()",
            "dense_rank()",
            "ntile(3)",
            "percent_rank()",
            "cume_dist()",
        ]);
        let by = self.value(Kind::Integer, &plain, 1);
        let total = format!("{partition}ORDER BY coalesce({by}, 0), {keys}");
        let (filter, width) = (self.filter(&scope), scope.keys.len() + 2);
        let (first, second, named) = match self.dice.roll(3) {
            0 => (
                "w".to_owned(),
                "v".to_owned(),
                format!(" WINDOW w AS ({partition}{order}{frame}), v AS ({total})"),
            ),
            1 => (
                format!("(w {order}{frame})"),
                format!("({total})"),
                format!(" WINDOW w AS ({partition})"),
            ),
            _ => (format!("({partition}{order}{frame})"), format!("({total})"), String::new()),
        };
        let sql = format!(
            "SELECT {keys}, {call} OVER {first}, {place} OVER {second} FROM {from}{filter}{named}"
        );
        (sql, width)
    }

    /// A total order, a frame of any unit but RANGE with numbers, and a function.
    fn over_rows(&mut self, scope: &Scope) -> (String, String, String) {
        let by = self.value(Kind::Integer, scope, 1);
        let direction = self.dice.pick(&["", "", " DESC", " NULLS LAST"]);
        let order = format!("ORDER BY coalesce({by}, 0){direction}, {}", scope.keys.join(", "));
        let unit = self.dice.pick(&["ROWS", "ROWS", "GROUPS"]);
        let frame = match self.dice.roll(3) {
            0 => String::new(),
            _ => self.frame(unit),
        };
        let number = self.value(Kind::Integer, scope, 1);
        let call = match self.dice.roll(5) {
            0 => format!("nth_value({number}, 2)"),
            1 => format!("{}({number})", self.dice.pick(&["first_value", "last_value"])),
            2 => format!("{}({number}, 2, -9)", self.dice.pick(&["lag", "lead"])),
            3 => format!("group_concat(CAST({number} AS TEXT), '.')"),
            _ => self.summary(&number, scope),
        };
        (order, frame, call)
    }

    /// An order with equal rows, of which a frame has all or none, and a function that asks no order.
    fn over_peers(&mut self, scope: &Scope) -> (String, String, String) {
        let key = &scope.keys[0];
        let order = format!("ORDER BY coalesce({key}, 0) % 4{}", self.dice.pick(&["", " DESC"]));
        let unit = self.dice.pick(&["RANGE", "RANGE", "GROUPS"]);
        let frame = self.frame(unit).replace("EXCLUDE CURRENT ROW", "EXCLUDE GROUP");
        let number = self.value(Kind::Integer, scope, 1);
        (order, frame, self.summary(&number, scope))
    }

    fn summary(&mut self, number: &str, scope: &Scope) -> String {
        let call = self.dice.pick(&["sum", "count", "min", "max", "avg", "total"]);
        let filter = match self.dice.roll(4) {
            0 => format!(" FILTER (WHERE {})", self.condition(scope, 1)),
            _ => String::new(),
        };
        format!("{call}({number}){filter}")
    }

    fn frame(&mut self, unit: &str) -> String {
        let (from, to) = match self.dice.roll(7) {
            0 => ("UNBOUNDED PRECEDING", "CURRENT ROW"),
            1 => ("2 PRECEDING", "1 FOLLOWING"),
            2 => ("CURRENT ROW", "UNBOUNDED FOLLOWING"),
            3 => ("UNBOUNDED PRECEDING", "UNBOUNDED FOLLOWING"),
            4 => ("3 PRECEDING", "1 PRECEDING"),
            5 => ("1 FOLLOWING", "2 FOLLOWING"),
            _ => ("1 PRECEDING", "CURRENT ROW"),
        };
        let exclude = self.dice.pick(&[
            "",
            "",
            " EXCLUDE NO OTHERS",
            " EXCLUDE CURRENT ROW",
            " EXCLUDE GROUP",
            " EXCLUDE TIES",
        ]);
        if self.dice.roll(6) == 0 {
            return format!(" {unit} 1 PRECEDING{exclude}");
        }
        format!(" {unit} BETWEEN {from} AND {to}{exclude}")
    }
}
