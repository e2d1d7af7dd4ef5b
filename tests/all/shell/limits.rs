//! The binary where the system allows it little: short stacks, small files; and what it allows itself.

use super::piped::{Piped, ended};
use super::{Run, TABLE, TestDirectory};
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

/// Runs `asof` under limits that `sh` sets: `-s 512`, `-f 40`.
fn limited(place: &TestDirectory, limits: &str, arguments: &[&str], out: Option<File>) -> Run {
    let mut command = Command::new("sh");
    command.args(["-c", &format!("ulimit {limits} && exec \"$0\" \"$@\"")]);
    command.arg(env!("CARGO_BIN_EXE_asof")).args(arguments).current_dir(place.path());
    if let Some(out) = out {
        command.stdout(out);
    }
    let output = command.output().expect("sh runs");
    Run {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).expect("text"),
        err: String::from_utf8(output.stderr).expect("text"),
    }
}

/// So many terms with an operator between them.
fn chain(term: &str, operator: &str, terms: usize) -> String {
    vec![term; terms].join(&format!(" {operator} "))
}

#[test]
fn the_tallest_expression_fits_however_short_the_stack_is_that_the_system_gives() {
    let place = TestDirectory::new();
    let script = format!("{TABLE}INSERT INTO t VALUES (1, 'x'), (2, 'y');");
    assert_eq!(place.run(&["bank"], script).code, 0);
    // The terms themselves may be of some levels.
    let tall = 990;
    let cases = [
        (format!("SELECT {}", chain("1", "AND", tall)), "1\n".to_string()),
        (format!("SELECT count(*) FROM t WHERE {}", chain("a > 0", "AND", tall)), "2\n".into()),
        (format!("SELECT b FROM t WHERE {}", chain("a = 2", "OR", tall)), "y\n".into()),
        (format!("SELECT {} FROM t", chain("a", "+", tall)), "990\n1980\n".into()),
        (format!("SELECT length({}) FROM t", chain("b", "||", tall)), "990\n990\n".into()),
        (format!("SELECT {} FROM t", chain("a", "=", tall)), "1\n0\n".into()),
        (format!("SELECT sum(a) FROM t HAVING {}", chain("sum(a) > 0", "AND", tall)), "3\n".into()),
        (format!("SELECT a IN ({}) FROM t", chain("a + 1", ",", 5_000)), "0\n0\n".into()),
    ];
    for (statement, expected) in cases {
        let run = limited(&place, "-s 512", &["bank", "-c", &statement], None);
        assert_eq!((run.code, run.out), (0, expected), "{statement:.60} {}", run.err);
    }
    for statement in [
        format!("EXPLAIN SELECT * FROM t WHERE {}", chain("a = 1", "OR", tall)),
        format!("UPDATE t SET a = {}", chain("a", "+", tall)),
        format!("DELETE FROM t WHERE {}", chain("a = 5", "OR", tall)),
        format!("CREATE TABLE u (a INTEGER DEFAULT ({}))", chain("1", "+", tall)),
    ] {
        let run = limited(&place, "-s 512", &["bank", "-c", &statement], None);
        assert_eq!(run.code, 0, "{statement:.60} {}", run.err);
    }
    let taller = format!("SELECT {}", chain("1", "AND", 1_001));
    let run = limited(&place, "-s 512", &["bank", "-c", &taller], None);
    assert_eq!(run.code, 1);
    assert!(run.err.contains("an expression of more than 1000 levels"), "{}", run.err);
}

#[test]
fn a_limit_on_the_size_of_files_is_an_error_and_what_was_acknowledged_stays() {
    let place = TestDirectory::new();
    let inserts: String = (0..3_000).map(|n| format!("INSERT INTO t VALUES ({n}, 'x');")).collect();
    let arguments = ["--receipts", "bank", "-c", TABLE, "-c", &inserts];
    let run = limited(&place, "-f 40", &arguments, None);
    assert_eq!(run.code, 1, "{}", run.err);
    assert!(run.err.contains("error[io]: cannot write bank/events.log"), "{}", run.err);
    let acknowledged = run.out.matches("INSERT").count();
    assert!(acknowledged > 10, "{}", run.out);
    let after = place.run(&["bank", "SELECT count(*) FROM t"], "");
    assert_eq!((after.code, after.out), (0, format!("{acknowledged}\n")), "{}", after.err);
}

#[test]
fn a_result_that_is_larger_than_a_file_may_be_is_an_error() {
    let place = TestDirectory::new();
    let results = File::create(place.path().join("results")).expect("a file");
    let query = format!("SELECT '{}'", "x".repeat(100_000));
    let run = limited(&place, "-f 8", &["-c", &query], Some(results));
    assert_eq!(run.code, 1, "{}", run.err);
    assert!(run.err.contains("error[output]: cannot write to standard output"), "{}", run.err);
}

#[test]
fn a_statement_without_end_is_refused_where_it_begins_before_it_fills_the_memory() {
    let place = TestDirectory::new();
    let mut session = Piped::new(&place, &["--receipts"]);
    session.send("CREATE TABLE t(a);\nSELECT 1 + ");
    let mut input = session.input;
    // It reads some 64 MiB of this, and then no more.
    let feed = std::thread::spawn(move || {
        let block = [b'x'; 1 << 20];
        (0..1_000).take_while(|_| input.write_all(&block).is_ok()).count()
    });
    let (code, said) = ended(session.child);
    assert_eq!(code, Some(1));
    assert!(
        said.contains("stdin:2:1: error[statement-size]: this statement is larger than 64 MiB")
    );
    let read = feed.join().expect("it stops where nobody listens");
    assert!((64..80).contains(&read), "{read} MiB");
}

#[test]
fn what_was_said_is_there_before_what_runs_behind_it_has_ended() {
    let rows: Vec<String> = (0..1_000).map(|n| format!("({n}, 'x')")).collect();
    let endless = "SELECT count(*) FROM t p, t q, t r, t s WHERE p.a + q.a + r.a + s.a < 0";
    let script = format!(
        "BEGIN; INSERT INTO t VALUES {}; COMMIT;\nSELECT 'row';\n.print printed\n{endless};",
        rows.join(", ")
    );
    // The limit ends a run that would keep the test waiting for ever.
    let mut child = Command::new("sh")
        .args(["-c", "ulimit -t 60 && exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_asof")])
        .args(["--receipts", "-c", TABLE, "-c", &script])
        .stdout(Stdio::piped())
        .spawn()
        .expect("sh runs");
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    let said: Vec<String> = (0..6).map_while(|_| lines.next()?.ok()).collect();
    assert!(said.iter().any(|line| line.contains("INSERT t (1000 rows)")), "{said:?}");
    assert_eq!(said[4..], ["row", "printed"], "{said:?}");
    assert!(child.try_wait().expect("it can be asked").is_none(), "the query still runs");
    child.kill().expect("it runs");
    child.wait().expect("it was killed");
}

#[test]
fn what_the_command_line_quotes_commands_no_terminal() {
    for argument in ["--b\u{1b}[31mad", "--mode=\u{1b}[31m", "--snapshot-every=\u{202e}7\u{200b}"] {
        let run = TestDirectory::new().run(&[argument], "");
        assert_eq!(run.code, 2, "{}", run.err);
        let hostile = |c: char| matches!(c, '\u{1b}' | '\u{202e}' | '\u{200b}');
        assert!(!run.err.contains(hostile), "{:?}", run.err);
        assert!(
            run.err.contains("\\e[31m") || run.err.contains("\\u{202e}7\\u{200b}"),
            "{}",
            run.err
        );
    }
}
