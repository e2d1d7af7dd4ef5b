//! Who did what, and why: what every statement that makes events can say of its transaction.

use crate::answer::told;
use crate::shell::TestDirectory;
use asof::session::Session;
use asof::storage::Database;
use std::sync::Arc;

fn session() -> Session {
    Session::new(Arc::new(Database::in_memory().expect("in memory")))
}

const WITH: &str = "WITH (intent = 'Why', actor = 'amy', note = 'so', id = 'x-1')";

#[test]
fn every_statement_that_makes_events_says_who_and_why() {
    let mut session = session();
    for statement in [
        "CREATE TABLE t (a INTEGER, b VARCHAR(5))",
        "CREATE TABLE strict (a INTEGER) STRICT",
        "ALTER TABLE t ADD COLUMN c",
        "ALTER TABLE t ADD COLUMN d NUMERIC(5,2) DEFAULT 1",
        "ALTER TABLE t RENAME COLUMN c TO e",
        "ALTER TABLE t DROP COLUMN e",
        "ALTER TABLE t RENAME TO u",
        "CREATE INDEX i ON u (a)",
        "INSERT INTO u (a) VALUES (1)",
        "UPDATE u SET a = 2",
        "DELETE FROM u",
        "TAG 'now'",
        "TAG 'then' AT EVENT 2",
        "SNAPSHOT",
        "SNAPSHOT 'named'",
        "DROP INDEX i",
        "DROP TABLE u",
    ] {
        session.execute(&format!("{statement} {WITH};")).expect(statement);
        let said = told(
            &mut session,
            "SELECT intent, actor, note, id, length(digest) FROM _transactions \
             ORDER BY tx DESC LIMIT 1",
        );
        assert_eq!(said, "'Why' 'amy' 'so' 'x-1' 64", "{statement}");
        // Inside a transaction it belongs to BEGIN.
        session.execute("BEGIN").expect("none is open");
        let error = session.execute(&format!("{statement} {WITH}")).expect_err(statement);
        assert!(
            matches!(
                error.code(),
                "transaction"
                    | "unknown-table"
                    | "table-exists"
                    | "index-exists"
                    | "unknown-index"
                    | "duplicate-column"
                    | "unknown-column"
                    | "tag-exists"
            ),
            "{statement}: {error}"
        );
        session.execute("ROLLBACK").expect("one is open");
    }
    // What a table and an index are made by says nothing of who made them.
    let sql = told(&mut session, "SELECT sql FROM _schema_history WHERE event IN (1, 2, 8)");
    assert_eq!(
        sql,
        "'CREATE TABLE t (a INTEGER, b VARCHAR(5))', 'CREATE TABLE strict (a INTEGER) STRICT', \
         'CREATE INDEX i ON u (a)'"
    );
}

#[test]
fn a_session_acts_as_somebody_until_a_statement_says_who() {
    let mut session = session();
    session.act_as(Some("app".into()));
    let script = [
        ("CREATE TABLE t (a INTEGER)", "'app'"),
        ("INSERT INTO t VALUES (1) WITH (actor = 'amy')", "'amy'"),
        ("SET ACTOR = 'bob'; TAG 'x'", "'bob'"),
        ("SET actor = NULL; INSERT INTO t VALUES (2)", "NULL"),
        ("SET actor = DEFAULT; SNAPSHOT", "'app'"),
    ];
    for (statements, actor) in script {
        for statement in statements.split(';') {
            session.execute(statement).expect(statement);
        }
        let said = "SELECT actor FROM _transactions ORDER BY tx DESC LIMIT 1";
        assert_eq!(told(&mut session, said), actor, "{statements}");
    }
    // It is the one at BEGIN.
    for statement in ["BEGIN", "SET ACTOR = 'eve'", "INSERT INTO t VALUES (3)", "COMMIT"] {
        session.execute(statement).expect(statement);
    }
    assert_eq!(
        told(&mut session, "SELECT actor, _actor FROM _transactions, t WHERE a = 3 AND tx = 6"),
        "'app' 'app'"
    );
    for wrong in ["SET ACTOR 'x'", "SET ACTOR = x", "SET ACTOR = 5"] {
        assert_eq!(session.execute(wrong).expect_err(wrong).code(), "syntax", "{wrong}");
    }
}

