//! Columns of few different texts, whose rows are told apart by codes: each query gives, row by row, what the
//! same query gives that reads the column through an expression, of which there are no codes.

use crate::answer::{rows_of, run};
use asof::session::Session;
use asof::storage::Database;
use std::sync::Arc;

/// Rows of the larger table: several chunks, the last of which still grows.
const ROWS: usize = 13_000;

/// Queries over `big (id, city, owner, folded, amount)` and `owners (name, region)`: columns in braces are
/// those with codes.
const QUERIES: &[&str] = &[
    "SELECT {city}, count(*), sum(amount), count(amount), avg(amount), min(id) FROM big GROUP BY {city}",
    "SELECT {owner}, count(*), total(amount), group_concat(id) FROM big GROUP BY {owner}",
    "SELECT {city}, max(amount), id FROM big WHERE id % 3 > 0 AND amount IS NOT 7 GROUP BY {city}",
    "SELECT {city}, count(*) FILTER (WHERE amount > 9) FROM big GROUP BY {city} HAVING count(*) > 2",
    "SELECT {folded}, count(*), sum(id) FROM big GROUP BY {folded} COLLATE NOCASE",
    "SELECT {city}, count(DISTINCT {owner}) FROM big GROUP BY {city}",
    "SELECT count(*), sum(n) FROM (SELECT count(*) AS n FROM big GROUP BY {owner}) t",
    "SELECT {city}, count(*) FROM (SELECT {city} AS city, id FROM big LIMIT 9000 OFFSET 100) t GROUP BY {city}",
    "SELECT {city}, count(*) FROM (SELECT {city} AS city FROM big UNION ALL SELECT {owner} FROM big) t GROUP BY 1",
    "SELECT DISTINCT {city} FROM big",
    "SELECT DISTINCT {folded} COLLATE NOCASE FROM big WHERE id > 20",
    "SELECT DISTINCT {owner} FROM big WHERE amount > 100 LIMIT 500",
    "SELECT a.id, o.region FROM big a JOIN owners o ON {a.owner} = {o.name}",
    "SELECT region, count(*), sum(amount) FROM big a JOIN owners o ON {a.owner} = {o.name} GROUP BY {region}",
    "SELECT {region}, count(*), sum(id) FROM big a LEFT JOIN owners o ON {a.owner} = {o.name} GROUP BY {region}",
    "SELECT o.name, a.id FROM big a RIGHT JOIN owners o ON {a.owner} = {o.name} AND a.id > 12000",
    "SELECT a.id FROM big a WHERE NOT EXISTS (SELECT 1 FROM owners o WHERE {o.name} = {a.owner})",
    "SELECT a.id, b.id FROM big a JOIN big b ON {a.city} = {b.city} AND b.id < 40 AND a.id > 12900",
    "SELECT {city} FROM big EXCEPT SELECT {city} FROM big WHERE id % 7 > 0",
    "SELECT {owner} FROM big INTERSECT SELECT {name} FROM owners",
    "SELECT {b.city}, sum(a.amount) FROM big a JOIN big b ON a.id = b.id - 1 GROUP BY {b.city}",
];

/// A query by the columns as they are, or by what is made of them.
fn said(query: &str, is_coded: bool) -> String {
    let (before, behind) = if is_coded { ("", "") } else { ("(", " || '')") };
    query.replace('{', before).replace('}', behind)
}

fn session() -> Session {
    let mut session = Session::new(Arc::new(Database::in_memory().expect("a database")));
    run(
        &mut session,
        &[
            "CREATE TABLE big (id INTEGER PRIMARY KEY, city TEXT, owner TEXT, folded TEXT, amount REAL)",
            "CREATE TABLE owners (name TEXT, region TEXT)",
        ],
    );
    let text =
        |is_null: bool, text: String| if is_null { "NULL".into() } else { format!("'{text}'") };
    let row = |id: usize| {
        let city = text(id.is_multiple_of(13) && id > 50, format!("city {}", id * id % 23));
        let owner = text(id.is_multiple_of(1_001), format!("owner {}", id * 7_919 % 1_009));
        let folded = text(id == 77, ["Aa", "aA", "b", "B ", "b"][id % 5].into());
        let amount = if id.is_multiple_of(11) { "NULL".into() } else { format!("{}.1", id % 997) };
        format!("({id},{city},{owner},{folded},{amount})")
    };
    for from in (1..ROWS).step_by(1_000) {
        let rows: Vec<String> = (from..ROWS.min(from + 1_000)).map(row).collect();
        run(&mut session, &[&format!("INSERT INTO big VALUES {}", rows.join(","))]);
    }
    let row = |at: usize| {
        let region = text(at.is_multiple_of(17), format!("region {}", at % 7));
        format!("('owner {}',{region})", at * 3 % 1_500)
    };
    let rows: Vec<String> = (0..5_000).filter(|at| at % 4 > 0).map(row).collect();
    run(&mut session, &[&format!("INSERT INTO owners VALUES {}", rows.join(","))]);
    session
}

fn compare(session: &mut Session, query: &str) {
    let [coded, other] = [true, false].map(|is_coded| {
        let query = said(query, is_coded);
        rows_of(session, &query).unwrap_or_else(|error| panic!("{query}\n{error}"))
    });
    assert_eq!(coded.len(), other.len(), "{query}");
    for (at, (row, expected)) in coded.iter().zip(&other).enumerate() {
        let same = row.iter().zip(expected).all(|(a, b)| a.is_same(b));
        assert!(same, "{query}, row {at}: {row:?}, not {expected:?}");
    }
}

#[test]
fn answers_by_codes_are_those_by_texts() {
    let mut session = session();
    for memory in ["DEFAULT", "'30kB'"] {
        run(&mut session, &[&format!("SET memory = {memory}")]);
        QUERIES.iter().for_each(|query| compare(&mut session, query));
    }
}

#[test]
fn codes_follow_what_happens_to_rows() {
    let mut session = session();
    let changes = [
        "UPDATE big SET city = 'city ' || id % 29 WHERE id % 50 = 0",
        "DELETE FROM big WHERE id BETWEEN 3000 AND 3500 OR city = 'city 3'",
        "INSERT INTO big SELECT id + 20000, owner, city, folded, -amount FROM big WHERE id < 9000",
        "UPDATE big SET owner = NULL WHERE id > 8000 AND id % 3 = 0",
        "ALTER TABLE big ADD COLUMN later TEXT DEFAULT 'none'",
    ];
    for (at, change) in changes.iter().enumerate() {
        run(&mut session, &[change]);
        QUERIES
            .iter()
            .skip(at)
            .step_by(changes.len())
            .for_each(|query| compare(&mut session, query));
    }
    compare(&mut session, "SELECT {later}, count(*) FROM big GROUP BY {later}");
    run(&mut session, &["BEGIN", "UPDATE big SET city = 'here' WHERE id % 90 = 1"]);
    QUERIES.iter().step_by(3).for_each(|query| compare(&mut session, query));
    run(&mut session, &["ROLLBACK", "SET AS OF EVENT 15000"]);
    QUERIES.iter().skip(1).step_by(3).for_each(|query| compare(&mut session, query));
}
