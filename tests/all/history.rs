//! The whole program over a history of updates: every moment has its sum.

#[path = "../../benches/peers/process.rs"]
#[expect(dead_code, reason = "only the benchmark looks at the time")]
mod process;
#[path = "../../benches/peers/workload.rs"]
mod workload;

use assert_cmd::Command;

fn asof(database: &std::path::Path, script: String) -> String {
    let output = Command::cargo_bin("asof")
        .expect("the program is built")
        .arg(database)
        .write_stdin(script)
        .output()
        .expect("the program runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("the output is text")
}

#[test]
fn sums_are_right_at_every_moment_before_and_after_reopening() {
    let directory = tempfile::tempdir().expect("a directory");
    let database = directory.path().join("w2");
    let (rows, updates) = match std::env::var_os("ASOF_EXHAUSTIVE") {
        Some(_) => (10_000, 1_000_000),
        None => (500, 20_000),
    };
    let (script, moments) = workload::updates(rows, updates);
    let (questions, answers) = workload::ask(&moments);
    assert_eq!(asof(&database, script + &questions), answers);
    assert_eq!(asof(&database, questions), answers);
}

#[test]
fn inserts_by_script_are_found_by_key() {
    let directory = tempfile::tempdir().expect("a directory");
    let database = directory.path().join("w3");
    let (rows, queries) = (5_000, 300);
    assert_eq!(asof(&database, workload::inserts(rows)), "");
    let found = asof(&database, workload::points(rows, queries));
    let wanted = workload::points(rows, queries);
    let ids = wanted.lines().map(|line| line.trim_end_matches(';').rsplit(' ').next());
    assert!(found.lines().map(|line| line.split('|').next()).eq(ids));
}

#[test]
fn a_long_script_needs_no_more_memory_than_a_short_one() {
    let directory = tempfile::tempdir().expect("a directory");
    let database = directory.path().join("w3");
    assert_eq!(asof(&database, workload::inserts(1_000)), "");
    let peak = |queries: u64| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_asof"));
        let run = process::run(command.arg(&database), &workload::points(1_000, queries));
        assert_eq!(u64::try_from(run.output.lines().count()), Ok(queries));
        run.peak
    };
    let long = if std::env::var_os("ASOF_EXHAUSTIVE").is_some() { 2_000_000 } else { 200_000 };
    let (short, long) = (peak(20_000), peak(long));
    // Where the system does not tell, both are 0.
    assert!(long <= short + 50 * 1024, "{short} KiB for the short, {long} KiB for the long");
}
