//! What is offered at the prompt.

use super::*;

fn known() -> SchemaNames {
    SchemaNames::of(&[("accounts", &["id", "owner"]), ("order", &["id"])])
}

fn inserted(text: &str) -> Vec<String> {
    let found = complete(text, "", &known());
    found.candidates.into_iter().map(|candidate| candidate.inserted).collect()
}

#[test]
fn commands_and_their_arguments() {
    assert_eq!(inserted(".tab"), [".tables "]);
    assert!(inserted("SELECT 1;\n.he").contains(&".help".to_string()));
    assert_eq!(inserted(".quit"), [".quit"]);
    assert_eq!(inserted(".help julian"), ["julianday"]);
    assert_eq!(inserted(".timer o"), ["on", "off"]);
    assert_eq!(inserted(".mode b"), ["box"]);
    assert_eq!(inserted(".schema acc"), ["accounts"]);
    assert!(inserted(".mode box x").is_empty());
    assert!(inserted(".nothing ").is_empty());
}

#[test]
fn names_that_command_a_terminal_are_listed_as_what_they_are() {
    let known = SchemaNames::of(&[("x\u{1b}[2J", &["id\u{202e}"])]);
    for (text, inserted, shown) in [
        ("SELECT * FROM x", "\"x\u{1b}[2J\" ", "\"x\\e[2J\""),
        ("INSERT INTO \"x\u{1b}[2J\" (i", "id\u{202e}", "id\\u{202e}"),
    ] {
        let found = complete(text, "", &known).candidates;
        let found = found.iter().find(|candidate| candidate.inserted == inserted);
        assert_eq!(found.map(|candidate| candidate.shown.as_str()), Some(shown), "{text}");
    }
}

#[test]
fn a_blank_follows_what_something_else_follows() {
    for (text, only) in [
        ("SELECT * FROM acc", "accounts "),
        ("SELECT * FROM accounts WHER", "WHERE "),
        ("DROP INDEX accou", "accounts_by_id"),
        ("SELECT id, 1 FROM accounts ac JOIN t ON ac", "ac.|acos(|acosh("),
        ("CREATE TABLE t (id DA", "DATE"),
        ("create table t (id da", "date"),
        ("CREATE TABLE t (id PRIM", "PRIMARY KEY "),
        ("CREATE TABLE t (id DATE C", "CONSTRAINT|CHECK|COLLATE"),
        ("SELECT own", "owner"),
        ("SELECT upp", "upper("),
        ("HELP upp", "upper"),
        ("SELECT * FROM accounts WHERE id > DAT", "date(|datetime(|DATE '"),
        ("select timest", "timestamp '"),
        ("SELECT CAS", "CASE|CAST"),
        ("SELECT * FROM accounts AS OF EVENT $", ""),
        ("SELECT * FROM accounts WHERE id = $n", "$n"),
        (".imp", ".import "),
        (".mode ins", "insert"),
        (".param s", "set"),
        (".diff LAT", "LATEST "),
        (".goto EVENT 3 ", ""),
        (".export x SELECT * FROM acc", "accounts "),
        (".help poin", "points"),
        (".import x.csv accounts --n", "--ndjson|--no-header|--null"),
        (".nothing x", ""),
    ] {
        assert_eq!(inserted(text).join("|"), only, "{text}");
    }
    let found = complete("SELECT * FROM acc", " WHERE id = 1", &known());
    assert_eq!(found.candidates[0].inserted, "accounts");
}

#[test]
fn nothing_is_listed_that_nobody_looks_for() {
    let all = inserted("SELECT * FROM accounts WHERE ");
    assert!(!all.iter().any(|candidate| candidate.ends_with(['(', '.'])), "{all:?}");
    assert!(all.starts_with(&["id".into(), "owner".into(), "$n".into()]), "{all:?}");
}

#[test]
fn paths_with_blanks_have_quotes() {
    let open = |word: &str| CommandWord::all(word).pop().and_then(|word| word.open);
    let cases = [
        ("a.csv", false, "", "a.csv"),
        ("my a.csv", false, "", "'my a.csv'"),
        ("it's", false, "", "\"it's\""),
        ("my data", true, "", "'my data/"),
        ("a.csv", false, "\"a", "\"a.csv\""),
        ("data", true, "'d", "'data/"),
    ];
    for (name, is_folder, typed, inserted) in cases {
        assert_eq!(path(name, is_folder, open(typed)).inserted, inserted, "{name}");
    }
    let words = CommandWord::all(".import 'my a");
    assert_eq!((words[1].start, words[1].text.as_str(), words[1].open), (8, "my a", Some('\'')));
}

#[test]
fn a_list_has_an_end() {
    let names: Vec<String> = (0..1000).map(|index| format!("t{index}")).collect();
    let tables: Vec<(&str, &[&str])> = names.iter().map(|name| (name.as_str(), &[][..])).collect();
    let found = complete("SELECT * FROM ", "", &SchemaNames::of(&tables));
    assert_eq!(found.candidates.len(), MAX);
}

#[test]
fn names_that_need_quotes_have_them() {
    assert_eq!(inserted("SELECT * FROM "), ["accounts", "\"order\"", "HISTORY OF"]);
    assert_eq!(inserted("SELECT * FROM ord"), ["\"order\" "]);
}

