//! What the documents show is what happens: README.md and grammar/README.md, executed.

use crate::house::sources;
use crate::shell::TestDirectory;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write};
use std::path::Path;

const README: &str = include_str!("../../README.md");
const LANGUAGE: &str = include_str!("../../grammar/README.md");
const BENCHES: &str = include_str!("../../benches/README.md");
const MANIFEST: &str = include_str!("../../Cargo.toml");
/// Makes the two commands of the README the same in every run.
const CLOCK: [&str; 2] = ["--clock", "2026-03-01T09:00:00Z+60"];

/// The fenced blocks of a document that are in this language.
fn blocks<'a>(document: &'a str, language: &str) -> Vec<&'a str> {
    let fence = format!("```{language}\n");
    document
        .split(&fence)
        .skip(1)
        .map(|rest| rest.split_once("```").expect("a fence is closed").0)
        .collect()
}

/// What a block types behind `$ `, each with the lines that answer.
fn commands(block: &str) -> Vec<(&str, String)> {
    let mut commands: Vec<(&str, String)> = Vec::new();
    for line in block.lines() {
        match (line.strip_prefix("$ "), commands.last_mut()) {
            (Some(command), _) => commands.push((command, String::new())),
            (None, Some((_, answer))) => {
                answer.push_str(line);
                answer.push('\n');
            }
            (None, None) => panic!("an answer to nothing: {line}"),
        }
    }
    commands
}

/// A session at the prompt: what is typed, what is answered, and the numbers in the prompts.
#[derive(Default)]
struct Transcript {
    typed: String,
    answers: String,
    heads: Vec<u64>,
}

fn transcript(text: &str) -> Transcript {
    let mut transcript = Transcript::default();
    for line in text.lines() {
        let prompt = line.strip_prefix("bank@").and_then(|rest| rest.split_once("> "));
        let typed = if let Some((head, typed)) = prompt {
            transcript.heads.push(head.parse().expect("the number of an event"));
            typed
        } else if let Some(typed) = line.strip_prefix("   ...> ") {
            typed
        } else {
            transcript.answers.push_str(line);
            transcript.answers.push('\n');
            continue;
        };
        transcript.typed.push_str(typed);
        transcript.typed.push('\n');
    }
    transcript
}

/// The last event after each statement that the receipts in an output tell of.
fn heads(output: &str) -> Vec<u64> {
    let mut head = 0;
    let mut heads = vec![head];
    for line in output.lines() {
        if let Some((_, rest)) = line.strip_prefix('+').and_then(|rest| rest.split_once('#')) {
            let last = rest.split([' ', '–']).take_while(|word| word.parse::<u64>().is_ok()).last();
            head = last.and_then(|last| last.parse().ok()).expect("the number of an event");
        } else if !line.contains(" row") {
            continue;
        }
        heads.push(head);
    }
    heads
}

fn play(place: &TestDirectory, block: &str) {
    for (command, answer) in commands(block) {
        let words: Vec<&str> = command.split_whitespace().collect();
        if let ["asof", database] = words.as_slice() {
            let (banner, session) = answer.split_once('\n').expect("a banner");
            let version = env!("CARGO_PKG_VERSION");
            assert_eq!(
                banner,
                format!("asof {version} · {database} is created by its first write · .help, .quit")
            );
            let transcript = transcript(session);
            let arguments = [&CLOCK[..], &["--box", "--receipts", database]].concat();
            let run = place.run(&arguments, &transcript.typed);
            assert_eq!((run.code, run.err.as_str()), (0, ""));
            assert_eq!(run.out, transcript.answers);
            // Behind the last answer there would be one more prompt.
            assert_eq!(heads(&run.out)[..transcript.heads.len()], transcript.heads);
        } else if let Some(said) = in_a_shell(place, command) {
            assert_eq!(said, answer, "{command}");
        } else {
            let _ = writeln!(io::stderr(), "skipped, its program is not installed: {command}");
        }
    }
}

