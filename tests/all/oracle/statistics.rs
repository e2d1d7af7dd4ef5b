//! ANALYZE: `sqlite_stat1` says what SQLite's says, plans go by it, and no answer does.

use super::{Pair, both_ways};
use crate::answer::rows_of;

const TABLES: &[&str] = &[
    "CREATE TABLE plain(a, b)",
    "CREATE TABLE none(a PRIMARY KEY)",
    "CREATE TABLE t(id INTEGER PRIMARY KEY, g INTEGER, s TEXT UNIQUE, r REAL)",
    "CREATE INDEX t_g ON t(g, s)",
    "CREATE UNIQUE INDEX t_part ON t(id) WHERE g = 1",
    "CREATE INDEX t_lower ON t(lower(s) DESC, r)",
    "CREATE INDEX t_nocase ON t(s COLLATE NOCASE, g)",
    "CREATE TABLE pairs(x INTEGER NOT NULL, y INTEGER NOT NULL, z, PRIMARY KEY (x, y)) WITHOUT ROWID",
    "CREATE TABLE keyed(x INTEGER NOT NULL, y INTEGER, PRIMARY KEY (y, x), UNIQUE (x))",
    "CREATE TABLE only(x INTEGER)",
    "CREATE INDEX only_some ON only(x) WHERE x > 2",
    "INSERT INTO plain VALUES (1, 2), (3, 4), (NULL, 5)",
    "INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 230) \
     SELECT i, i % 7, CASE WHEN i % 4 = 0 THEN NULL ELSE char(65 + i % 2 * 32 + i % 20) || (i / 2) END, \
     i % 3 / 2.0 FROM n",
    "INSERT INTO pairs SELECT id % 20, id, g FROM t",
    "INSERT INTO keyed SELECT id, g FROM t WHERE id % 2 = 1",
    "INSERT INTO only VALUES (1), (2), (3), (3), (NULL)",
];

const STATISTICS: &str = "SELECT tbl, idx, stat FROM sqlite_stat1 ORDER BY 1, 2";

#[test]
fn sqlite_stat1_has_sqlites_numbers() {
    let mut pair = Pair::new();
    TABLES.iter().for_each(|sql| pair.execute(sql));
    let before = rows_of(&mut pair.session, STATISTICS).expect("they are counted as they are read");
    pair.execute("ANALYZE");
    assert_eq!(pair.difference(STATISTICS, true), None);
    assert_eq!(rows_of(&mut pair.session, STATISTICS).ok(), Some(before.clone()));
    let head = pair.session.head().0;
    for sql in ["DELETE FROM t WHERE g = 3", "UPDATE pairs SET z = x", "ANALYZE t", "ANALYZE pairs"]
    {
        pair.execute(sql);
    }
    assert_eq!(pair.difference(STATISTICS, true), None);
    let then = rows_of(&mut pair.session, &format!("{STATISTICS} AS OF EVENT {head}"));
    assert_eq!(then.ok(), Some(before), "the past has its own");
    // A dump writes what SQLite found; here it is found anew.
    pair.session.execute("INSERT INTO sqlite_stat1 VALUES('t','t_g','1 1 1')").expect("harmless");
    assert_eq!(pair.difference(STATISTICS, true), None);
    let unknown = pair.session.execute("ANALYZE nowhere").err().map(|error| error.code());
    assert_eq!(unknown, Some("unknown-table"));
}

#[test]
fn statistics_change_plans_and_no_answer() {
    let data: Vec<String> = [
        "CREATE TABLE kinds(id INTEGER PRIMARY KEY, kind INTEGER)",
        "CREATE INDEX kinds_of ON kinds(kind)",
        "CREATE TABLE parts(id INTEGER PRIMARY KEY, kind INTEGER, size INTEGER)",
        "INSERT INTO kinds WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n \
         WHERE i < 5000) SELECT i, i % 2 FROM n",
        "INSERT INTO parts SELECT id, id % 50, id % 9 FROM kinds WHERE id <= 10",
    ]
    .map(String::from)
    .into();
    let (mut rewritten, mut plain) = both_ways(&data);
    let queries = [
        "SELECT count(*), sum(p.size) FROM parts p JOIN kinds k ON k.kind = p.size",
        "SELECT count(*), max(k.id) FROM kinds k, parts p, parts q \
         WHERE k.kind = p.size AND q.kind = k.id AND p.kind < 30",
    ];
    let plan = |pair: &mut Pair, sql: &str| {
        rows_of(&mut pair.session, &format!("EXPLAIN {sql}")).expect("a plan")
    };
    let before: Vec<_> = queries.iter().map(|sql| plan(&mut rewritten, sql)).collect();
    for analyze in ["", "ANALYZE", "ANALYZE kinds_of"] {
        for sql in queries {
            assert_eq!(rewritten.difference(sql, true), None, "{analyze} {sql}");
            assert_eq!(plain.difference(sql, true), None, "{analyze} {sql}");
        }
        for pair in [&mut rewritten, &mut plain] {
            pair.execute(if analyze.is_empty() { "ANALYZE main" } else { analyze });
        }
    }
    // Without them a kind has ten rows, and is looked up; with them it has 2,500.
    assert!(format!("{:?}", before[0]).contains("lookup join"), "{:?}", before[0]);
    let after = plan(&mut rewritten, queries[0]);
    assert!(format!("{after:?}").contains("hash join"), "{after:?}");
}
