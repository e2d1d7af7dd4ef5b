//! Parameters: values that stand beside a statement's text.

use crate::answer::{rows_of, told};
use crate::shell::TestDirectory;
use asof::session::{Outcome, Session};
use asof::storage::Database;
use asof::types::Value;
use std::sync::Arc;

/// A session over a table of three accounts.
fn session() -> Session {
    let mut session = Session::new(Arc::new(Database::in_memory().expect("memory")));
    for sql in [
        "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, n)",
        "INSERT INTO t VALUES (1, 'Ada', 10), (2, 'Bob', 2.5), (3, '3', '3')",
    ] {
        session.execute(sql).expect(sql);
    }
    session
}

#[test]
fn a_parameter_means_what_its_literal_means() {
    let values = ["1", "-1", "2.5", "'3'", "x'41'", "NULL", "TRUE", "'Ada'", "9007199254740993"];
    // Each statement again and again, so that plans are shared; then beside the literal itself.
    for statement in [
        "SELECT id, name FROM t WHERE id = #",
        "SELECT id FROM t WHERE name = # OR n = #",
        "SELECT id FROM t WHERE n > # ORDER BY n",
        "SELECT # AS a, typeof(#) AS b, -# AS c, # IS NULL AS d FROM t WHERE id IN (#, 2)",
        "SELECT count(*) FROM t GROUP BY #",
        "SELECT id FROM t LIMIT #",
        "SELECT id FROM t AS OF EVENT 3 WHERE id = #",
    ] {
        let mut session = session();
        for value in values.iter().chain(values.iter().rev()) {
            session.set_parameter("x", value).expect("a name");
            let given = told(&mut session, &statement.replace('#', "$x"));
            let plain = told(&mut session, &statement.replace('#', &format!("({value})")));
            assert_eq!(given, plain, "{statement} with {value}");
        }
    }
}

#[test]
fn a_shared_plan_never_keeps_a_value() {
    let mut session = session();
    session.set_parameter("$b", "'from outside'").expect("a name");
    for id in 10..40_i64 {
        let values = [Value::Integer(id), Value::text(format!("name {id}"))];
        let sql = "INSERT INTO t (id, name, n) VALUES (?, ?, $b)";
        session.execute_with(sql, &values).expect("a row");
        let rows = match session.execute_with("SELECT name FROM t WHERE id = ?", &values[..1]) {
            Ok(Outcome::Rows(rows)) => rows.map(|batch| batch.expect("rows").rows).sum::<usize>(),
            other => panic!("{other:?}"),
        };
        assert_eq!(rows, 1);
        let sql = format!("SELECT name, n FROM t WHERE id = {id}");
        assert_eq!(told(&mut session, &sql), format!("'name {id}' 'from outside'"));
    }
    session.set_parameter("b", "5").expect("a name");
    session
        .execute_with("UPDATE t SET n = $b WHERE id = ?2", &[Value::Null, Value::Integer(12)])
        .expect("one");
    assert_eq!(told(&mut session, "SELECT id, n FROM t WHERE n = 5"), "12 5");
    // What execute_with gave is gone with it.
    assert_eq!(told(&mut session, "SELECT ?1"), "unknown-parameter: the parameter ?1 has no value");
    // Another schema, the same text.
    session.execute("ALTER TABLE t DROP COLUMN n").expect("one column less");
    assert_eq!(told(&mut session, "SELECT * FROM t WHERE id = 1"), "1 'Ada'");
    session.set_parameter("id", "2").expect("a name");
    assert_eq!(told(&mut session, "SELECT * FROM t WHERE id = $id"), "2 'Bob'");
    session.clear_parameters();
    assert_eq!(
        told(&mut session, "SELECT * FROM t WHERE id = $id"),
        "unknown-parameter: the parameter $id has no value"
    );
    assert_eq!(session.parameters().count(), 0);
}

