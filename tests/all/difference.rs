//! What AS OF shows at one moment, and the difference to another, is what AS OF shows at the other:
//! over random histories with changes of the schema, in both directions, by the names of then.

use crate::answer::rows_of;
use crate::random::Dice;
use asof::language::ast::{Annotations, Point, SpannedPoint};
use asof::session::{Outcome, Session};
use asof::storage::{Database, Environment, OpenOptions};
use asof::types::column::value_at;
use asof::types::{EventId, Period, Span, Value};
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// How many histories are made up, how many statements each has, how many pairs of its moments are
/// compared.
const HISTORIES: u64 = 60;
const STATEMENTS: usize = 45;
const PAIRS: usize = 40;

/// A row by the names of its columns.
type Row = Map<String, Json>;

/// A table as SELECT shows it.
#[derive(Clone, Debug, Default, PartialEq)]
struct Table {
    columns: Vec<String>,
    rows: BTreeMap<i64, Row>,
}

type Tables = BTreeMap<String, Table>;

/// A session of a database whose epochs are a few events long.
fn session() -> Session {
    let (snapshot_every, environment) = (Some(11), Environment::in_memory());
    let options = OpenOptions { snapshot_every, environment, ..OpenOptions::default() };
    let database = Database::open(Path::new("memory"), options).expect("a database in memory");
    Session::new(Arc::new(database))
}

fn run(session: &mut Session, statements: &[&str]) {
    for statement in statements {
        session.execute(statement).unwrap_or_else(|error| panic!("{statement}: {error}"));
    }
}

/// A statement that may make sense at this place of a history.
fn statement(dice: &mut Dice) -> String {
    let table = dice.pick(&["t", "u", "x"]).to_string();
    let column = dice.pick(&["a", "b", "c", "B"]).to_string();
    let (id, value) = (dice.roll(5), dice.roll(3));
    match dice.roll(24) {
        0 => format!("CREATE TABLE {table} (id INTEGER PRIMARY KEY, a INTEGER, b INTEGER)"),
        1 => format!("CREATE TABLE {table} (a INTEGER, b TEXT)"),
        2 => format!("DROP TABLE {table}"),
        3 => format!("ALTER TABLE {table} RENAME TO {}", dice.pick(&["t", "u", "x", "y"])),
        4 => {
            format!("ALTER TABLE {table} RENAME COLUMN {column} TO {}", dice.pick(&["a", "b", "c"]))
        }
        5 | 6 => format!("ALTER TABLE {table} DROP COLUMN {column}"),
        7 => format!("ALTER TABLE {table} ADD COLUMN {column} INTEGER"),
        8 => format!("ALTER TABLE {table} ADD COLUMN {column} TEXT DEFAULT 'd{value}'"),
        9..=13 => format!("INSERT INTO {table} VALUES (NULL, {value}, '{id}')"),
        14 | 15 => format!("INSERT INTO {table} (a) VALUES ({value}), ({id})"),
        16..=18 => format!("UPDATE {table} SET {column} = {value} WHERE _row = {id}"),
        19 => format!("UPDATE {table} SET id = CASE id WHEN 1 THEN 2 WHEN 2 THEN 1 ELSE id END"),
        20 => format!("UPDATE {table} SET {column} = NULL"),
        21 => format!("CREATE INDEX by_{column} ON {table} ({column})"),
        22 => format!("DROP INDEX by_{column}"),
        _ => format!("DELETE FROM {table} WHERE _row = {id}"),
    }
}

/// A history; what a statement refuses is no part of it.
fn history(seed: u64) -> Session {
    let mut session = session();
    let mut dice = Dice::of(seed);
    run(&mut session, &["CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER, b INTEGER)"]);
    for _ in 0..STATEMENTS {
        match dice.roll(10) {
            0 => drop(session.undo(&Annotations::default())),
            _ => drop(session.execute(&statement(&mut dice))),
        }
    }
    session
}

fn json(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Integer(integer) => Json::from(*integer),
        Value::Text(text) => Json::from(&**text),
        Value::Boolean(_)
        | Value::Real(_)
        | Value::Decimal(_)
        | Value::Date(_)
        | Value::Timestamp(_)
        | Value::Json(_)
        | Value::Blob(_) => panic!("{value:?} is in no history"),
    }
}

