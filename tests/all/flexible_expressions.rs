//! Expressions of a session whose new tables are FLEXIBLE beside SQLite's, and beside those of others.

use super::answer::rows_of;
use crate::dumps::values_of_sqlite;
use asof::session::Session;
use asof::storage::Database;
use asof::types::Value;
use std::sync::Arc;

const TABLES: &str = "CREATE TABLE counters(n INTEGER, t TEXT);
                      INSERT INTO counters VALUES (9223372036854775807, '9223372036854775807'), (-9223372036854775808, '-1')";

/// What comes to the same as in SQLite, to the type.
const SAME: &[&str] = &[
    "SELECT typeof(1 < 2), typeof(TRUE), typeof(NOT 1), typeof(3 IN (3)), typeof('a' LIKE 'b'), typeof(NULL)",
    "SELECT typeof(json('[1]')), typeof('{\"a\":1}' -> 'a'), typeof(json_array()), typeof(json_group_array(1))",
    "SELECT typeof(CURRENT_DATE), typeof(CURRENT_TIMESTAMP), typeof(x'00'), typeof(1.0)",
    "SELECT typeof(CASE 1 WHEN 1 THEN 2 = 2 ELSE 'no' END), typeof(max(3 > 2, 'x')), typeof(y) FROM (SELECT 1 = 1 AS y)",
    "SELECT json_array(1 < 2, TRUE), json_object('is', 3 IN (3, 4)), json_set('{}', '$.no', NOT 1)",
    "SELECT json_group_array(2 BETWEEN 1 AND 3), json_group_object('a', 1 IS NULL), json_array(json('true'))",
    "SELECT '[4,5,6]' -> TRUE, '[4,5,6]' ->> (1 > 2)",
    "SELECT 9223372036854775807 + 1, -9223372036854775808 - 1, 4611686018427387904 * 2, -9223372036854775808 / -1",
    "SELECT -(-9223372036854775808), '9223372036854775807' + '1', '-9223372036854775808' - 1",
    "SELECT typeof(2 + 3), typeof(9223372036854775806 + 1), typeof(9223372036854775807 + 1), typeof(-(7))",
    "SELECT -9223372036854775808 % -1, 7 / 0, 7 % 0, 1 << 70",
    "SELECT CAST('12 apples' AS number_of), CAST('apples' AS number_of), CAST('1.5' AS weight), CAST(7 AS my_text)",
    "SELECT 1e999, -1e999, 1e999 > 1e308, 1e999 - 1e999, typeof(1e999), json_array(1e999), quote(-1e999)",
    "SELECT n + 1, n - 1, n * 2, -n, typeof(n + 1), typeof(n - 1), t + 1 FROM counters ORDER BY n",
    "SELECT n FROM counters WHERE n + 1 > 9e18 OR n - 1 < -9e18 ORDER BY n",
    "SELECT json_array(x), json_array(coalesce(x, 5)), json_quote(x), x + 1 FROM (SELECT 1 = 1 AS x)",
    "SELECT json_array(iif(1, 1 = 1, 0), max(1 = 1, 0), CASE WHEN 1 THEN 2 > 1 ELSE 'x' END, coalesce(NULL, 2 > 3))",
    "WITH w(x) AS (SELECT 2 > 1 UNION ALL SELECT 1 > 2) SELECT json_array(x), typeof(x) FROM w WHERE x OR NOT x",
    "SELECT json_group_array(n > 1) OVER (ORDER BY n) FROM counters ORDER BY n",
    "SELECT n > 1, count(*), sum(n > 2), json_group_array(n > 1) FROM counters GROUP BY n > 1 ORDER BY n > 1",
    "SELECT DISTINCT n > 1 FROM counters ORDER BY n > 1",
    "SELECT json_array(x), x FROM (SELECT json_array(1) AS x)",
    "SELECT json_array(x), json_group_object('of', y) FROM (SELECT json_group_array(n) AS x, max(n > 1) AS y FROM counters GROUP BY n) ORDER BY 1",
    "SELECT json_array(x) FROM (SELECT json_group_array(n) OVER (ORDER BY n) AS x FROM counters) ORDER BY 1",
    "SELECT iif(n > 1, 'more', 'less'), iif((n > 1) IS NULL, 1, 2) FROM counters ORDER BY n",
    "SELECT hex(jsonb(' {\"a\": [1, -2.5, \"x\"], \"b\\n\": {}} ')), typeof(jsonb('[]')), hex(jsonb(NULL)) IS NULL, hex(jsonb('null'))",
    "SELECT hex(jsonb_array(1, 'two', NULL, 4.5, jsonb('[6]'))), hex(jsonb_object('a', 1, 'b', json('{}')))",
    "SELECT hex(jsonb_set('{\"a\":1}', '$.a', json('[2]'))), hex(jsonb_remove('[1,2,3]', '$[1]')), hex(jsonb_patch('{}', '{\"a\":{}}'))",
    "SELECT typeof(jsonb_extract('{\"a\":[1]}', '$.a')), jsonb_extract('[1,\"x\"]', '$[1]'), hex(jsonb_extract('[1,2]', '$[0]', '$[1]'))",
    "SELECT hex(jsonb_insert('[1]', '$[#]', 2.5)), json(jsonb_set('{}', '$.a', 'x')), hex(jsonb_replace('[1,2]', '$[0]', 7)), typeof(jsonb_remove('[1]', '$'))",
    "SELECT hex(jsonb_group_array(n)), hex(jsonb_group_object(t, n > 1)), json(jsonb_group_array(n)) FROM counters",
    "SELECT hex(jsonb_group_array(t) OVER (ORDER BY n ROWS 1 PRECEDING)) FROM counters ORDER BY n",
    "SELECT json_valid(jsonb('[1]')), json_valid(jsonb('[1]'), 8), json_type(jsonb('[1]')), jsonb('{\"a\":[5]}') ->> '$.a[0]', jsonb('[[1]]') -> 0",
    "SELECT key, value FROM json_each(jsonb('{\"a\":1,\"b\":\"x\"}'))",
    "SELECT json(x), json_array(x), json_extract(x, '$[1]') FROM (SELECT jsonb('[1, 2]') AS x)",
    "SELECT count(*) OVER (ORDER BY n RANGE BETWEEN 3 IN (3, 4) PRECEDING AND CASE WHEN 1 THEN 2 END FOLLOWING) FROM counters",
];