/// What a command says; nothing where it needs a program that is not installed.
fn in_a_shell(place: &TestDirectory, command: &str) -> Option<String> {
    let program = command.split_whitespace().next()?;
    let asof = assert_cmd::cargo::cargo_bin("asof");
    let mut folders = vec![asof.parent().expect("a folder").to_path_buf()];
    folders.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
    if !folders.iter().any(|folder| folder.join(program).is_file()) {
        return None;
    }
    let output = std::process::Command::new("sh")
        .args(["-c", command])
        .current_dir(place.path())
        .env("PATH", std::env::join_paths(folders).expect("a path"))
        .output()
        .expect("a shell");
    assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8(output.stdout).expect("text"))
}

#[test]
#[cfg(unix)]
fn the_sessions_of_the_readme_are_real() {
    let place = TestDirectory::new();
    let shown = blocks(README, "console");
    assert_eq!(shown.len(), 3);
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    std::os::unix::fs::symlink(examples, place.path().join("examples")).expect("a link");
    shown.iter().for_each(|block| play(&place, block));
}

#[test]
fn the_readme_begins_with_commands_that_work() {
    let commands = blocks(README, "sh")[0];
    let (run, test) = commands.split_once('\n').expect("two commands");
    assert!(run.starts_with("cargo run --release -- -f examples/tour.sql "), "{run}");
    assert!(test.starts_with("cargo test "), "{test}");
    assert!(README.starts_with("# asof\n\n```sh\n"));
}

#[test]
fn the_options_of_the_readme_are_those_of_the_program() {
    let help = TestDirectory::new().run(&["--help"], "").out;
    let (_, rest) = README.split_once("| option |").expect("a table of options");
    let (table, rest) = rest.split_once("\n\n").expect("an end");
    assert!(rest.contains("| exit code |"));
    let quoted: Vec<&str> = table.split('`').skip(1).step_by(2).collect();
    for option in quoted.iter().filter_map(|text| text.split_whitespace().next()) {
        assert!(help.contains(option), "{option} is not in the help");
    }
    for word in help.split_whitespace().filter(|word| word.starts_with("--")) {
        let word = word.trim_end_matches(|c: char| !c.is_alphanumeric());
        let is_known = ["--command", "--file", "--quiet", "--help", "--version"].contains(&word)
            || asof::render::MODES.iter().any(|mode| word == format!("--{}", mode.name));
        assert!(is_known || table.contains(word), "{word} is not in the README");
    }
    for mode in asof::render::MODES {
        assert!(quoted.contains(&mode.name), "{} is not in the README", mode.name);
    }
}

#[test]
fn the_places_that_the_documents_name_exist() {
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let links =
        README.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(to, _)| to);
    let quoted = README.split('`').skip(1).step_by(2).filter(|text| text.starts_with("src/"));
    let named: Vec<&str> = links.chain(quoted).collect();
    assert!(named.len() > 10, "{named:?}");
    for place in named {
        assert!(top.join(place).exists(), "{place}");
    }
    for entry in fs::read_dir(top.join("src")).expect("the source").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_floor = entry.path().is_dir();
        assert!(
            !is_floor || README.contains(&format!("`src/{name}/`")),
            "{name} is not on the map"
        );
    }
}

/// The words behind each `before` in a text.
fn words_after<'a>(text: &'a str, before: &str) -> BTreeSet<&'a str> {
    let end = |c: char| !(c.is_alphanumeric() || c == '_');
    text.split(before).skip(1).filter_map(|rest| rest.split(end).next()).collect()
}

#[test]
fn the_benchmarks_that_are_told_of_are_those_that_there_are() {
    let there = words_after(MANIFEST, "[[bench]]\nname = \"");
    assert!(!there.is_empty());
    assert_eq!(words_after(BENCHES, "cargo bench --bench "), there);
    for name in words_after(README, "cargo bench --bench ") {
        assert!(there.contains(name), "{name} is no benchmark");
    }
    // What their work can be set by, each in its own documentation.
    let mut asked = BTreeSet::new();
    for name in &there {
        let prefix = name.to_uppercase() + "_";
        for (_, source) in sources(&format!("benches/{name}")) {
            let names = words_after(&source, &format!("\"{prefix}"));
            asked.extend(names.into_iter().map(|rest| format!("{prefix}{rest}")));
        }
    }
    let missing: Vec<&String> =
        asked.iter().filter(|name| !BENCHES.contains(&format!("`{name}`"))).collect();
    assert!(asked.len() > 5 && missing.is_empty(), "{missing:?}");
}

