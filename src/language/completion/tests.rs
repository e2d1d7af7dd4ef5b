//! Texts up to the cursor, and what could follow them.

use super::*;

/// An expectation in one line: the unfinished word, the slots, and the words.
fn shown(text: &str) -> String {
    let Completions { start, words, slots } = completions(text);
    let slots = slots.iter().map(|slot| {
        let CompletionSlot::Column { qualifier } = slot else { return format!("{slot:?}") };
        qualifier.as_ref().map_or("Column".to_owned(), |table| format!("Column({table})"))
    });
    let slots: Vec<String> = slots.collect();
    format!("{:?} <{}> {}", &text[start..], slots.join(" "), words.join(" "))
}

#[test]
fn names_are_expected_where_they_belong() {
    for (text, expected) in [
        ("SELECT * FROM ", "\"\" <Table> ( HISTORY OF"),
        ("select * from acc", "\"acc\" <Table> ( HISTORY OF"),
        ("SELECT 1; SELECT * FROM ", "\"\" <Table> ( HISTORY OF"),
        ("SELECT t. FROM", "\"FROM\" <Column(t)> *"),
        ("SELECT a, t.", "\"\" <Column(t)> *"),
        ("SELECT * FROM t WHERE \"my t\".na", "\"na\" <Column(my t)> "),
        ("INSERT INTO t (a, ", "\"\" <Column(t)> "),
        ("INSERT INTO ", "\"\" <Table> "),
        ("UPDATE t SET ", "\"\" <Column(t)> ("),
        ("INSERT INTO t VALUES (1) ON CONFLICT (", "\"\" <Column(t)> "),
        ("UPDATE t SET a = 1, b", "\"b\" <Column(t)> ("),
        ("UPDATE ", "\"\" <Table> OR"),
        ("DELETE FROM ", "\"\" <Table> "),
        ("CREATE INDEX i ON t (", "\"\" <Column(t)> "),
        ("CREATE TABLE ", "\"\" <NewName> IF"),
        ("CREATE TABLE t (a REFERENCES u (", "\"\" <Column(u)> "),
        ("CREATE TABLE t (a REFERENCES ", "\"\" <Table> "),
        ("ALTER TABLE t DROP COLUMN ", "\"\" <Column(t)> "),
        ("ALTER TABLE t ADD ", "\"\" <NewName> CONSTRAINT CHECK COLUMN"),
        ("DROP TABLE ", "\"\" <Table> IF"),
        ("DROP INDEX ", "\"\" <Index> IF"),
        ("DESCRIBE ", "\"\" <Table> "),
        ("HISTORY ", "\"\" <Table> OF"),
        ("EVENTS FOR ", "\"\" <Table> "),
        ("SELECT CAST(a AS ", "\"\" <DataType> )"),
        ("SELECT * FROM t JOIN u USING (", "\"\" <Column> "),
    ] {
        assert_eq!(shown(text), expected, "{text}");
    }
}

#[test]
fn moments_are_expected_where_they_belong() {
    let points = "EVENT TX TAG SNAPSHOT START LATEST TIMESTAMP";
    for (text, expected) in [
        ("SELECT * FROM t AS OF ", format!("\"\" <Event Moment Parameter> {points}")),
        ("SELECT * FROM t AS OF EV", format!("\"EV\" <Event Moment Parameter> {points}")),
        ("SELECT * FROM t AS OF 4", format!("\"4\" <Event Moment Parameter> {points}")),
        ("SELECT * FROM t AS OF '", "\"'\" <Moment> ".to_owned()),
        ("SELECT * FROM t AS ", "\"\" <NewName> OF".to_owned()),
        ("AS OF EVENT ", "\"\" <Event Parameter> -".to_owned()),
        ("AS OF EVENT 4", "\"4\" <Event Parameter> -".to_owned()),
        ("AS OF TX ", "\"\" <Transaction Parameter> ".to_owned()),
        ("AS OF TAG ", "\"\" <Tag Parameter> ".to_owned()),
        ("AS OF TAG 'v", "\"'v\" <Tag> ".to_owned()),
        ("AS OF SNAPSHOT ", "\"\" <Snapshot Parameter> ".to_owned()),
        ("AS OF TIMESTAMP '2", "\"'2\" <Moment> ".to_owned()),
        ("TAG ", "\"\" <NewName> ".to_owned()),
        ("HISTORY OF t FROM TX ", "\"\" <Transaction Parameter> ".to_owned()),
        ("SET AS ", "\"\" <> OF".to_owned()),
        ("HELP ", "\"\" <Topic> ;".to_owned()),
        ("HELP upp", "\"upp\" <Topic> ;".to_owned()),
    ] {
        assert_eq!(shown(text), expected, "{text}");
    }
}