/// What is refused, as in SQLite.
const REFUSED: &[&str] = &[
    "SELECT count(*) OVER (ORDER BY n ROWS BETWEEN abs(-1) PRECEDING AND CURRENT ROW) FROM counters",
    "SELECT count(*) OVER (ORDER BY n RANGE BETWEEN CURRENT ROW AND 1 + length(CURRENT_DATE) FOLLOWING) FROM counters",
    "SELECT count(*) OVER (ORDER BY n GROUPS CASE WHEN 1 THEN 1 ELSE coalesce(NULL, 1) END PRECEDING) FROM counters",
];

fn session() -> Session {
    let database = Arc::new(Database::in_memory().expect("a database"));
    let mut session = Session::new(database);
    rows_of(&mut session, "SET flexible_types = on").expect("a switch");
    for statement in TABLES.split(';') {
        session.execute(statement).expect("a table");
    }
    session
}

#[test]
fn expressions_have_sqlites_types_and_values() {
    let mut session = session();
    let sqlite = rusqlite::Connection::open_in_memory().expect("SQLite");
    sqlite.execute_batch(TABLES).expect("the tables");
    // A truth value is a number to whoever asks for no type.
    let shown = |value: &Value| {
        let Value::Boolean(truth) = value else { return value.to_text().into_owned() };
        i64::from(*truth).to_string()
    };
    for sql in SAME {
        let ours = rows_of(&mut session, sql).unwrap_or_else(|error| panic!("{sql}\n{error}"));
        let ours: Vec<Vec<String>> =
            ours.iter().map(|row| row.iter().map(shown).collect()).collect();
        let theirs: Vec<Vec<String>> = values_of_sqlite(&sqlite, sql)
            .iter()
            .map(|row| row.iter().map(shown).collect())
            .collect();
        assert_eq!(ours, theirs, "{sql}");
    }
}