#[test]
fn words_keep_the_case_that_was_typed() {
    assert_eq!(inserted("sele"), ["select "]);
    assert_eq!(inserted("SELE"), ["SELECT "]);
    assert!(inserted("select * ").contains(&"from".to_string()));
    assert!(inserted("SELECT * ").contains(&"FROM".to_string()));
}

#[test]
fn tables_that_are_named_behind_the_cursor_count() {
    let order = "; SELECT * FROM \"order\" a";
    for (text, behind, candidates) in [
        ("SELECT a.", " FROM accounts a", "id|owner"),
        ("SELECT ow", " FROM accounts", "owner"),
        ("SELECT ow", " FROM \"order\"", ""),
        ("SELECT 1; SELECT a.", "\nFROM accounts a;\nSELECT 2", "id|owner"),
        ("SELECT a.", order, ""),
        (".export x SELECT a.o", " FROM accounts a", "owner"),
    ] {
        assert_eq!(offered(text, behind), candidates, "{text}‸{behind}");
    }
}

/// What is offered between two parts of a statement.
fn offered(text: &str, behind: &str) -> String {
    let found = complete(text, behind, &known()).candidates;
    found.into_iter().map(|candidate| candidate.inserted).collect::<Vec<_>>().join("|")
}

#[test]
fn columns_of_queries_are_what_they_call_them() {
    for (text, behind, candidates) in [
        ("SELECT q.", " FROM (SELECT id AS number, owner FROM accounts) q", "number|owner"),
        ("SELECT numb", " FROM (SELECT id AS number FROM accounts)", "number"),
        ("SELECT own", " FROM (SELECT id AS number FROM accounts) q", ""),
        ("SELECT * FROM (VALUES (1, 2)) v WHERE v.", "", "column1|column2"),
        ("SELECT * FROM (SELECT a.", " FROM accounts a) q", "id|owner"),
        ("SELECT * FROM (SELECT 1 AS one UNION SELECT 2) u, \"order\" o WHERE u.", "", "one"),
        ("WITH c(a, b) AS (SELECT 1, 2) SELECT c.", " FROM c", "a|b"),
        ("WITH c AS (SELECT *, 1 AS one FROM accounts) SELECT x.", " FROM c x", "id|owner|one"),
        (
            "WITH c AS (SELECT id FROM accounts), d AS (SELECT c.*, 2 AS two FROM c) SELECT d.",
            " FROM d",
            "id|two",
        ),
        (
            "WITH RECURSIVE n(step) AS (SELECT 1 UNION ALL SELECT n.",
            " FROM n) SELECT * FROM n",
            "step",
        ),
        ("WITH accounts AS (SELECT 1 AS one) SELECT accounts.", " FROM accounts", "one"),
        ("WITH totals AS NOT MATERIALIZED (SELECT 1) SELECT * FROM tot", "", "totals "),
        ("SELECT (SELECT a.", " FROM \"order\" o WHERE o.id = a.id) FROM accounts a", "id|owner"),
        ("SELECT j.ato", " FROM json_each('[1]') j", "atom"),
    ] {
        assert_eq!(offered(text, behind), candidates, "{text}‸{behind}");
    }
}

#[test]
fn rows_of_a_write_have_the_columns_of_its_table() {
    for (text, candidates) in [
        ("INSERT INTO accounts(own", "owner"),
        ("INSERT INTO accounts VALUES (1) ON CONFLICT (own", "owner"),
        (
            "INSERT INTO accounts(id) VALUES (1) ON CONFLICT (id) DO UPDATE SET owner = excluded.",
            "id|owner",
        ),
        ("INSERT INTO accounts(id) VALUES (1) RETURNING own", "owner"),
        ("UPDATE accounts SET id = 1 RETURNING own", "owner"),
        ("CREATE TRIGGER g AFTER INSERT ON accounts BEGIN SELECT NEW.", "id|owner"),
        ("CREATE TRIGGER g AFTER INSERT ON accounts WHEN new.own", "owner"),
        (
            "CREATE TEMP TRIGGER g UPDATE ON accounts BEGIN SELECT 1; UPDATE \"order\" SET id = OLD.o",
            "owner",
        ),
        ("CREATE TRIGGER g AFTER INSERT ON accounts BEGIN SELECT 1; END; SELECT NEW.", ""),
    ] {
        assert_eq!(offered(text, ""), candidates, "{text}");
    }
}

#[test]
fn lists_of_columns_that_read_each_other_stay_short() {
    let mut text = "WITH c0 AS (SELECT 1 AS a, 2 AS b)".to_owned();
    for at in 1..60 {
        text.push_str(&format!(", c{at} AS (SELECT * FROM c{0} x, c{0} y)", at - 1));
    }
    assert_eq!(offered(&format!("{text} SELECT c59."), " FROM c59"), "a|b");
}

#[test]
fn columns_are_those_of_the_tables_that_are_named() {
    assert_eq!(inserted("SELECT a.o FROM accounts a WHERE a."), ["id", "owner"]);
    assert_eq!(inserted("UPDATE accounts SET ow"), ["owner"]);
    assert_eq!(inserted("SELECT ow"), ["owner"]);
    assert!(inserted("SELECT ma").contains(&"max(".to_string()));
}