/// What SELECT shows of all tables after an event.
fn as_of(session: &mut Session, event: u64) -> Tables {
    let mut tables = Tables::new();
    for name in rows_of(session, &format!("SHOW TABLES AS OF EVENT {event}")).expect("tables") {
        let Value::Text(name) = &name[0] else { panic!("a name: {name:?}") };
        let query = format!("SELECT _row, * FROM {name} AS OF EVENT {event} ORDER BY 1");
        let Ok(Outcome::Rows(rows)) = session.execute(&query) else { panic!("{query}") };
        let columns: Vec<String> =
            rows.columns.iter().map(|column| column.name.to_string()).collect();
        let mut table = Table { columns: columns[1..].to_vec(), rows: BTreeMap::new() };
        for row in rows_of(session, &query).expect("rows") {
            let Value::Integer(id) = row[0] else { panic!("a row's number: {row:?}") };
            let named = columns.iter().cloned().zip(row.iter().map(json)).skip(1);
            table.rows.insert(id, named.collect());
        }
        tables.insert(name.to_string(), table);
    }
    tables
}

/// One change of a difference.
#[derive(Debug)]
struct Change {
    table: String,
    op: String,
    row: Option<i64>,
    old: Json,
    new: Json,
}

fn difference(session: &Session, from: u64, to: u64, table: Option<&str>) -> Vec<Change> {
    let at = |event: u64| SpannedPoint { point: Point::Event(event), span: Span::default() };
    let outcome = session.difference(&at(from), &at(to), table).expect("a difference");
    let Outcome::Rows(rows) = outcome else { panic!("rows") };
    let columns = rows.columns.clone();
    let mut changes = Vec::new();
    for batch in rows {
        let batch = batch.expect("a batch");
        for row in 0..batch.rows {
            let value = |name: &str| {
                let at = columns.iter().position(|column| column.name == name).expect(name);
                value_at(&batch.columns[at], columns[at].data_type, row)
            };
            let text = |name: &str| {
                let Value::Text(text) = value(name) else { panic!("{name}: {:?}", value(name)) };
                text.to_string()
            };
            let image = |name: &str| {
                let image = value(name);
                if image.is_null() {
                    return Json::Null;
                }
                let Value::Json(text) = image else { panic!("{name}: {image:?}") };
                serde_json::from_str(&text).expect("JSON")
            };
            let number = if let Value::Integer(row) = value("row") { Some(row) } else { None };
            let (table, op) = (text("table_name"), text("op"));
            changes.push(Change { table, op, row: number, old: image("old"), new: image("new") });
        }
    }
    changes
}

/// The name and the columns of the table that a CREATE TABLE makes.
fn created(definition: &Json) -> (String, Vec<String>) {
    let mut scratch = Session::new(Arc::new(Database::in_memory().expect("a database")));
    let sql = definition.as_str().expect("a statement");
    run(&mut scratch, &[sql]);
    let schema = scratch.schema().expect("a schema");
    let table = schema.tables().next().expect("one table");
    let columns = table.columns.iter().map(|column| column.name.to_string());
    (table.name.to_string(), columns.collect())
}

/// The value of a name in a row, in any case.
fn of<'a>(row: &'a Row, name: &str) -> &'a Json {
    let found = row.iter().find(|(other, _)| other.eq_ignore_ascii_case(name));
    found.map_or(&Json::Null, |(_, value)| value)
}