/// Of several values for one column the first counts, and the last for the number of a row.
#[test]
fn what_sqlite_refuses_is_refused() {
    let mut session = session();
    let sqlite = rusqlite::Connection::open_in_memory().expect("SQLite");
    sqlite.execute_batch(TABLES).expect("the tables");
    for sql in REFUSED {
        assert!(rows_of(&mut session, sql).is_err(), "{sql}");
        let theirs = sqlite.prepare(sql).and_then(|mut asked| asked.query([])?.next().map(|_| ()));
        assert!(theirs.is_err(), "{sql}");
    }
}

#[test]
fn an_insert_may_name_a_column_twice() {
    let twice = "CREATE TABLE pairs(a, b);
                 INSERT INTO pairs(a, b, a) VALUES (1, 2, 3), (4, 5, 6);
                 INSERT INTO pairs(b, b) SELECT 7, 8;
                 CREATE TABLE numbered(x, id INTEGER PRIMARY KEY);
                 INSERT INTO numbered(x, id, rowid) VALUES ('a', 3, 4);
                 INSERT INTO numbered(x, rowid, id) VALUES ('b', 5, 6)";
    let mut session = session();
    let sqlite = rusqlite::Connection::open_in_memory().expect("SQLite");
    sqlite.execute_batch(twice).expect("the tables");
    for statement in twice.split(';') {
        session.execute(statement).expect("a statement");
    }
    for sql in ["SELECT * FROM pairs", "SELECT * FROM numbered"] {
        let ours = rows_of(&mut session, sql).expect("rows");
        assert_eq!(ours, values_of_sqlite(&sqlite, sql), "{sql}");
    }
    rows_of(&mut session, "SET flexible_types = off").expect("a switch");
    let refused = session.execute("INSERT INTO pairs(a, a) VALUES (1, 2)").expect_err("strict");
    assert_eq!(refused.code(), "duplicate-column");
}

#[test]
fn a_switch_reaches_plans_that_were_made_before_it() {
    let mut session = session();
    let asked = "SELECT typeof(1 < 2), json_array(2 > 1)";
    let shown = |session: &mut Session| {
        rows_of(session, asked).expect("a row")[0][0].to_text().into_owned()
    };
    assert_eq!(shown(&mut session), "integer");
    rows_of(&mut session, "SET flexible_types = off").expect("a switch");
    assert_eq!(shown(&mut session), "boolean");
    let overflow = rows_of(&mut session, "SELECT 9223372036854775807 + 1").expect_err("too large");
    assert_eq!(overflow.code(), "integer-overflow");
    rows_of(&mut session, "SET flexible_types = on").expect("a switch");
    assert_eq!(shown(&mut session), "integer");
}

#[test]
fn strict_columns_of_truth_values_stay_what_they_are_in_json() {
    let mut session = session();
    session.execute("CREATE TABLE flags(flag BOOLEAN) STRICT").expect("a table");
    session.execute("INSERT INTO flags VALUES (1), (0)").expect("rows");
    let rows = rows_of(&mut session, "SELECT json_group_array(flag), sum(flag) FROM flags");
    let rows = rows.expect("a row");
    assert_eq!((&*rows[0][0].to_text(), &*rows[0][1].to_text()), ("[true,false]", "1"));
}

#[test]
fn a_sum_of_integers_comes_to_no_real() {
    let mut session = session();
    let sum = rows_of(
        &mut session,
        "SELECT sum(n) FROM (SELECT n FROM counters WHERE n > 0 UNION ALL SELECT 1)",
    );
    assert_eq!(sum.expect_err("too large").code(), "integer-overflow");
}
