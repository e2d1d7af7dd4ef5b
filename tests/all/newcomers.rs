//! The first things that people type who come from another shell: each works, or is answered by a
//! word that helps.

use crate::shell::TestDirectory;
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
    ("pragma table_info(t);", "dflt_value"),
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
    ("select id::text from t;", "CAST(x AS"),
    ("select * from t where name ilike 'T%';", "LIKE takes A and a"),
    ("select * from t fetch first 1 rows only;", "LIMIT n"),
    ("select now();", "CURRENT_TIMESTAMP"),
    ("select * from public.t;", "is called main"),
    ("select * from information_schema.columns;", "DESCRIBE t"),
    ("abort;", "ROLLBACK"),
    ("create table u (made timestmp);", "made of u is ANY: there is no type \"timestmp\""),
    ("create table v (id int references w);", "CREATE TABLE v"),
];

/// Someone who knows MySQL.
const FROM_MYSQL: &[Typed] = &[
    ("create table t (id int not null auto_increment primary key);", "fills itself"),
    ("create table t (id int) engine=InnoDB;", "one kind of table"),
    ("create table t (id int unsigned primary key, name varchar(20));", "CREATE TABLE t"),
    ("show databases;", ".databases"),
    ("use shop;", ".open NAME"),
    ("insert into t (name) values (\"Ada\");", "did you mean 'Ada'?"),
    ("insert into t (name) values ('Ada'), ('Bob');", "2 rows"),
    ("desc t;", "│ varchar(20)"),
    ("show columns from t;", "DESCRIBE t"),
    ("show create table t;", ".schema t"),
    ("show index from t;", ".indexes t"),
    ("start transaction;", "BEGIN; …; COMMIT;"),
    ("select curdate();", "CURRENT_DATE"),
    ("select id from t where name = \"Bob\";", "did you mean 'Bob'?"),
    ("select name from t limit 1, 5;", "│ Bob"),
    ("select 7 != 8, 7 <> 8, 7 == 8;", "│       1 │       1 │       0 │"),
    ("truncate t;", "DELETE FROM t"),
    ("source seed.sql;", ".read FILE"),
    ("select * from mysql.user;", "_tables"),
];

/// Someone who knows SQL Server, and who has read that asof knows the past.
const FROM_ELSEWHERE: &[Typed] = &[
    ("create table dbo.t (a int);", "is called main"),
    ("create table main.t (a int);", "CREATE TABLE t"),
    ("select top 5 * from t;", "LIMIT n"),
    ("select getdate();", "CURRENT_TIMESTAMP"),
    ("exec sp_help;", "no procedures"),
    ("insert into t values (1);", "1 row"),
    ("undo;", ".undo"),
    (".undo", ""),
    ("redo;", ".undo"),
    ("select * from t as of now;", "LATEST"),
    ("select * from t as of yesterday;", "in quotes"),
    (".diff -1 LATEST", ""),
    ("tag demo1;", ""),
    (".goto demo1", ""),
    (".now", ""),
    (".goto -1", ""),
];

/// Someone who knows DuckDB.
const FROM_DUCKDB: &[Typed] = &[
    (".help", ".tables"),
    ("create table one as select 1 as a;", "one"),
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
    let place = TestDirectory::new();
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
fn from_mysql() {
    greet(FROM_MYSQL);
}

#[test]
fn from_elsewhere() {
    greet(FROM_ELSEWHERE);
}

#[test]
fn who_forgets_a_semicolon_is_shown_the_way_out() {
    let place = TestDirectory::new();
    let mut screen = Screen::start(&place, &["-q", "shop"], 80, 24);
    screen.wait_line("shop@0> ");
    let mut line = |typed: &str, shows: &str| {
        screen.keys(typed).wait_for(typed);
        screen.keys("\r").wait_for(shows);
    };
    line("create table t (a);", "shop@1>");
    // A statement stays as it is, and the words are no part of it.
    line("select 40", "   ...>");
    line("quit", "still open: select 40 — ; ends it, Ctrl-C clears it, Ctrl-D leaves");
    line("+ 2;", "42 │");
    // What is none can only have been meant for the shell.
    line("hello", "   ...>");
    line("help", "still open: hello — ; ends it");
    line("quit", "the unfinished statement was not run: hello");
    assert_eq!(screen.end(), 0);
}

#[test]
fn from_duckdb() {
    greet(FROM_DUCKDB);
}
