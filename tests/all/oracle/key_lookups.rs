//! Joins in which few rows look their partners up by a key: the rows are SQLite's whatever the key is
//! made of, in a transaction, in a trigger, and as of an event.

use super::{Pair, both_ways};
use crate::answer::rows_of;

/// Few rows, and a table with a key of every kind.
fn data() -> Vec<String> {
    let mut data: Vec<String> = [
        "CREATE TABLE few(k INTEGER, s TEXT, x)",
        "INSERT INTO few VALUES (3, '7', 2.5), (NULL, 'V9', 4), (900, '900', '5'), \
         (5, NULL, 5.0), (3, 'v16 ', 'v2'), (-7, 'v2', 900)",
        "CREATE TABLE many(id INTEGER PRIMARY KEY, g INTEGER, t TEXT UNIQUE, n TEXT, r REAL, p)",
        "CREATE INDEX many_g ON many(g, t)",
        "CREATE INDEX many_n ON many(n COLLATE NOCASE)",
        "CREATE INDEX many_lower ON many(lower(n), g)",
        "CREATE INDEX many_part ON many(r DESC) WHERE p > 0",
        "CREATE UNIQUE INDEX many_few ON many(g) WHERE id < 2",
        "CREATE INDEX many_p ON many(p)",
    ]
    .map(String::from)
    .into();
    let text = |id: i32| if id % 5 == 0 { "NULL".into() } else { format!("'{id}'") };
    let row = |id: i32| {
        let (g, r, p) = (id % 300, f64::from(id % 1_000) / 2.0, id % 7 - 3);
        format!("({id}, {g}, {}, 'V{}', {r:?}, {p})", text(id), id % 500)
    };
    let rows: Vec<String> = (0..3_000).map(row).collect();
    data.push(format!("INSERT INTO many VALUES {}", rows.join(", ")));
    data
}

const CONDITIONS: &[&str] = &[
    "id = k",
    "id = x",
    "t = s",
    "p = x",
    "id = k AND g = 3",
    "g = k + 2 AND t > '2'",
    "g = k - 2 AND t = s AND id < 2000",
    "g = k AND t = '303'",
    "t = s AND g = 7",
    "id = k + 1 OR id = k",
    "g = k - 4 AND id + k > 1900",
    "n = s",
    "n = s COLLATE NOCASE",
    "n COLLATE NOCASE = s",
    "lower(n) = s",
    "lower(n) = s AND g = k + 13",
    "r = k AND p > 0",
    "r = x AND p > 0 AND t IS NOT NULL",
    "r = k",
    "g = k - 3 AND id < 2",
    "id = k AND p IN (SELECT 1 UNION SELECT 2)",
];

fn queries(on: &str) -> [String; 8] {
    let inner = on.replace('k', "a.k").replace(" s", " a.s").replace('x', "a.x");
    [
        format!("SELECT * FROM few JOIN many ON {on}"),
        format!("SELECT * FROM few LEFT JOIN many ON {on}"),
        format!("SELECT k, s FROM few LEFT JOIN many ON {on} WHERE id IS NULL"),
        format!("SELECT * FROM few RIGHT JOIN many ON {on} WHERE id < 10"),
        format!("SELECT k, s FROM few WHERE EXISTS (SELECT 1 FROM many WHERE {on})"),
        format!("SELECT k, s FROM few WHERE NOT EXISTS (SELECT 1 FROM many WHERE {on})"),
        format!("SELECT k, (SELECT max(id) FROM many WHERE {on}) FROM few WHERE true"),
        format!("SELECT count(*), min(t) FROM few a JOIN few b ON a.k = b.k JOIN many ON {inner}"),
    ]
}

/// Whether a query's plan has a lookup; 1 or 0.
fn lookups(pair: &mut Pair, sql: &str) -> usize {
    let plan = rows_of(&mut pair.session, &format!("EXPLAIN {sql}")).expect("a plan");
    usize::from(format!("{plan:?}").contains(" lookup join"))
}

#[test]
fn few_rows_look_their_partners_up_by_a_key_of_any_kind() {
    let (mut rewritten, mut plain) = both_ways(&data());
    let mut by_key = 0;
    for sql in CONDITIONS.iter().flat_map(|on| queries(on)) {
        assert_eq!(rewritten.difference(&sql, false), None, "{sql}");
        assert_eq!(plain.difference(&sql, false), None, "{sql}");
        by_key += lookups(&mut rewritten, &sql);
        assert_eq!(lookups(&mut plain, &sql), 0);
    }
    assert!(by_key > 70, "only {by_key} are lookups");
}

