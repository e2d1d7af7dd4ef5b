//! The first things that people type who come from another shell: each works, or is answered by a
//! word that helps.

use crate::shell::Place;
use crate::terminal::screen::Screen;

/// What is typed, and what has to stand in the answer.
type Typed = (&'static str, &'static str);

/// Someone who knows sqlite3.
const FROM_SQLITE: &[Typed] = &[
    (".help", ".tables"),
    ("select * from t;", "there is no database shop yet"),
    ("create table t (id integer primary key, name text, price real);", "CREATE TABLE t"),
    ("insert into t (name, price) values ('tea', 2.5), ('cup', 7);", "2 rows"),
    ("select * from t;", "│ tea"),
    (".tables", "t"),
    (".schema", "create table t (id integer primary key, name text, price real);"),
    (".headers on", ""),
    (".mode column", ""),
    (".mode csv", ""),
    ("select * from t;", "1,tea,2.5"),
    (".mode box", ""),
    (".nullvalue -", ""),
    (".timer off", ""),
    ("select name from sqlite_master;", "│ t"),
    ("pragma table_info(t);", "DESCRIBE t"),
    (".indexes", ""),
    ("explain query plan select * from t where id = 1;", "t"),
    (".dump", "INSERT INTO"),
    ("select datetime('now');", "datetime"),
    (".backup copy", ".save"),
    (".databases", "shop"),
];

/// Someone who knows psql.
const FROM_PSQL: &[Typed] = &[
    ("\\?", ".tables"),
    ("\\l", "shop"),
    ("create table t (id serial primary key, name varchar(20) not null);", "CREATE TABLE t"),
    ("insert into t (name) values ('tea');", "1 row"),
    ("\\dt", "t"),
    ("\\d", "create table t"),
    ("\\d t", "name varchar(20)"),
    ("\\x", ""),
    ("\\x", ""),
    ("\\timing on", ""),
    ("\\timing off", ""),
    ("begin;", "began a transaction"),
    ("update t set name = 'cup';", "1 row"),
    ("rollback;", "rolled back 1 event"),
    ("select name from t;", "│ tea"),
    ("select version();", "asof"),
    ("show tables;", "│ t"),
    ("\\h select", "Select"),
    ("\\conninfo", "shop"),
    ("\\copy t to 'x.csv'", ".export"),
    ("copy t to 'x.csv';", ".export"),
    ("\\du", "no users"),
];

/// Someone who knows DuckDB.
const FROM_DUCKDB: &[Typed] = &[
    (".help", ".tables"),
    ("create table t as select 1 as a;", "not supported yet"),
    ("create table t (a integer, b varchar);", "CREATE TABLE t"),
    ("insert into t values (1, 'x'), (2, 'y');", "2 rows"),
    ("from t;", "SELECT * FROM t"),
    ("table t;", "SELECT * FROM t"),
    ("select * from t limit 1;", "│ x"),
    ("show tables;", "│ t"),
    ("describe t;", "│ b"),
    ("summarize t;", "SELECT"),
    ("select count(*) from t;", "2"),
    ("select * from 'data.csv';", ".import"),
    ("copy t to 'out.csv';", ".export"),
    ("install httpfs;", "no extensions"),
    ("load httpfs;", "no extensions"),
    (".mode markdown", ""),
    ("select * from t;", "|   1 | x"),
    (".mode duckbox", ""),
    (".maxrows 10", ".rows"),
    (".timer on", ""),
    ("explain analyze select * from t;", "rows"),
    ("attach 'other.db';", ".open"),
    (".read missing.sql", "cannot read missing.sql"),
];

/// Types each line of a table and compares the answer.
fn greet(table: &[Typed]) {
    let place = Place::new();
    let mut screen = Screen::start(&place, &["shop"], 100, 50);
    screen.wait_line("shop@0> ");
    let mut before = 0;
    let mut wrong = Vec::new();
    for (number, (typed, shows)) in table.iter().enumerate() {
        // A line of its own says that the answer is whole.
        let end = format!("\n<{number}>\n");
        screen.keys(&format!("{typed}\r")).keys(&format!(".print <{number}>\r")).wait_for(&end);
        let transcript = screen.transcript();
        let answer = &transcript[before..];
        let answer = answer.split_once(typed).map_or(answer, |(_, answer)| answer);
        // Where nothing in particular is to be seen, nothing may be wrong.
        if !answer.contains(shows) || (shows.is_empty() && answer.contains("error")) {
            wrong.push(format!("{typed}: no {shows:?} in\n{answer}"));
        }
        before = transcript.rfind(&end).map_or(before, |at| at + end.len());
    }
    screen.keys("\x04");
    assert_eq!(screen.end(), 0);
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn from_sqlite() {
    greet(FROM_SQLITE);
}

#[test]
fn from_psql() {
    greet(FROM_PSQL);
}

#[test]
fn from_duckdb() {
    greet(FROM_DUCKDB);
}
