//! Joins of two to four tables, of all kinds, with conditions of all forms, over few values and many
//! NULLs: each is asked of both, with its conditions rewritten and as it is written.

use super::{assert_no_difference, both_ways, cases};
use crate::random::Dice;

/// How many queries are compared; twenty times as many with `ASOF_EXHAUSTIVE`.
const QUERIES: u64 = 2_000;

/// The tables, which call some of their columns alike, and those columns.
const TABLES: &[(&str, &[&str])] = &[
    ("a", &["x", "y", "p"]),
    ("b", &["x", "y", "q"]),
    ("c", &["x", "z", "p"]),
    ("d", &["id", "x", "z"]),
];

/// Every column's name.
const NAMES: &[&str] = &["x", "y", "z", "p", "q", "id"];

fn data() -> Vec<String> {
    let mut dice = Dice::of(7);
    let mut all: Vec<String> = [
        "CREATE TABLE a(x INTEGER, y TEXT, p INTEGER)",
        "CREATE TABLE b(x INTEGER, y TEXT, q INTEGER)",
        "CREATE INDEX b_x ON b(x)",
        "CREATE TABLE c(x INTEGER, z INTEGER, p INTEGER UNIQUE)",
        "CREATE TABLE d(id INTEGER PRIMARY KEY, x INTEGER, z INTEGER)",
    ]
    .map(String::from)
    .into();
    let mut number =
        |most| if dice.roll(4) == 0 { "NULL".into() } else { dice.roll(most).to_string() };
    for row in 0..7 {
        all.push(format!("INSERT INTO a VALUES ({}, '{}', {})", number(5), row % 3, number(4)));
        all.push(format!("INSERT INTO b VALUES ({}, '{}', {})", number(5), row % 4, number(4)));
        all.push(format!("INSERT INTO c VALUES ({}, {}, {row})", number(5), number(3)));
        all.push(format!("INSERT INTO d VALUES ({row}, {}, {})", number(5), number(3)));
    }
    all
}

/// A query in the making: the tables it has so far.
struct Query {
    dice: Dice,
    tables: Vec<usize>,
}

impl Query {
    /// `FROM` of some tables, the last two perhaps in parentheses.
    fn from(&mut self) -> String {
        let mut order: Vec<usize> = (0..TABLES.len()).collect();
        for at in 0..order.len() {
            order.swap(at, self.dice.roll(at + 1));
        }
        let count = 2 + self.dice.roll(3);
        let nested = count > 2 && self.dice.roll(5) == 0;
        self.tables.push(order[0]);
        let mut sql = TABLES[order[0]].0.to_string();
        let mut at = 1;
        while at < count {
            let (operator, natural) = self.operator();
            if nested && at + 2 == count {
                let (inner, inner_natural) = self.operator();
                let outer = std::mem::take(&mut self.tables);
                self.tables = vec![order[at], order[at + 1]];
                let constraint = self.constraint(inner_natural);
                let (left, right) = (TABLES[order[at]].0, TABLES[order[at + 1]].0);
                self.tables = outer.into_iter().chain([order[at], order[at + 1]]).collect();
                sql += &format!("{operator}({left}{inner}{right}{constraint})");
                at += 2;
            } else {
                self.tables.push(order[at]);
                sql += &format!("{operator}{}", TABLES[order[at]].0);
                at += 1;
            }
            sql += &self.constraint(natural);
        }
        sql
    }

    fn operator(&mut self) -> (String, bool) {
        let natural = self.dice.roll(5) == 0;
        let kind = self.dice.pick(&[
            " JOIN ",
            " INNER JOIN ",
            " LEFT JOIN ",
            " LEFT OUTER JOIN ",
            " RIGHT JOIN ",
            " RIGHT OUTER JOIN ",
            " FULL JOIN ",
            " FULL OUTER JOIN ",
            " CROSS JOIN ",
            ", ",
        ]);
        let natural = natural && kind != ", ";
        (format!("{}{kind}", if natural { " NATURAL" } else { "" }), natural)
    }

    fn constraint(&mut self, natural: bool) -> String {
        if natural {
            return String::new();
        }
        match self.dice.roll(6) {
            0 => String::new(),
            1 | 2 => {
                format!(" USING ({})", self.dice.pick(&["x", "x", "y", "z", "p", "x, y", "x, z"]))
            }
            _ => format!(" ON {}", self.condition()),
        }
    }

    /// A column of one of the tables so far, qualified.
    fn column(&mut self) -> String {
        let (table, columns) = TABLES[self.tables[self.dice.roll(self.tables.len())]];
        format!("{table}.{}", self.dice.pick(columns))
    }

    /// A column of the table that came last.
    fn last_column(&mut self) -> String {
        let (table, columns) = TABLES[self.tables[self.tables.len() - 1]];
        format!("{table}.{}", self.dice.pick(columns))
    }

    fn condition(&mut self) -> String {
        let (a, b) = (self.column(), self.last_column());
        let number = self.dice.roll(4);
        match self.dice.roll(14) {
            0..=4 => format!("{a} = {b}"),
            5 => format!("{a} = {b} AND {} = {}", self.column(), self.last_column()),
            6 => format!("{a} < {b}"),
            7 => format!("{a} IS {b}"),
            8 => format!("({a} = {b} OR {} > {number})", self.column()),
            9 => format!("{a} + 1 = {b} AND {} <> {number}", self.column()),
            10 => format!("{a} = {number}"),
            11 => format!("{b} > {number}"),
            12 => self.dice.pick(&["1", "0", "NULL"]).to_string(),
            _ => format!("{a} IS NULL AND {b} = {number}"),
        }
    }

    fn items(&mut self) -> String {
        match self.dice.roll(4) {
            0 => "*".into(),
            1 => format!("{}.*", TABLES[self.tables[self.dice.roll(self.tables.len())]].0),
            2 => self.dice.pick(NAMES).to_string() + ", " + &self.column(),
            _ => format!("{}, {}, {}", self.column(), self.last_column(), self.column()),
        }
    }

    fn sql(mut self) -> String {
        let from = self.from();
        let items = self.items();
        let filter = match self.dice.roll(5) {
            0 => format!(" WHERE {}", self.condition()),
            1 => format!(" WHERE {} IS NULL", self.column()),
            2 => {
                let quote = self.dice.pick(&["", "'"]);
                format!(" WHERE {} = {quote}{}{quote}", self.dice.pick(NAMES), self.dice.roll(4))
            }
            _ => String::new(),
        };
        format!("SELECT {items} FROM {from}{filter}")
    }
}

#[test]
fn joins_of_all_kinds_have_sqlites_rows() {
    let count = cases(QUERIES);
    let (mut rewritten, mut plain) = both_ways(&data());
    let (mut wrong, mut answered) = (Vec::new(), 0);
    for seed in 1..=count {
        let sql = Query { dice: Dice::of(seed), tables: Vec::new() }.sql();
        answered += usize::from(rewritten.ask_sqlite(&sql).is_ok());
        for (mode, pair) in [("rewritten", &mut rewritten), ("as written", &mut plain)] {
            // SQLite looks a merged column of `*` up by its bare name, which others may have, too.
            let is_star =
                |what: &str| sql.starts_with("SELECT *") && what.contains("ambiguous column");
            if let Some(what) = pair.difference(&sql, false).filter(|what| !is_star(what)) {
                wrong.push(format!("seed {seed}, {mode}: {sql}\n{what}"));
            }
        }
    }
    assert_no_difference(&wrong, count);
    assert!(answered * 3 > usize::try_from(count).expect("few"), "only {answered} are queries");
}
