//! The order of rows where none is asked for: that of what SQLite finds them by.

use super::Pair;

const DATA: &[&str] = &[
    "CREATE TABLE i(a INTEGER, b TEXT, c INTEGER)",
    "CREATE INDEX ia ON i(a)",
    "CREATE INDEX ibc ON i(b, c DESC)",
    "INSERT INTO i VALUES (3, 'c', 1), (1, 'a', 2), (2, 'b', 3), (1, 'z', 4), (NULL, 'b', 5), (2, 'b', 9)",
    "CREATE TABLE p(id INTEGER PRIMARY KEY, name TEXT, age INTEGER)",
    "CREATE INDEX age ON p(age)",
    "INSERT INTO p VALUES (7, 'g', 30), (3, 'c', 40), (5, 'e', 30), (1, 'a', 20), (4, 'd', NULL)",
    "CREATE INDEX aged ON p(name) WHERE age > 25",
    "CREATE TABLE one(x UNIQUE)",
    "INSERT INTO one VALUES (3), (1), (2)",
    "CREATE TABLE w(k TEXT PRIMARY KEY, v TEXT UNIQUE) WITHOUT ROWID",
    "INSERT INTO w VALUES ('q', 'd'), ('a', 'z'), ('c', 'b')",
    "CREATE TABLE two(x UNIQUE, y TEXT)",
    "INSERT INTO two VALUES (3, 'c'), (1, 'a'), (2, 'b')",
    // A NULL among numbers that grow is before them, wherever it stands.
    "CREATE TABLE late(a INTEGER, b TEXT)",
    "CREATE INDEX late_a ON late(a)",
    "INSERT INTO late(a) VALUES (1), (2), (3), (4), (5), (6), (7), (8), (NULL), (9)",
    "CREATE TABLE early(a INTEGER, b TEXT)",
    "CREATE INDEX early_a ON early(a)",
    "INSERT INTO early(a) VALUES (NULL), (9), (9), (9), (9), (9), (9), (9), (3), (4)",
];

const QUERIES: &[&str] = &[
    // An index finds rows by equality or in a range.
    "SELECT b, c FROM i WHERE a > 1",
    "SELECT c FROM i WHERE a BETWEEN 1 AND 2",
    "SELECT c FROM i WHERE b = 'b'",
    "SELECT c FROM i WHERE a IN (3, 1)",
    "SELECT c FROM i WHERE b IN ('z', 'b', 'a')",
    "SELECT name FROM p WHERE age = 30",
    "SELECT name FROM p WHERE age >= 30",
    "SELECT name FROM p WHERE age >= 30 LIMIT 2",
    "SELECT name FROM p WHERE id > 3 AND age > 20",
    "SELECT name FROM p WHERE id IN (7, 1, 5)",
    // An index has all that is read, and is narrower.
    "SELECT a FROM i",
    "SELECT DISTINCT a FROM i",
    "SELECT b, c FROM i",
    "SELECT a, b FROM i",
    "SELECT a, rowid FROM i",
    "SELECT age FROM p",
    "SELECT id, age FROM p",
    "SELECT id, age FROM p LIMIT 3",
    "SELECT id FROM p",
    "SELECT name, age FROM p",
    // So it is with what an aggregate lists, and the row that stands for a group.
    "SELECT group_concat(a) FROM i",
    "SELECT group_concat(b) FROM i GROUP BY c % 2",
    "SELECT group_concat(c) FROM i WHERE a > 1",
    "SELECT a, count(*) FROM i",
    "SELECT json_group_array(id) FROM p WHERE age > 20 GROUP BY age > 30",
    "SELECT age, id, sum(id) FROM p GROUP BY id % 2",
    "SELECT max(id) FILTER (WHERE id > 9), age, id FROM p GROUP BY id % 2",
    "SELECT name, id, count(*) FROM p GROUP BY id % 2",
    "SELECT x FROM one",
    "SELECT x FROM two",
    "SELECT * FROM two",
    "SELECT y FROM two WHERE x >= 2",
    "SELECT a FROM late",
    "SELECT a FROM early",
    // A range of the numbers is read by them, whatever covers the rows.
    "SELECT id FROM p WHERE id > 3",
    "SELECT id, age FROM p WHERE id BETWEEN 3 AND 5",
    // An index of some rows, where the conditions say that it has all that are wanted.
    "SELECT id FROM p WHERE age > 25 AND name > 'a'",
    "SELECT id FROM p WHERE age > 25 AND name > 'a' ORDER BY age > 0",
    // Rows that ORDER BY takes for equal: as what finds them has them, backward where it is read so.
    "SELECT id FROM p WHERE age > 10 ORDER BY age > 0",
    "SELECT id FROM p ORDER BY age DESC",
    "SELECT id, name FROM p ORDER BY age DESC LIMIT 3",
    "SELECT id FROM p WHERE name <> 'q' ORDER BY age DESC, length(name)",
    "SELECT id FROM p WHERE age IN (30, 40) ORDER BY age DESC",
    "SELECT id FROM p WHERE id IN (7, 5) ORDER BY age DESC",
    "SELECT c FROM i ORDER BY b",
    "SELECT c FROM i ORDER BY b DESC",
    "SELECT c FROM i ORDER BY a DESC",
    // NOT INDEXED leaves the numbers of the rows, and all keys of a table WITHOUT ROWID.
    "SELECT a FROM i NOT INDEXED",
    "SELECT c FROM i NOT INDEXED WHERE a > 1",
    "SELECT c FROM i AS j NOT INDEXED WHERE b IN ('z', 'b', 'a')",
    "SELECT c FROM i NOT INDEXED WHERE b = 'b' ORDER BY b",
    "SELECT x FROM one NOT INDEXED",
    "SELECT id, age FROM p NOT INDEXED",
    "SELECT name FROM p NOT INDEXED WHERE age >= 30",
    "SELECT id FROM p NOT INDEXED ORDER BY age DESC",
    "SELECT name FROM p NOT INDEXED WHERE id > 3",
    "SELECT name FROM p NOT INDEXED WHERE id IN (7, 1, 5)",
    "SELECT k, v FROM w NOT INDEXED",
    "SELECT v FROM w NOT INDEXED WHERE v > 'a'",
    "SELECT v FROM w NOT INDEXED WHERE k IN ('q', 'c')",
];

#[test]
fn rows_come_in_the_order_of_what_finds_them() {
    let mut pair = Pair::new();
    DATA.iter().for_each(|statement| pair.execute(statement));
    let wrong: Vec<String> =
        QUERIES.iter().filter_map(|query| pair.difference(query, true)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