#[test]
fn the_examples_of_the_grammar_answer_as_shown() {
    let shown = blocks(LANGUAGE, "sql");
    assert!(!shown.is_empty());
    for block in shown {
        // `SELECT …; -- answer`: the rows in list mode, with `, ` between them, or an error's code.
        for line in block.lines() {
            let (statements, answer) = line.rsplit_once(" -- ").expect("an answer");
            let run = TestDirectory::new().run(&["--list"], statements);
            let given = match run.err.split_once("error[") {
                Some((_, rest)) => format!("error {}", rest.split(']').next().unwrap_or_default()),
                None => run.out.trim_end().replace('\n', ", "),
            };
            assert_eq!(given, answer.trim(), "{line}");
        }
    }
}

#[test]
fn the_grammar_names_every_function() {
    let scalar = asof::planner::SCALAR_FUNCTIONS.iter().map(|entry| entry.signature.name);
    let aggregates = asof::planner::AGGREGATE_FUNCTIONS.iter().map(|entry| entry.signature.name);
    let windows = asof::planner::WINDOW_FUNCTIONS.iter().map(|entry| entry.signature.name);
    let tables = asof::planner::TABLE_FUNCTIONS.iter().map(|entry| entry.signature.name);
    let all = scalar.chain(aggregates).chain(windows).chain(tables);
    let missing: Vec<&str> = all.filter(|name| !LANGUAGE.contains(&format!("`{name}`"))).collect();
    assert_eq!(missing, Vec::<&str>::new());
}

#[test]
fn any_tool_for_json_reads_the_log() {
    let place = TestDirectory::new();
    let script = "CREATE TABLE t (a INTEGER PRIMARY KEY, r REAL, s TEXT, d DECIMAL(5,2), b BOOLEAN,
                                  day DATE, at TIMESTAMP, x BLOB, j JSON, v ANY);
         INSERT INTO t VALUES (9223372036854775807, 0.1, 'née \"q\" \\', 1.5, TRUE, '2026-01-31',
                               '2026-01-31 12:00:00.5', x'00ff', '{\"a\": [1]}', NULL);
         BEGIN WITH (intent = 'Renamed', note = 'it''s');
         UPDATE t SET s = 'line\nbreak\ttab', x = NULL;
         COMMIT;
         DELETE FROM t; DROP TABLE t;";
    let run = place.run(&[&CLOCK[..], &["bank"]].concat(), script);
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    let log = fs::read_to_string(place.path().join("bank/events.log")).expect("text");
    assert!(log.ends_with('\n'));
    let lines: Vec<Value> =
        log.lines().map(|line| serde_json::from_str(line).expect("a JSON object")).collect();
    assert_eq!(lines[0]["format"], "asof");
    for (number, line) in lines.iter().enumerate().skip(1) {
        assert_eq!(line["event"], number, "{line}");
        assert!(line["tx"].is_u64() && line["at"].is_string() && line["crc"].is_string(), "{line}");
    }
    let ops: Vec<&Value> = lines[1..].iter().map(|line| &line["op"]).collect();
    assert_eq!(ops, ["create_table", "insert", "update", "delete", "drop_table"]);
    assert_eq!(lines[2]["new"]["a"], i64::MAX);
    assert_eq!(lines[2]["new"]["s"], "née \"q\" \\");
    assert_eq!(lines[2]["new"]["j"]["a"][0], 1);
    assert_eq!(lines[3]["new"]["s"], "line\nbreak\ttab");
    assert_eq!((&lines[3]["intent"], &lines[3]["note"]), (&"Renamed".into(), &"it's".into()));
}
