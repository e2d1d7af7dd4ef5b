//! Moments and periods, printed back; words of time as names.

use super::*;

#[test]
fn the_language_of_time_prints_as_it_was_meant() {
    for text in [
        "AS OF TAG 'x y' SELECT a FROM t",
        "BEFORE TX 5 SELECT a FROM t",
        "SELECT a FROM t BEFORE '5 minutes ago' AS x",
        "SELECT a FROM t AS OF SNAPSHOT 3 AS x",
        "SELECT a FROM t AS OF SNAPSHOT 'it''s' AS x",
        "SELECT a FROM t FOR SYSTEM_TIME ALL",
        "SELECT a FROM t FOR SYSTEM_TIME FROM START TO LATEST AS x",
        "SELECT a FROM t FOR SYSTEM_TIME BETWEEN EVENT 5 AND EVENT -3 AS x",
        "SELECT a FROM t CROSS JOIN (u BEFORE EVENT 5)",
        "SELECT a FROM t CROSS JOIN u FOR SYSTEM_TIME ALL",
        "SELECT h.op FROM (HISTORY OF t WHERE a = 1 FROM TX 3 TO 'yesterday' LIMIT 5) AS h",
        "HISTORY OF t",
        "HISTORY OF t WHERE a IS NULL FROM EVENT 5",
        "EVENTS",
        "HISTORY OF t WHERE a = 1 BETWEEN EVENT 2 AND TX 3",
        "HISTORY OF t WHERE a BETWEEN 1 AND 5 BETWEEN EVENT 2 AND LATEST LIMIT 7",
        "HISTORY OF t WHERE a BETWEEN 1 AND 5 AND b IN (2) BETWEEN EVENT 3 AND EVENT 4",
        "HISTORY OF t WHERE a BETWEEN TAG 'x' AND '2026-03-01'",
        "HISTORY OF t WHERE a IS NULL AFTER EVENT 5 TO LATEST",
        "EVENTS FOR t SINCE TX 4",
        "EVENTS AFTER EVENT 5 TO 'yesterday' LIMIT 3",
        "EVENTS BETWEEN START AND SNAPSHOT 3",
        "EVENTS TO TAG 'x'",
        "REPLAY",
        "REPLAY t FROM EVENT 3 TO EVENT 9",
        "REPLAY FROM START",
        "REPLAY SINCE 'yesterday'",
        "REPLAY AFTER EVENT 5 LIMIT 2",
        "REPLAY t BETWEEN EVENT 3 AND EVENT 9",
        "SNAPSHOT",
        "SNAPSHOT 'monthly'",
        "TAG 'release 1'",
        "TAG 'x' AT EVENT 5",
        "SET AS OF EVENT 5",
        "SET AS OF LATEST",
        "SET BEFORE TX 3",
        "SHOW EVENTS",
        "SHOW SNAPSHOTS AS OF EVENT 4",
        "SHOW TAGS BEFORE TX 3",
        "DESCRIBE t BEFORE EVENT 4",
        "EXPLAIN HISTORY OF t",
        "ALTER TABLE t ADD COLUMN a INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE t DROP COLUMN a",
        "ALTER TABLE t RENAME COLUMN a TO b",
        "ALTER TABLE t RENAME TO u",
        "ALTER TABLE t ADD CONSTRAINT low CHECK (a < 5)",
        "ALTER TABLE t ADD CHECK (a < 5)",
        "ALTER TABLE t DROP CONSTRAINT low",
        "ALTER TABLE t ALTER COLUMN a SET NOT NULL",
        "ALTER TABLE t ALTER COLUMN a SET NOT NULL ON CONFLICT IGNORE",
        "ALTER TABLE t ALTER COLUMN a DROP NOT NULL",
    ] {
        assert_eq!(printed(text), text);
    }
}

#[test]
fn other_spellings_of_time_mean_the_same() {
    for (text, meant) in [
        ("SELECT a FROM t x FOR SYSTEM_TIME AS OF 5", "SELECT a FROM t AS OF EVENT 5 AS x"),
        (
            "SELECT a FROM t, u FOR SYSTEM_TIME AS OF 5",
            "SELECT a FROM t CROSS JOIN (u AS OF EVENT 5)",
        ),
        (
            "SELECT a FROM t JOIN u x FOR system_time ALL ON 1",
            "SELECT a FROM t JOIN u FOR SYSTEM_TIME ALL AS x ON 1",
        ),
        ("SELECT a FROM t WHERE b BEFORE LATEST", "BEFORE LATEST SELECT a FROM t WHERE b"),
        ("SELECT a FROM t BEFORE 5", "SELECT a FROM t BEFORE EVENT 5"),
        ("SELECT a FROM HISTORY OF t h", "SELECT a FROM (HISTORY OF t) AS h"),
        ("SELECT a FROM (HISTORY OF t h JOIN u)", "SELECT a FROM (HISTORY OF t) AS h JOIN u"),
        (
            "SELECT a FROM (HISTORY OF t) h AS OF 5",
            "AS OF EVENT 5 SELECT a FROM (HISTORY OF t) AS h",
        ),
        ("SELECT a FROM t AS OF TAG release x", "SELECT a FROM t AS OF TAG 'release' AS x"),
        ("TAG \"a b\" AT LATEST", "TAG 'a b' AT LATEST"),
        ("tag tag at tag tag", "TAG 'tag' AT TAG 'tag'"),
        ("history t limit 5", "HISTORY OF t LIMIT 5"),
        ("history of of", "HISTORY OF \"of\""),
        ("replay to latest", "REPLAY TO LATEST"),
        ("replay after", "REPLAY after"),
        ("replay since after 5", "REPLAY since AFTER EVENT 5"),
        // Behind what is no condition, BETWEEN belongs to the expression as long as it can.
        ("history t where a between 1 and 5", "HISTORY OF t WHERE a BETWEEN 1 AND 5"),
        (
            "history t where a = b between 1 and 5",
            "HISTORY OF t WHERE a = b BETWEEN EVENT 1 AND EVENT 5",
        ),
        ("alter table t add a", "ALTER TABLE t ADD COLUMN a"),
        ("alter table t drop a", "ALTER TABLE t DROP COLUMN a"),
        ("alter table t alter a set not null", "ALTER TABLE t ALTER COLUMN a SET NOT NULL"),
        ("alter table t rename a to b", "ALTER TABLE t RENAME COLUMN a TO b"),
        (
            "alter table t rename column column to rename",
            "ALTER TABLE t RENAME COLUMN column TO rename",
        ),
    ] {
        assert_eq!(printed(text), meant);
    }
}