/// Does what a change says, knowing nothing but names and rows.
fn apply(tables: &mut Tables, before: &Tables, change: &Change) {
    let Change { table: name, op, row, old, new } = change;
    match op.as_str() {
        "create_table" => {
            let (name, columns) = created(new);
            let made = Table { columns, rows: BTreeMap::new() };
            assert_eq!(tables.insert(name, made), None, "{change:?}");
        }
        "drop_table" => {
            let gone = tables.remove(&created(old).0).expect("what is dropped is there");
            assert!(gone.rows.is_empty(), "{change:?} leaves {gone:?}");
        }
        "alter_table" => {
            let (was, (is, columns)) = (created(old).0, created(new));
            let mut table = tables.remove(&was).expect("what is altered is there");
            for row in table.rows.values_mut() {
                let kept = columns.iter().map(|column| (column.clone(), of(row, column).clone()));
                *row = kept.collect();
            }
            table.columns = columns;
            assert_eq!(tables.insert(is, table), None, "{change:?}");
        }
        "create_index" | "drop_index" => {}
        "insert" => {
            let table = tables.get_mut(name).expect("the table is there");
            let new = new.as_object().expect("a row").clone();
            assert_eq!(table.rows.insert(row.expect("a row"), new), None, "{change:?}");
        }
        "delete" => {
            let table = tables.get_mut(name).expect("the table is there");
            let id = row.expect("a row");
            assert!(table.rows.remove(&id).is_some(), "{change:?}");
            // Under the names of before, which may be gone by now.
            let was = before.values().filter_map(|table| table.rows.get(&id));
            let is_it = |row: &Row| Some(row) == old.as_object();
            assert!(was.clone().any(is_it), "{change:?} of {before:?}");
        }
        "update" => {
            let id = row.expect("a row");
            let is = tables.get_mut(name).expect("the table is there");
            let is = is.rows.get_mut(&id).expect("the row is there");
            let (old, new) = (old.as_object().expect("JSON"), new.as_object().expect("JSON"));
            // The names of before may be gone by now.
            let was = before.values().filter_map(|table| table.rows.get(&id));
            let holds = |row: &Row| old.iter().all(|(name, value)| row.get(name) == Some(value));
            assert!(was.clone().any(holds), "{change:?} of {before:?}");
            let differs = |name: &String| of(old, name) != of(new, name);
            assert!(old.keys().chain(new.keys()).all(differs), "{change:?}");
            for (name, value) in new {
                assert!(is.insert(name.clone(), value.clone()).is_some(), "{change:?}");
            }
        }
        other => panic!("{other} is no change"),
    }
}

#[track_caller]
fn assert_leads(session: &mut Session, from: u64, to: u64) {
    let (before, after) = (as_of(session, from), as_of(session, to));
    let changes = difference(session, from, to, None);
    let mut tables = before.clone();
    changes.iter().for_each(|change| apply(&mut tables, &before, change));
    assert_eq!(tables, after, "from {from} to {to}: {changes:#?}");
    if from == to {
        assert!(changes.is_empty(), "{changes:?}");
    }
    // One table's difference is that part of the whole which is about the table.
    for name in before.keys().chain(after.keys()) {
        let of_one = difference(session, from, to, Some(name));
        let is_about = |change: &&Change| of_one.iter().any(|one| one.table == change.table);
        let part = changes.iter().filter(is_about).count();
        assert_eq!(of_one.len(), part, "{name} from {from} to {to}: {of_one:?}");
    }
}

#[test]
fn a_moment_and_the_difference_to_another_are_the_other() {
    for seed in 1..=HISTORIES {
        let mut session = history(seed);
        let head = session.head().0;
        let mut dice = Dice::of(seed + 1_000);
        assert_leads(&mut session, 0, head);
        assert_leads(&mut session, head, 0);
        for _ in 0..PAIRS {
            let moment = |dice: &mut Dice| {
                u64::try_from(dice.roll(usize::try_from(head).expect("small") + 1)).expect("small")
            };
            let (from, to) = (moment(&mut dice), moment(&mut dice));
            assert_leads(&mut session, from, to);
        }
    }
}

#[test]
fn a_history_shows_what_each_event_recorded_under_the_names_of_then() {
    for seed in 1..=HISTORIES {
        let mut session = history(seed);
        let schema = session.schema().expect("a schema");
        for table in schema.tables() {
            let shown = rows_of(
                &mut session,
                &format!("SELECT event, rev, old, new FROM (HISTORY OF {}) h", table.name),
            );
            let mut recorded = Vec::new();
            let all = Period { first: EventId(1), last: session.head() };
            for event in session.database().store().read(all) {
                let event = event.expect("the log is read");
                let is_of = event.operation.table().is_some_and(|of| of.id == table.id);
                if let (true, Some(row)) = (is_of, event.operation.row()) {
                    let [old, new] = event.operation.payloads().expect("JSON");
                    let json = |text: Option<String>| {
                        text.map_or(Value::Null, |text| Value::Json(text.into()))
                    };
                    let event = i64::try_from(event.id.0).expect("small");
                    let rev = Value::Integer(i64::from(row.rev));
                    recorded.push(vec![Value::Integer(event), rev, json(old), json(new)]);
                }
            }
            assert_eq!(shown.expect("a history"), recorded, "{} of {seed}", table.name);
        }
    }
}