#[test]
fn words_are_expected_where_they_fit() {
    let holds = |text: &str, wanted: &[&str], unwanted: &[&str]| {
        let words = completions(text).words;
        for word in wanted {
            assert!(words.contains(word), "{text}: {word} of {words:?}");
        }
        for word in unwanted {
            assert!(!words.contains(word), "{text}: {word} of {words:?}");
        }
    };
    holds("", &["SELECT", "AS OF", "INSERT", "SHOW"], &["FROM"]);
    holds("sel", &["SELECT"], &["FROM"]);
    holds("SELECT 1; ", &["SELECT"], &[";"]);
    holds("EXPLAIN ", &["ANALYZE", "QUERY", "SELECT"], &[]);
    holds("SELECT ", &["*", "DISTINCT", "CASE", "CAST", "NULL", "NOT"], &["FROM", "AND"]);
    holds("SELECT a FROM t WHERE a > da", &["DATE '", "TIMESTAMP '"], &["FROM"]);
    holds(
        "SELECT a ",
        &["FROM", "AS", ",", "AND", "IN", "LIKE", "REGEXP", ";"],
        &["SELECT", "MATCH"],
    );
    holds(
        "SELECT a FROM t ",
        &["WHERE", "JOIN", "LEFT JOIN", "INNER JOIN", "AS OF", "BEFORE", "FOR SYSTEM_TIME", ";"],
        &["AND", "SELECT"],
    );
    // FOR could be an alias.
    holds("SELECT * FROM t FOR ", &["SYSTEM_TIME", "WHERE"], &["SELECT"]);
    holds("SELECT a FROM t LEFT ", &["JOIN", "OUTER"], &["WHERE"]);
    holds("SELECT a FROM t UNION ", &["ALL", "SELECT"], &["WHERE"]);
    holds("SELECT a FROM t WHERE a ", &["AND", "BETWEEN", "ORDER", "LIMIT"], &["FROM", "WHERE"]);
    holds("SELECT a FROM t ORDER ", &["BY"], &["LIMIT"]);
    holds("SELECT a FROM t ORDER BY a ", &["DESC", "NULLS", "LIMIT"], &["WHERE"]);
    holds("CREATE TABLE t (a INT ", &["PRIMARY KEY", "NOT NULL", "DEFAULT", "COLLATE"], &[";"]);
    holds("CREATE TABLE t (a DEFAULT ", &["CURRENT_TIMESTAMP", "NULL", "("], &[]);
    holds("INSERT INTO t ", &["VALUES", "(", "DEFAULT VALUES", "SELECT"], &["SET"]);
    holds("SELECT count(", &["*", "DISTINCT"], &["FROM"]);
    holds("SELECT a FROM t BEFORE ", &["EVENT", "LATEST"], &[]);
    assert!(completions("SELECT ").slots.contains(&CompletionSlot::Function));
    assert!(completions("SELECT ").slots.contains(&CompletionSlot::Column { qualifier: None }));
}

