//! Statements whose operators hold more than they may: the answers and their order are those that they
//! have with memory for all of it.

use crate::answer::rows_of;
use asof::session::Session;
use asof::storage::Database;
use std::process::Command;
use std::sync::Arc;

/// Rows of the larger table: several batches.
const ROWS: usize = 13_000;

/// Queries over `big (id, grp, word, amount)`, whose rows come in several batches, and `small`.
const QUERIES: &[&str] = &[
    "SELECT * FROM big ORDER BY word, grp DESC",
    "SELECT id FROM big ORDER BY amount DESC NULLS LAST, word",
    "SELECT word, id FROM big ORDER BY word LIMIT 5000 OFFSET 100",
    "SELECT id FROM big ORDER BY grp LIMIT 7",
    "SELECT DISTINCT word FROM big",
    "SELECT DISTINCT grp, amount FROM big",
    "SELECT word, count(*), sum(amount), min(id), group_concat(id) FROM big GROUP BY word",
    "SELECT id, count(*), total(amount) FROM big GROUP BY id",
    "SELECT grp, max(amount), word, median(amount) FROM big GROUP BY grp HAVING count(*) > 1",
    "SELECT count(DISTINCT word), count(DISTINCT amount), avg(amount) FROM big",
    "SELECT group_concat(word ORDER BY amount DESC, id), group_concat(DISTINCT word) FROM big",
    "SELECT sum(DISTINCT amount * 0.1), total(DISTINCT amount), max(DISTINCT word), id FROM big",
    "SELECT median(id), percentile(amount, 30), median(DISTINCT id % 5000) FROM big",
    "SELECT percentile_cont(0.35) WITHIN GROUP (ORDER BY amount DESC),
            percentile_disc(0.7) WITHIN GROUP (ORDER BY word), mode() WITHIN GROUP (ORDER BY word) FROM big",
    "SELECT grp, median(amount) FILTER (WHERE id > 99), json_group_array(DISTINCT amount),
            group_concat(id ORDER BY word COLLATE NOCASE DESC, id), mode() WITHIN GROUP (ORDER BY amount)
     FROM big GROUP BY grp",
    "SELECT word, count(DISTINCT grp), group_concat(amount ORDER BY id DESC), percentile_disc(amount, 0.5)
     FROM big GROUP BY word",
    "SELECT a.id, b.id FROM big a JOIN big b ON a.word = b.word AND b.id < 40",
    "SELECT s.id, big.id, word FROM small s LEFT JOIN big ON big.grp = s.grp AND big.id > 12000",
    "SELECT big.id, s.id FROM big LEFT JOIN small s ON s.id = big.amount AND s.id < big.id",
    "SELECT s.id, big.id FROM small s RIGHT JOIN big ON big.id = s.id * 100",
    "SELECT s.id, big.id FROM big FULL JOIN small s ON big.id = s.id * 1000 AND s.grp > 3",
    "SELECT a.id, b.id FROM small a JOIN big b ON a.id * 1000 < b.id AND b.grp = 5",
    "SELECT count(*), sum(a.id), sum(b.id) FROM big a JOIN big b ON a.grp = b.grp AND a.id < 60",
    "SELECT id FROM big WHERE EXISTS (SELECT 1 FROM small s WHERE s.id = big.amount)",
    "SELECT id FROM big b WHERE NOT EXISTS (SELECT 1 FROM small s WHERE s.id = b.grp AND s.grp < b.id)",
    "SELECT id FROM small WHERE id IN (SELECT grp FROM big WHERE big.amount > small.id * 10)",
    "SELECT word FROM big EXCEPT SELECT word FROM big WHERE id % 3 = 0",
    "SELECT id, grp FROM big INTERSECT SELECT id, grp FROM big WHERE id % 2 = 0",
    "SELECT id FROM small UNION SELECT amount FROM big UNION SELECT grp FROM big",
    "SELECT *, row_number() OVER (ORDER BY word, id), sum(amount) OVER () FROM big",
    "SELECT id, word, lag(word, 3000) OVER (PARTITION BY grp % 2 ORDER BY id) FROM big",
    "SELECT word, rank() OVER (PARTITION BY grp ORDER BY amount), count(*) OVER (ORDER BY id DESC) FROM big",
    "SELECT word, max(word) OVER (ORDER BY id ROWS 9 PRECEDING) FROM big LIMIT 20",
    "SELECT sum(n) FROM (SELECT ntile(7) OVER (PARTITION BY grp ORDER BY word) AS n FROM big) t GROUP BY n",
];