/// Every word of time.
const WORDS: &[&str] = &[
    "after",
    "at",
    "before",
    "column",
    "event",
    "events",
    "for",
    "history",
    "latest",
    "rename",
    "replay",
    "since",
    "snapshot",
    "snapshots",
    "start",
    "system_time",
    "tag",
    "tags",
    "timestamp",
    "tx",
];

#[test]
fn words_of_time_are_names_of_everything() {
    for word in WORDS {
        for text in [
            format!("SELECT {word} FROM {word}"),
            format!("SELECT {word} AS {word}, {word}.{word} FROM {word} AS {word}"),
            format!("SELECT {word} + 1 AS x FROM {word} CROSS JOIN u AS {word} WHERE {word} = 1"),
            format!("SELECT a FROM {word} AS OF EVENT 5 AS {word}"),
            format!("SELECT a FROM {word} FOR SYSTEM_TIME ALL AS {word}"),
            format!("CREATE TABLE {word} ({word} INTEGER, PRIMARY KEY ({word}))"),
            format!("INSERT INTO {word} ({word}) VALUES ({word})"),
            format!("UPDATE {word} SET {word} = {word} + 1 WHERE {word} > 3"),
            format!("DELETE FROM {word} WHERE {word}.{word} IS NULL"),
            format!("CREATE INDEX {word} ON {word} ({word})"),
            format!("ALTER TABLE {word} RENAME COLUMN {word} TO {word}"),
            format!("HISTORY OF {word} WHERE {word} = 1"),
            format!("EVENTS FOR {word}"),
            format!("REPLAY {word}"),
            format!("DESCRIBE {word}"),
        ] {
            assert_eq!(printed(&text), text);
        }
        let bare = format!("SELECT a {word}, b {word} FROM t {word}, {word}, u {word} WHERE 1");
        let meant = format!(
            "SELECT a AS {word}, b AS {word} FROM t AS {word} CROSS JOIN {word} CROSS JOIN u AS \
             {word} WHERE 1"
        );
        assert_eq!(printed(&bare), meant);
    }
}

/// What is said where a write names a moment.
const WRITES: &str = "a write changes the present; moments belong to queries";

#[test]
fn mistakes_in_time_are_named_where_they_stand() {
    for (text, code, under, message) in [
        (
            "SELECT a FROM t, u BEFORE 5",
            "ambiguous-as-of",
            "BEFORE 5",
            "BEFORE EVENT 5 could belong to u alone or to every table",
        ),
        (
            "SELECT a FROM t FOR SYSTEM_TIME",
            "unfinished",
            "",
            "expected AS OF, FROM, BETWEEN or ALL, but the text ends",
        ),
        ("SELECT a FROM t FOR SYSTEM_TIME BETWEEN 5 TO 6", "syntax", "TO", "expected AND"),
        ("HISTORY", "unfinished", "", "expected OF or the name of a table, but the text ends"),
        ("ALTER TABLE t CHANGE a", "syntax", "CHANGE", "expected ADD, DROP, ALTER or RENAME"),
        (
            "ALTER TABLE t RENAME",
            "unfinished",
            "",
            "expected TO, COLUMN or the name of a column, but the text ends",
        ),
        ("TAG 5", "syntax", "5", "expected a name"),
        (
            "SET AS OF",
            "unfinished",
            "",
            "expected EVENT, TX, TAG, SNAPSHOT, START, LATEST, TIMESTAMP or the number of an event, \
             or a time in quotes, but the text ends",
        ),
        ("SELECT a FROM t AS OF -3", "syntax", "-3", "a number of events back belongs to EVENT"),
        ("UPDATE t AS OF 3 SET a = 1", "syntax", "AS OF", WRITES),
        ("UPDATE t SET a = 1 AS OF 3", "syntax", "AS OF", WRITES),
        ("UPDATE t SET a = 1 WHERE b AS OF 3", "syntax", "AS OF", WRITES),
        ("DELETE FROM t FOR SYSTEM_TIME ALL", "syntax", "FOR SYSTEM_TIME", WRITES),
        ("DELETE FROM t WHERE a BEFORE TX 3", "syntax", "BEFORE TX", WRITES),
        ("INSERT INTO t VALUES (1) AS OF 3", "syntax", "AS OF", WRITES),
        (
            "AS OF 5 SELECT a FROM t WHERE b BEFORE 6",
            "syntax",
            "BEFORE 6",
            "AS OF stands twice for the statement",
        ),
    ] {
        let error = parse_statement(text).expect_err(text);
        assert_eq!(error.message, message, "{text}");
        assert_eq!(error.code, code, "{text}");
        assert_eq!(&text[error.span.start..error.span.end], under, "{text}");
    }
}