#[test]
fn changes_are_told_in_words() {
    let mut session = session();
    run(
        &mut session,
        &[
            "CREATE TABLE accounts (id INTEGER PRIMARY KEY, owner TEXT, balance DECIMAL(12,2))",
            "INSERT INTO accounts VALUES (7, 'Ada', 100), (8, 'a, b', NULL)",
            "UPDATE accounts SET balance = balance - 30 WHERE id = 7",
            "UPDATE accounts SET id = 9, owner = '100' WHERE id = 8",
            "DELETE FROM accounts WHERE id = 7",
            "ALTER TABLE accounts DROP COLUMN balance",
            "ALTER TABLE accounts RENAME TO \"my accounts\"",
            "CREATE TABLE log (\"a b\" BLOB, j JSON, t TIMESTAMP)",
            "INSERT INTO log VALUES (x'00ff', '{\"k\": 1}', '2026-03-01 09:00:00')",
            "UPDATE log SET \"a b\" = NULL, j = NULL",
            "TAG 'the end'",
            "TAG earlier AT EVENT 3",
        ],
    );
    let long = "x".repeat(100);
    run(&mut session, &[&format!("UPDATE \"my accounts\" SET owner = '{long}'")]);
    let mut words = |query: &str| -> String {
        let rows = rows_of(&mut session, query).expect("words");
        let line = |row: &Vec<Value>| {
            let Value::Text(text) = &row[0] else { panic!("{row:?} is no text") };
            format!("{text}\n")
        };
        rows.iter().map(line).collect()
    };
    insta::assert_snapshot!(words("SELECT change FROM _events"), @"
    CREATE TABLE accounts
    accounts + 7, Ada, 100.00
    accounts + 8, 'a, b', NULL
    accounts 7: balance 100.00 → 70.00
    accounts 8: id 8 → 9, owner 'a, b' → '100'
    accounts − 7, Ada, 70.00
    ALTER TABLE accounts DROP COLUMN balance
    ALTER TABLE accounts RENAME TO \"my accounts\"
    CREATE TABLE log
    log + x'00ff', {\"k\":1}, 2026-03-01 09:00:00
    log row 1: \"a b\" x'00ff' → NULL, j {\"k\":1} → NULL
    TAG 'the end'
    TAG 'earlier' AT EVENT 3
    \"my accounts\" 9: owner '100' → xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…
    ");
    insta::assert_snapshot!(words("SELECT change FROM (HISTORY OF \"my accounts\") h"), @"
    + 7, Ada, 100.00
    + 8, 'a, b', NULL
    balance 100.00 → 70.00
    id 8 → 9, owner 'a, b' → '100'
    − 7, Ada, 70.00
    owner '100' → xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…
    ");
}

/// Every pair of moments of a history, and the changes between its last and the event `since`.
fn told(statements: &[&str], from: u64, to: Option<u64>) -> String {
    let mut session = session();
    run(&mut session, statements);
    let head = session.head().0;
    for a in 0..=head {
        for b in 0..=head {
            assert_leads(&mut session, a, b);
        }
    }
    let changes = difference(&session, from, to.unwrap_or(head), None);
    let line = |Change { table, op, row, old, new }: &Change| {
        let row = row.map(|row| format!(" {row}")).unwrap_or_default();
        match (old, new) {
            (Json::String(_), _) | (_, Json::String(_)) => format!("{op} {table}\n"),
            _ => format!("{op} {table}{row}: {old} {new}\n"),
        }
    };
    changes.iter().map(line).collect()
}

const TWO_ROWS: [&str; 2] =
    ["CREATE TABLE t (a INTEGER, b INTEGER)", "INSERT INTO t VALUES (1, 1), (2, 2)"];

#[test]
fn a_dropped_table_comes_back_with_its_rows() {
    let dropped = [&TWO_ROWS[..], &["DROP TABLE t"]].concat();
    insta::assert_snapshot!(told(&dropped, 4, Some(3)), @r#"
    create_table t
    insert t 1: null {"a":1,"b":1}
    insert t 2: null {"a":2,"b":2}
    "#);
    insta::assert_snapshot!(told(&dropped, 3, None), @r#"
    delete t 1: {"a":1,"b":1} null
    delete t 2: {"a":2,"b":2} null
    drop_table t
    "#);
    let again =
        [&dropped[..], &["CREATE TABLE t (a INTEGER)", "INSERT INTO t VALUES (2)"]].concat();
    insta::assert_snapshot!(told(&again, 3, None), @r#"
    delete t 1: {"a":1,"b":1} null
    delete t 2: {"a":2,"b":2} null
    drop_table t
    create_table t
    insert t 1: null {"a":2}
    "#);
}

#[test]
fn values_differ_by_the_names_that_they_have() {
    let again = ["ALTER TABLE t DROP COLUMN b", "ALTER TABLE t ADD COLUMN b INTEGER"];
    insta::assert_snapshot!(told(&[&TWO_ROWS[..], &again].concat(), 3, None), @r#"
    update t 1: {"b":1} {"b":null}
    update t 2: {"b":2} {"b":null}
    "#);
    let added = ["ALTER TABLE t ADD COLUMN c INTEGER", "UPDATE t SET c = 5 WHERE a = 2"];
    insta::assert_snapshot!(told(&[&TWO_ROWS[..], &added].concat(), 3, None), @r#"
    alter_table t
    update t 2: {} {"c":5}
    "#);
    let with_default = ["ALTER TABLE t ADD COLUMN c INTEGER DEFAULT 7"];
    insta::assert_snapshot!(told(&[&TWO_ROWS[..], &with_default].concat(), 3, None), @r#"
    alter_table t
    update t 1: {} {"c":7}
    update t 2: {} {"c":7}
    "#);
    let swapped = [
        "ALTER TABLE t RENAME COLUMN a TO x",
        "ALTER TABLE t RENAME COLUMN b TO a",
        "ALTER TABLE t RENAME COLUMN x TO b",
        "UPDATE t SET a = 3 WHERE a = 1",
    ];
    insta::assert_snapshot!(told(&[&TWO_ROWS[..], &swapped].concat(), 3, None), @r#"
    alter_table t
    update t 1: {"a":1} {"a":3}
    "#);
}

#[test]
fn tables_are_compared_under_the_names_of_then() {
    let renamed = ["ALTER TABLE t RENAME TO x", "DELETE FROM x WHERE a = 1"];
    insta::assert_snapshot!(told(&[&TWO_ROWS[..], &renamed].concat(), 3, None), @r#"
    alter_table x
    delete x 1: {"a":1,"b":1} null
    "#);
    let swapped = [
        "CREATE TABLE u (a INTEGER)",
        "INSERT INTO u VALUES (9)",
        "ALTER TABLE t RENAME TO x",
        "ALTER TABLE u RENAME TO t",
        "ALTER TABLE x RENAME TO u",
    ];
    insta::assert_snapshot!(told(&[&TWO_ROWS[..], &swapped].concat(), 5, None), @r#"
    delete t 1: {"a":1,"b":1} null
    delete t 2: {"a":2,"b":2} null
    drop_table t
    create_table t
    insert t 1: null {"a":9}
    delete u 1: {"a":9} null
    drop_table u
    create_table u
    insert u 1: null {"a":1,"b":1}
    insert u 2: null {"a":2,"b":2}
    "#);
}

#[test]
fn keys_that_one_update_swaps_stay_with_their_rows() {
    let swapped = [
        "CREATE TABLE k (id INTEGER PRIMARY KEY, v TEXT)",
        "INSERT INTO k VALUES (1, 'one'), (2, 'two')",
        "UPDATE k SET id = 3 - id",
    ];
    insta::assert_snapshot!(told(&swapped, 3, None), @r#"
    update k 1: {"id":1} {"id":2}
    update k 2: {"id":2} {"id":1}
    "#);
}
