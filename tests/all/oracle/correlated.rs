//! Queries about the row around them: EXISTS, IN and aggregates, and their opposites, over few values
//! and many NULLs, alone, one inside of the other, and beside joins. Each is asked of both, as a join
//! where the plan makes one of it, and as it is written.

use super::{assert_no_difference, both_ways, cases};
use crate::random::Dice;

/// How many queries are compared; twenty times as many with `ASOF_EXHAUSTIVE`.
const QUERIES: u64 = 1_500;

fn data() -> Vec<String> {
    let mut dice = Dice::of(11);
    let mut all: Vec<String> = [
        "CREATE TABLE a(x INTEGER, y INTEGER, s TEXT)",
        "CREATE TABLE b(x INTEGER, y INTEGER, s TEXT)",
        "CREATE TABLE c(id INTEGER PRIMARY KEY, x INTEGER, y INTEGER)",
        "CREATE TABLE d(x INTEGER, y INTEGER)",
    ]
    .map(String::from)
    .into();
    let mut number =
        |most: usize| if dice.roll(5) == 0 { "NULL".into() } else { dice.roll(most).to_string() };
    for row in 0..30 {
        all.push(format!("INSERT INTO a VALUES ({}, {}, '{}')", number(9), number(4), row % 7));
        all.push(format!("INSERT INTO b VALUES ({}, {}, '{}')", number(12), number(4), row % 5));
        all.push(format!("INSERT INTO c VALUES ({row}, {}, {})", number(9), number(4)));
    }
    // No row of it has y = 1, and for some x there is none but a NULL.
    for row in 0..12 {
        let y = if row % 4 == 1 { "NULL".into() } else { number(1) };
        all.push(format!("INSERT INTO d VALUES ({}, {y})", row % 8));
    }
    all
}

struct Generator(Dice);

impl Generator {
    fn number(&mut self) -> String {
        self.0.roll(6).to_string()
    }

    /// A comparison of a column of the table around with one of `table`.
    fn pair(&mut self, outer: &str, table: &str) -> String {
        let (a, b) = (self.0.pick(&["x", "y"]), self.0.pick(&["x", "y"]));
        let equal = match self.0.roll(6) {
            0 => format!("{table}.{a} < {outer}.{b}"),
            1 => format!("{table}.{a} = {outer}.{b} + 1"),
            2 => format!("{outer}.{b} = {table}.{a}"),
            _ => format!("{table}.{a} = {outer}.{b}"),
        };
        match self.0.roll(6) {
            0 => format!("{equal} AND {table}.x = {outer}.x"),
            1 => format!("{equal} AND ({table}.y <> {outer}.y OR {outer}.y IS NULL)"),
            _ => equal,
        }
    }

    fn table(&mut self) -> &'static str {
        self.0.pick(&["b", "c", "d"])
    }

    /// FROM and WHERE of a query about a row of `outer`.
    fn rows(&mut self, outer: &str, depth: usize) -> (String, &'static str) {
        let table = self.table();
        let name = if depth == 0 { "p" } else { "q" };
        let mut sql = format!(" FROM {table} {name} WHERE {}", self.pair(outer, name));
        if self.0.roll(3) == 0 {
            sql += &format!(" AND {name}.y > {}", self.0.roll(3));
        }
        if depth == 0 && self.0.roll(4) == 0 {
            sql += &format!(" AND {}", self.condition(name, 1));
        }
        (sql, name)
    }

    fn condition(&mut self, outer: &str, depth: usize) -> String {
        let (rows, name) = self.rows(outer, depth);
        let not = self.0.pick(&["", "NOT "]);
        match self.0.roll(8) {
            0..=2 => format!("{not}EXISTS (SELECT {}{rows})", self.0.pick(&["1", "*", "y + 1"])),
            3 | 4 => format!("{outer}.y {not}IN (SELECT {name}.y{rows})"),
            5 => format!("{outer}.x + 1 {not}IN (SELECT DISTINCT {name}.x{rows} ORDER BY 1)"),
            6 => format!("({outer}.x, {outer}.y) {not}IN (SELECT {name}.x, {name}.y{rows})"),
            _ => {
                format!("{outer}.y {} {}", self.0.pick(&["=", "<", ">="]), self.value(outer, depth))
            }
        }
    }

    fn value(&mut self, outer: &str, depth: usize) -> String {
        let (rows, name) = self.rows(outer, depth);
        let value = match self.0.roll(9) {
            0 => "count(*)".into(),
            1 => format!("count({name}.y) + 1"),
            2 => format!("sum({name}.y)"),
            3 => format!("max({name}.x) - min({name}.y)"),
            4 => format!("coalesce(max({name}.y), -1)"),
            5 => format!("total({name}.x)"),
            6 => format!("avg({name}.x)"),
            7 => format!("count(DISTINCT {name}.x) * {outer}.x"),
            _ => format!("sum({name}.y) FILTER (WHERE {name}.x > 2)"),
        };
        format!("(SELECT {value}{rows})")
    }

    fn sql(&mut self) -> String {
        let (from, outer) = match self.0.roll(5) {
            0 => ("a JOIN c ON a.x = c.x", "a"),
            1 => ("c LEFT JOIN a ON a.x = c.id", "a"),
            _ => ("a", "a"),
        };
        let items = match self.0.roll(3) {
            0 => "a.x, a.y, a.s".into(),
            1 => format!("a.x, {}", self.value(outer, 0)),
            _ => format!("a.x, {} AS v, {}", self.value(outer, 0), self.value(outer, 0)),
        };
        let filter = match self.0.roll(4) {
            0 => String::new(),
            1 => format!(" WHERE {} AND a.y < {}", self.condition(outer, 0), self.number()),
            2 => format!(" WHERE {} AND {}", self.condition(outer, 0), self.condition(outer, 0)),
            _ => format!(" WHERE {}", self.condition(outer, 0)),
        };
        format!("SELECT {items} FROM {from}{filter}")
    }
}

#[test]
fn queries_about_the_row_around_have_sqlites_rows() {
    let count = cases(QUERIES);
    let (mut rewritten, mut plain) = both_ways(&data());
    let (mut wrong, mut joined) = (Vec::new(), 0);
    for seed in 1..=count {
        let sql = Generator(Dice::of(seed)).sql();
        for (mode, pair) in [("rewritten", &mut rewritten), ("as written", &mut plain)] {
            if let Some(what) = pair.difference(&sql, false) {
                wrong.push(format!("seed {seed}, {mode}: {sql}\n{what}"));
            }
        }
        let plan = crate::answer::rows_of(&mut rewritten.session, &format!("EXPLAIN {sql}"));
        let plan = format!("{:?}", plan.expect("a plan"));
        joined += usize::from(["semi ", "anti ", "by y", "by x"].iter().any(|w| plan.contains(w)));
    }
    assert_no_difference(&wrong, count);
    assert!(joined * 2 > usize::try_from(count).expect("few"), "only {joined} became joins");
}