#[test]
fn parameters_are_no_statements() {
    let mut session = session();
    let evil = "x'; DROP TABLE t; --";
    session.execute_with("INSERT INTO t (name) VALUES (?)", &[Value::text(evil)]).expect("a row");
    let rows = rows_of(&mut session, "SELECT name FROM t WHERE id = 4").expect("the row");
    assert_eq!(rows, [[Value::text(evil)]]);
}

#[test]
fn the_shell_keeps_parameters() {
    let place = TestDirectory::new();
    let run = place.run(
        &["bank"],
        ".param set $name 'Ada'\n.param set n 5\n.param set ?1 \"'5'\"\n.param list\n\
         CREATE TABLE t (a, b, c);\nINSERT INTO t VALUES ($name, :n, ?);\n\
         SELECT a, b, typeof(b), typeof(c) FROM t WHERE a = @NAME;\n\
         .param unset n\n.parameter list\n.param clear\n.param list\n",
    );
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    assert_eq!(
        run.out,
        "?1    '5'\n$n    5\n$name 'Ada'\nAda|5|integer|text\n?1    '5'\n$name 'Ada'\n"
    );
}

#[test]
fn mistakes_with_parameters_have_a_way_out() {
    for (script, says) in [
        ("SELECT $a", "-c:1:8: error[unknown-parameter]: the parameter $a has no value"),
        ("SELECT ?", ".param set ?1 VALUE gives it one"),
        (".param set 5x 1", "error[bad-parameter]: `5x` is no name of a parameter"),
        (".param unset a", "error[unknown-parameter]: the parameter a has no value"),
        (".param set a", "usage: .param set NAME VALUE"),
        (".param fill a", "usage: .param set NAME VALUE"),
        (".param", "usage: .param"),
    ] {
        let run = TestDirectory::new().run(&["-c", script], "");
        assert_eq!((run.code, run.out.as_str()), (1, ""), "{script}");
        assert!(run.err.contains(says), "{script}: {}", run.err);
    }
}

#[test]
fn a_moment_can_be_a_parameter() {
    let place = TestDirectory::new();
    let script = "CREATE TABLE t (a);\nINSERT INTO t VALUES (1);\nTAG one;\nUPDATE t SET a = 2;\n";
    assert_eq!(place.run(&["bank"], script).code, 0);
    for (value, query, rows) in [
        ("p=2", "SELECT a FROM t AS OF EVENT $p", "1\n"),
        ("p=2", "SELECT a FROM t BEFORE $p", ""),
        ("p=-1", "SELECT a FROM t AS OF EVENT :p", "1\n"),
        ("p=one", "AS OF TAG $p SELECT a FROM t", "1\n"),
        ("p=now", "SELECT a FROM t AS OF @p", "2\n"),
        ("p=4", "SELECT count(*) FROM (HISTORY OF t FROM EVENT $p) AS h", "1\n"),
        ("p=4", "SELECT count(*) FROM t FOR SYSTEM_TIME BETWEEN 1 AND $p", "2\n"),
        ("p=3", ".diff $p LATEST", ""),
    ] {
        // Twice: no plan keeps the value that it was made with.
        let run =
            place.run(&["bank", "-v", value, "-c", query, "-c", ".param set p 4", "-c", query], "");
        assert!(run.out.starts_with(rows), "{query}: {}{}", run.out, run.err);
        assert!(run.err.is_empty() || value == "p=one" || value == "p=now", "{query}: {}", run.err);
    }
    let run = place.run(&["bank", "-v", "p=x", "-c", "SELECT a FROM t AS OF EVENT $p"], "");
    assert!(run.err.contains("error[bad-parameter]: $p is 'x', and not the number"), "{}", run.err);
}

#[test]
fn a_check_knows_parameters() {
    let checked = |script| TestDirectory::new().run(&["--check", "-f", "-"], script);
    let run = checked(".param set n 5\nCREATE TABLE t (a);\nSELECT a FROM t WHERE a = $n;\n");
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    let run = checked("CREATE TABLE t (a);\nSELECT a FROM t WHERE a = $n;\n");
    assert!(run.code == 1 && run.err.contains("unknown-parameter"), "{}", run.err);
}