#[test]
fn partners_are_looked_up_among_the_changes_of_a_transaction_and_as_of_an_event() {
    let (mut pair, _) = both_ways(&data());
    let head = |pair: &mut Pair| pair.session.head().0;
    let before = head(&mut pair);
    let asked: Vec<String> = CONDITIONS.iter().flat_map(|on| queries(on)).collect();
    let answers: Vec<_> = asked.iter().map(|sql| rows_of(&mut pair.session, sql)).collect();
    pair.execute("BEGIN");
    pair.execute("UPDATE many SET g = g + 1, n = 'v' || id % 20 WHERE id % 3 = 0 AND id > 2");
    pair.execute("DELETE FROM many WHERE id IN (3, 900, 16)");
    pair.execute("UPDATE many SET id = 3 WHERE id = 4");
    pair.execute("INSERT INTO many VALUES (16, 3, '16', 'v9', 5.0, 5)");
    for sql in &asked {
        assert_eq!(pair.difference(sql, false), None, "{sql}");
    }
    pair.execute("COMMIT");
    assert!(head(&mut pair) > before);
    let mut by_key = 0;
    for (sql, answer) in asked.iter().zip(answers) {
        assert_eq!(pair.difference(sql, false), None, "{sql}");
        let then = format!("{sql} AS OF EVENT {before}");
        let answer_then = rows_of(&mut pair.session, &then);
        assert_eq!(answer_then.expect("rows"), answer.expect("rows"), "{then}");
        by_key += lookups(&mut pair, &then);
    }
    assert!(by_key > 60, "only {by_key} are lookups");
}

#[test]
fn partners_of_many_times_a_batch_come_out_in_order() {
    let data = [
        "CREATE TABLE few(k INTEGER, name TEXT)",
        "INSERT INTO few VALUES (1, 'a'), (2, 'b'), (3, 'none'), (1, 'c')",
        "CREATE TABLE many(id INTEGER PRIMARY KEY, g INTEGER)",
        "CREATE INDEX many_g ON many(g)",
        "INSERT INTO many WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n \
         WHERE i < 30000) SELECT i, CASE WHEN i % 3 = 0 THEN i ELSE i % 3 END FROM n",
    ];
    let (mut rewritten, mut plain) = both_ways(&data.map(String::from));
    for sql in [
        "SELECT name, id FROM few JOIN many ON g = k",
        "SELECT name, id FROM few LEFT JOIN many ON g = k",
        "SELECT name, id FROM few LEFT JOIN many ON g = k AND id % 9999 = length(name)",
        "SELECT name FROM few WHERE EXISTS (SELECT 1 FROM many WHERE g = k AND id > 29990 + k)",
        "SELECT name FROM few WHERE NOT EXISTS (SELECT 1 FROM many WHERE g = k AND id < 2 * k)",
        "SELECT count(*) FROM few a, few b, few c JOIN many ON g = a.k + b.k + c.k",
    ] {
        assert_eq!(rewritten.difference(sql, false), None, "{sql}");
        assert_eq!(lookups(&mut rewritten, sql), 1, "{sql}");
        let ours = rows_of(&mut rewritten.session, sql).expect("rows");
        assert_eq!(ours, rows_of(&mut plain.session, sql).expect("rows"), "{sql}");
    }
}

#[test]
fn triggers_and_writes_look_partners_up() {
    let (mut rewritten, mut plain) = both_ways(&data());
    for pair in [&mut rewritten, &mut plain] {
        for sql in [
            "CREATE TABLE log(k, id)",
            "CREATE TRIGGER noted AFTER UPDATE ON many BEGIN INSERT INTO log SELECT k, m.id FROM few \
             JOIN many m ON m.g = few.k AND few.k < new.g; END",
            "UPDATE many SET g = 4 WHERE id IN (4, 5, 6)",
            "UPDATE many SET r = few.k FROM few WHERE many.id = few.k + 1",
            "DELETE FROM many WHERE id IN (SELECT m.id FROM few JOIN many m ON m.n = few.s)",
            "INSERT INTO log SELECT k, id FROM few LEFT JOIN many ON id = k",
        ] {
            pair.execute(sql);
        }
        for sql in ["SELECT * FROM log", "SELECT * FROM many"] {
            assert_eq!(pair.difference(sql, false), None, "{sql}");
        }
    }
}