#[test]
fn nothing_is_expected_where_nothing_fits() {
    for text in [
        "SELECT FROM ",
        "FROM t WHERE ",
        "SELECT a FROM t WHERE WHERE ",
        "SELECT 'it is ",
        "SELECT 1 -- a comment",
        "SELECT 1 /* a comment",
        "SELECT 1 ] ",
        "INSERT INTO t {\"a",
        ".tables ",
    ] {
        let Completions { words, slots, .. } = completions(text);
        assert_eq!((words, slots), (vec![], vec![]), "{text}");
    }
    assert_ne!(completions("SELECT 1 -- a comment\n").words, Vec::<&str>::new());
}

#[test]
fn tables_are_found_in_half_a_statement() {
    for (text, expected) in [
        ("SELECT x. FROM accounts AS x, \"b c\" WHERE", "accounts:x b c"),
        ("SELECT * FROM a AS OF EVENT 3 x JOIN b ON f(c, d) LEFT JOIN e e2 ON", "a:x b e:e2"),
        ("SELECT a FROM t WHERE a IN (b, c), d", "t"),
        ("SELECT a FROM (t JOIN u ON t.", "t u"),
        ("SELECT a FROM (t, u), v", "t u v"),
        ("SELECT a FROM (SELECT b FROM t) q, u WHERE", ":q u"),
        ("WITH c AS (SELECT b FROM t) SELECT a FROM c d WHERE", "t c:d"),
        ("WITH c(a, b) AS (SELECT 1, 2), d AS (SELECT", ""),
        ("CREATE TRIGGER g AFTER INSERT ON t BEGIN INSERT INTO u VALUES (NEW.", "t:NEW t:OLD u"),
        ("SELECT a FROM (HISTORY OF t WHERE ", "t"),
        ("SELECT a FROM (HISTORY OF t) h WHERE ", "t:h"),
        ("INSERT INTO t (a) SELECT b FROM u", "t u"),
        ("UPDATE t SET a = ", "t"),
        ("DELETE FROM t WHERE ", "t"),
        ("HISTORY OF t FROM EVENT 3", "t"),
        ("REPLAY t FROM START", "t"),
        ("EVENTS FOR t SINCE ", "t"),
        ("CREATE UNIQUE INDEX IF NOT EXISTS i ON t (", "t"),
        ("CREATE TABLE IF NOT EXISTS t (a REFERENCES u (", "t u"),
        ("ALTER TABLE t RENAME ", "t"),
        ("SELECT 1 FROM a; SELECT 2 FROM b;", "b"),
        ("SELECT 1 FROM a; ", "a"),
        ("SELECT", ""),
        ("", ""),
        ("FROM", ""),
    ] {
        let tables = tables_of(text).into_iter().map(|table| match table.alias {
            Some(alias) => format!("{}:{alias}", table.name),
            None => table.name,
        });
        assert_eq!(tables.collect::<Vec<_>>().join(" "), expected, "{text}");
    }
}

proptest::proptest! {
    #[test]
    fn no_text_makes_it_panic(words in proptest::collection::vec(0_usize..40, 0..14)) {
        const WORDS: &[&str] = &[
            "SELECT", "FROM", "WITH", "t", "a", ",", "(", ")", ".", "AS", "OF", "EVENT", "5", "'x", "\"q",
            "WHERE", "=", ";", "UPDATE", "SET", "INSERT", "INTO", "HISTORY", "é", "--", "\n", "/*",
            "JOIN", "ON", "FOR", "BEFORE", "TAG", "CREATE", "INDEX", "TABLE", "DROP", "x'", "{",
            "REFERENCES", "EVENTS", "REPLAY",
        ];
        let text: Vec<&str> = words.iter().map(|word| WORDS[*word]).collect();
        let text = text.join(" ");
        let found = completions(&text);
        assert!(text.is_char_boundary(found.start));
        tables_of(&text);
        tables_around(&text, text.len() / 2);
        let mut last = 0;
        for piece in crate::language::highlight(&text) {
            assert!(piece.span.start >= last && piece.span.end > piece.span.start, "{text}");
            assert!(text.is_char_boundary(piece.span.start) && text.is_char_boundary(piece.span.end));
            last = piece.span.end;
        }
    }
}
