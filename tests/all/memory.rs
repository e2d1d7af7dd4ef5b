//! How much memory a large statement takes, as a multiple of its text.

use crate::shell::TestDirectory;
use crate::shell::piped::Piped;
use std::fs;

/// Bytes of each statement.
const SIZE: usize = 1_500_000;

/// The most bytes that a process ever held, as the system counts them.
fn peak(process: u32) -> usize {
    let status = fs::read_to_string(format!("/proc/{process}/status")).expect("it runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("Linux says it");
    let kibibytes = line.trim().trim_end_matches(" kB").parse::<usize>().expect("a number");
    kibibytes << 10
}

/// How many bytes a statement takes for each of its text, and what it says.
fn multiple(before: &str, item: &str, behind: &str) -> (usize, String) {
    let place = TestDirectory::new();
    let mut session = Piped::new(&place, &["bank"]);
    assert_eq!(session.ask("CREATE TABLE t(a, b); INSERT INTO t VALUES (1, 2); SELECT 1"), "1\n");
    let empty = peak(session.child.id());
    let list = vec![item; SIZE / (item.len() + 1)].join(",");
    let said = session.ask(&format!("{before}{list}{behind}"));
    let taken = peak(session.child.id()) - empty;
    session.end();
    (taken / SIZE, said)
}

#[test]
fn a_list_of_constants_takes_a_bounded_multiple_of_its_text() {
    for (before, item, behind, most) in [
        // A list that grows is there twice while the allocator moves it.
        ("EXPLAIN INSERT INTO t(a) VALUES ", "(1)", "", 30),
        ("EXPLAIN INSERT INTO t VALUES ", "(-1.25,'some text')", "", 20),
        ("SELECT count(*) FROM t WHERE a NOT IN (", "1234567", ")", 30),
        ("SELECT count(*) FROM t WHERE b IN (", "'some text'", ")", 30),
        // What a transaction keeps of each row until it is durable is more than the statement.
        ("INSERT INTO t(a) VALUES ", "(1)", "; SELECT 1", 200),
        ("INSERT INTO t VALUES ", "(1234567,'a text of some length')", "; SELECT 1", 40),
    ] {
        let (taken, said) = multiple(before, item, behind);
        assert!(taken <= most, "{before}{item}: {taken} times its text");
        assert!(taken > 0 && !said.is_empty(), "{before}{item}: {said}");
    }
}

#[test]
fn expressions_beyond_their_number_are_an_error_and_take_no_more_memory() {
    for (before, item, behind) in [
        ("SELECT count(*) FROM t WHERE a IN (", "a+1", "); SELECT 1"),
        ("INSERT INTO t(a) VALUES ", "(1+1)", "; SELECT 1"),
    ] {
        let place = TestDirectory::new();
        let mut session = Piped::new(&place, &["--keep-going", "bank"]);
        assert_eq!(session.ask("CREATE TABLE t(a, b); SELECT 1"), "1\n");
        let list = vec![item; 2_000_000].join(",");
        assert_eq!(session.ask(&format!("{before}{list}{behind}")), "1\n");
        let taken = peak(session.child.id());
        assert!(taken < 300 << 20, "{before}{item}: {taken} bytes");
        let (code, said) = session.end();
        assert_eq!(code, Some(1));
        let limit = "error[expression-limit]: a statement of more than 1000000 expressions";
        assert!(said.contains(limit), "{said}");
    }
}

/// One partition of rows that would take some 40 MB for each function.
#[test]
fn a_partition_of_any_size_takes_no_more_than_the_memory() {
    let functions = [
        "max(-value) OVER (ORDER BY value ROWS 250000 PRECEDING)",
        "min(value) OVER (ORDER BY value ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING
           EXCLUDE CURRENT ROW)",
        "sum(value) OVER (ORDER BY value RANGE 200000 PRECEDING)",
        "length(lag(text, 1000) OVER (ORDER BY value))",
        "count(text) OVER (ORDER BY value GROUPS BETWEEN 100 PRECEDING AND 100000 FOLLOWING)",
    ];
    let place = TestDirectory::new();
    let mut session = Piped::new(&place, &["--memory", "1MB"]);
    let rows = "(SELECT value, 'a text that is number ' || value AS text
       FROM generate_series(1, 300000))";
    let ask = |what: &str| format!("SELECT sum(x) IS NULL FROM (SELECT {what} AS x FROM {rows})");
    assert_eq!(session.ask(&ask("value")), "0\n");
    let before = peak(session.child.id());
    for function in functions {
        assert_eq!(session.ask(&ask(function)), "0\n", "{function}");
        let taken = peak(session.child.id()) - before;
        assert!(taken < 12 << 20, "{function}: {taken} bytes");
    }
    session.end();
}