#[test]
fn a_transaction_with_an_id_is_recorded_even_if_it_changed_nothing() {
    let mut session = session();
    session.execute("CREATE TABLE t (a INTEGER)").expect("it runs");
    for (statements, events) in [
        ("BEGIN; COMMIT", 0),
        ("BEGIN WITH (intent = 'Nothing'); COMMIT", 0),
        ("DELETE FROM t", 0),
        ("BEGIN WITH (id = 'a'); COMMIT", 1),
        ("DELETE FROM t WITH (id = 'b')", 1),
        ("CREATE TABLE IF NOT EXISTS t (a INTEGER) WITH (id = 'c')", 1),
    ] {
        let before = session.head().0;
        for statement in statements.split(';') {
            session.execute(statement).expect(statement);
        }
        assert_eq!(session.head().0 - before, events, "{statements}");
    }
    assert_eq!(
        told(&mut session, "SELECT op, table_name FROM _events WHERE event > 1"),
        "'tx' NULL, 'tx' NULL, 'tx' NULL"
    );
    assert_eq!(
        told(&mut session, "SELECT id, events FROM _transactions WHERE id IS NOT NULL"),
        "'a' 1, 'b' 1, 'c' 1"
    );
}

#[test]
fn a_digest_tells_one_text_from_another() {
    let digest = |statements: &[&str]| {
        let mut session = session();
        session.execute("CREATE TABLE t (a INTEGER)").expect("it runs");
        session.set_parameter("n", "1").expect("a name");
        statements.iter().for_each(|statement| {
            session.execute(statement).expect(statement);
        });
        told(&mut session, "SELECT digest FROM _transactions WHERE id = 'k'")
    };
    let one = digest(&["INSERT INTO t VALUES (1) WITH (id = 'k')"]);
    assert_eq!(one.len(), 66, "{one}");
    assert_eq!(digest(&["  INSERT INTO t VALUES (1) WITH (id = 'k') ;"]), one);
    assert_ne!(digest(&["INSERT INTO t VALUES (2) WITH (id = 'k')"]), one);
    let given = digest(&["INSERT INTO t VALUES ($n) WITH (id = 'k')"]);
    assert_ne!(given, one);
    // A statement in a transaction counts if it was done.
    let begin = "BEGIN WITH (id = 'k')";
    let both = digest(&[begin, "INSERT INTO t VALUES (1)", "DELETE FROM t", "COMMIT"]);
    assert_ne!(digest(&[begin, "INSERT INTO t VALUES (1)", "COMMIT"]), both);
    let looked = [begin, "INSERT INTO t VALUES (1)", "SELECT 1", "DELETE FROM t", "COMMIT"];
    assert_eq!(digest(&looked), both);
    let mut session = session();
    session.execute("CREATE TABLE t (a INTEGER)").expect("it runs");
    let mut parameter = |value: &str| {
        session.set_parameter("n", value).expect("a name");
        session.execute("INSERT INTO t VALUES ($n) WITH (id = 'p')").expect("it runs");
        told(&mut session, "SELECT digest FROM _transactions ORDER BY tx DESC LIMIT 1")
    };
    let (first, second, again) = (parameter("1"), parameter("2"), parameter("1"));
    assert!(first == again && first != second, "{first} {second} {again}");
}

#[test]
fn the_shell_is_told_who_acts() {
    let place = TestDirectory::new();
    let script = "CREATE TABLE t (a INTEGER);\nSELECT actor FROM _transactions;\n.show\n";
    let run = place.run(&["--actor", "amy", "one"], script);
    assert!(run.out.starts_with("amy\n") && run.out.contains("actor: amy\n"), "{}", run.out);
    // Before there is a database, too.
    let script =
        "SET ACTOR = 'bob';\nCREATE TABLE t (a INTEGER);\nSELECT actor FROM _transactions;\n";
    let run = place.run(&["--actor", "amy", "two"], script);
    assert_eq!((run.out.as_str(), run.err.as_str()), ("bob\n", ""));
    let mut command = place.command(&["one", "TAG 'x'"]);
    drop(command.env("ASOF_ACTOR", "env").output().expect("the binary runs"));
    let asked = "SELECT actor FROM _transactions ORDER BY tx DESC LIMIT 1";
    assert_eq!(place.run(&["one", asked], "").out, "env\n");
}