fn session() -> Session {
    let mut session = Session::new(Arc::new(Database::in_memory().expect("a database")));
    let mut run = |sql: &str| rows_of(&mut session, sql).expect("it runs");
    run("CREATE TABLE big (id INTEGER PRIMARY KEY, grp INTEGER, word TEXT, amount INTEGER)");
    run("CREATE TABLE small (id INTEGER PRIMARY KEY, grp INTEGER)");
    let rows = |from: usize, to: usize, row: &dyn Fn(usize) -> String| -> String {
        (from..to).map(row).collect::<Vec<_>>().join(",")
    };
    let row = |id: usize| {
        let amount =
            if id.is_multiple_of(11) { "NULL".to_owned() } else { (id * 7919 % 1009).to_string() };
        format!("({id}, {}, 'word {}', {amount})", id * 31 % 17, id * 7877 % 5003)
    };
    for from in (1..ROWS).step_by(1_000) {
        run(&format!("INSERT INTO big VALUES {}", rows(from, ROWS.min(from + 1_000), &row)));
    }
    let row = |id: usize| format!("({id}, {})", id % 6);
    run(&format!("INSERT INTO small VALUES {}", rows(1, 60, &row)));
    session
}

/// Asks with memory for all, and with less: the rows are the same. Gives how many there are.
pub fn ask(session: &mut Session, query: &str, memories: &[&str]) -> usize {
    rows_of(session, "SET memory = DEFAULT").expect("a setting");
    let expected = rows_of(session, query).unwrap_or_else(|error| panic!("{query}\n{error}"));
    for memory in memories {
        rows_of(session, &format!("SET memory = '{memory}'")).expect("a setting");
        let rows = rows_of(session, query).unwrap_or_else(|error| panic!("{query}\n{error}"));
        assert_eq!(rows.len(), expected.len(), "{query} with {memory}");
        for (at, (row, expected)) in rows.iter().zip(&expected).enumerate() {
            let same = row.iter().zip(expected).all(|(a, b)| a.is_same(b));
            assert!(same, "{query} with {memory}, row {at}: {row:?}, not {expected:?}");
        }
    }
    expected.len()
}

#[test]
fn answers_do_not_depend_on_the_memory() {
    let mut session = session();
    for query in QUERIES {
        let rows = ask(&mut session, query, &["0", "20kB", "300kB"]);
        assert!(rows > 0, "{query} gives rows");
    }
}

#[test]
fn explain_analyze_says_what_was_written() {
    let mut session = session();
    let mut spilled = |memory: &str, query: &str| -> Vec<String> {
        rows_of(&mut session, &format!("SET memory = '{memory}'")).expect("a setting");
        let lines = rows_of(&mut session, &format!("EXPLAIN ANALYZE {query}")).expect("a plan");
        let lines = lines.iter().map(|line| line[0].to_string());
        lines.filter(|line| line.contains(", spilled ")).collect()
    };
    for query in QUERIES.iter().filter(|query| !query.contains("FROM small UNION")) {
        let lines = spilled("256MB", query);
        assert!(lines.is_empty(), "{query}: {lines:?}");
    }
    for (query, operator) in [
        ("SELECT * FROM big ORDER BY word", "sort"),
        ("SELECT word, count(*) FROM big GROUP BY word", "aggregate"),
        ("SELECT DISTINCT word FROM big", "distinct"),
        ("SELECT count(DISTINCT word) FROM big", "aggregate"),
        ("SELECT median(amount) FROM big", "aggregate"),
        ("SELECT group_concat(id ORDER BY word) FROM big", "aggregate"),
        ("SELECT count(*) FROM small a LEFT JOIN big b ON a.grp = b.grp AND a.id > 50", "join"),
        ("SELECT word FROM big EXCEPT SELECT word FROM big WHERE id > 9", "except"),
        ("SELECT word, sum(amount) OVER () FROM big", "window"),
        ("SELECT word, lead(word) OVER (PARTITION BY grp ORDER BY id) FROM big", "window"),
    ] {
        let lines = spilled("10kB", query);
        assert!(lines.iter().any(|line| line.contains(operator)), "{query}: {lines:?}");
    }
}

/// However a statement ends, nothing stays in the directory of temporary files.
#[test]
#[cfg(unix)]
fn temporary_files_vanish() {
    let place = tempfile::TempDir::new().expect("a directory");
    let run = |sql: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_asof"));
        command.env("TMPDIR", place.path()).args(["-X", "--memory", "1kB", "-c", sql]);
        command.output().expect("it runs")
    };
    let digits = "(VALUES (1),(2),(3),(4),(5),(6),(7),(8),(9),(10))";
    let rows = format!("{digits} a, {digits} b, {digits} c, {digits} d");
    let sorted = format!("FROM {rows} ORDER BY 1 DESC");
    let said = run(&format!("SELECT a.column1 * 1000 + b.column1 {sorted} LIMIT 1"));
    assert_eq!(String::from_utf8_lossy(&said.stdout).trim(), "10010");
    let failed = run(&format!("SELECT abs(-9223372036854775807 - (a.column1 = 10)) {sorted}"));
    assert!(String::from_utf8_lossy(&failed.stderr).contains("integer-overflow"));
    let left = std::fs::read_dir(place.path()).expect("the directory").count();
    assert_eq!(left, 0, "nothing is left");
}
