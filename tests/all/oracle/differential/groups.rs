//! Groups and aggregates.

use super::schema::Kind;
use super::{Scope, ScriptGenerator};

impl ScriptGenerator {
    /// How many rows have texts that are alike, and the first of these; which that is of several tables depends on
    /// the order in which they are joined.
    pub fn grouped_by_a_collation(&mut self) -> (String, usize) {
        let is_shown = self.dice.roll(2) == 0;
        let (from, scope) = if is_shown { self.table_as("x") } else { self.from() };
        let key = self.value(Kind::Text, &scope.plain(), 1);
        let by = match self.collated {
            true => self.dice.pick(&[" COLLATE NOCASE", " COLLATE RTRIM", ""]),
            false => "",
        };
        let (filter, one) = (self.filter(&scope), self.aggregate(&scope));
        let shown = if is_shown { format!("{key}{by}, ") } else { String::new() };
        let sql = format!(
            "SELECT {shown}count(*), count(DISTINCT {key}{by}), {one} FROM {from}{filter} GROUP BY {key}{by}"
        );
        (sql, if is_shown { 4 } else { 3 })
    }

    pub fn aggregate(&mut self, scope: &Scope) -> String {
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

    pub fn grouped(&mut self) -> (String, usize) {
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

    /// The row that has the least or the greatest key of each group, and what stands in it.
    pub fn least_and_greatest(&mut self) -> (String, usize) {
        let is_one_group = self.dice.roll(3) == 0;
        let (from, scope) = match is_one_group {
            // Of no rows SQLite computes what a view gives of columns that are NULL.
            true => {
                let table = self.table();
                self.named_as(&table, "x")
            }
            false => self.table_as("x"),
        };
        let call = self.dice.pick(&["min", "max"]);
        let (a, b) = (self.value(Kind::Any, &scope.plain(), 1), self.leaf(Kind::Text, &scope));
        let filtered = format!(" FILTER (WHERE {})", self.condition(&scope.plain(), 1));
        let other = self.dice.pick(&["min", "max"]);
        let items = match self.dice.roll(4) {
            // Where one of two lets rows pass by, which of them says what counts depends on the order of rows.
            0 => vec![format!("{call}(x.id)"), format!("{other}(x.id){filtered}")],
            // Where it lets all pass by, any row counts.
            1 => {
                let some = format!("CASE WHEN count(x.id){filtered} > 0 THEN");
                let best = format!("{call}(x.id){filtered}");
                vec![best, format!("{some} {a} END"), format!("{some} {b} END")]
            }
            2 => vec![format!("{call}(x.id)"), a, b, format!("{other}(x.id)")],
            _ => vec![format!("{call}(x.id)"), a, b, "count(*)".into()],
        };
        let filter = self.filter(&scope);
        let group = match self.dice.roll(2) {
            _ if is_one_group => String::new(),
            0 => " GROUP BY x.id % 3".into(),
            _ => format!(" GROUP BY coalesce({}, 0)", self.value(Kind::Integer, &scope.plain(), 1)),
        };
        (format!("SELECT {} FROM {from}{filter}{group}", items.join(", ")), items.len())
    }

    /// Groups by the name of a column of the result or by its place, and windows over them.
    pub fn ranked_groups(&mut self) -> (String, usize) {
        let (from, scope) = self.from();
        let filter = self.filter(&scope);
        let key = self.value(Kind::Integer, &scope.plain(), 1);
        let one = self.aggregate(&scope);
        let by = self.dice.pick(&["k", "1"]);
        let having = match self.dice.roll(3) {
            0 => format!(" HAVING k {} {}", self.dice.pick(&["<", ">="]), self.small()),
            1 => " HAVING count(*) > 1".into(),
            _ => String::new(),
        };
        let window = self.dice.pick(&[
            "rank() OVER (ORDER BY count(*), coalesce(KEY, 0))",
            "sum(count(*)) OVER (ORDER BY coalesce(KEY, 0))",
            "row_number() OVER (ORDER BY coalesce(KEY, 0) DESC)",
            "max(count(*)) OVER ()",
        ]);
        let window = window.replace("KEY", &key);
        let sql = format!(
            "SELECT coalesce({key}, 0) AS k, {one}, {window} FROM {from}{filter} GROUP BY {by}{having}"
        );
        (sql, 3)
    }
}
