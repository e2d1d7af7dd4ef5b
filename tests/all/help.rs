//! HELP, asked about everything it knows; what it shows is run.

use crate::shell::TestDirectory;
use asof::language::help_topics;

/// What the examples are asked on.
const PREPARATION: &str = "
    CREATE TABLE accounts (id INTEGER PRIMARY KEY, owner TEXT, balance INTEGER);
    INSERT INTO accounts (owner, balance) VALUES ('Ada', 100), ('Bob', 50);
    TAG opened;
    UPDATE accounts SET balance = balance - 30 WHERE id = 1;
    CREATE TABLE movements (account INTEGER, amount INTEGER);";

#[test]
fn every_example_runs() {
    for topic in help_topics::topics() {
        let run = TestDirectory::new().run(&["-q"], format!("{PREPARATION}\n{}", topic.example));
        // What is kept and not enforced is said.
        let wrong = run.err.lines().find(|line| !line.starts_with("notice: "));
        assert_eq!((run.code, wrong), (0, None), "{}: {}", topic.name, topic.example);
        let asks = topic.example.contains("SELECT") && !topic.example.contains("WHERE id = 1");
        assert!(!run.out.is_empty() || !asks, "{}: {} gives nothing", topic.name, topic.example);
    }
}

/// Makes sure that a terminal of 80 columns shows a text as it is.
#[track_caller]
fn fits(text: &str) {
    for line in text.lines() {
        let columns = line.chars().count();
        assert!(columns <= 80, "{columns} columns: {line}\n{text}");
        assert_eq!(line.trim_end(), line);
    }
}

#[test]
fn every_help_fits_into_80_columns() {
    let place = TestDirectory::new();
    fits(&place.run(&["--help"], "").out);
    fits(&place.run(&["-c", "HELP", "-c", ".help"], "").out);
    for topic in help_topics::topics() {
        fits(&asof::session::help(topic.name).expect("a topic"));
    }
    let asked: Vec<String> =
        asof::shell::commands().map(|command| format!(".help {}\n", command.name)).collect();
    let run = place.run(&[], asked.concat());
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    fits(&run.out);
}

#[test]
fn help_explains_every_command_with_its_arguments() {
    for command in asof::shell::commands() {
        let name = &command.name[1..];
        let with_dot = TestDirectory::new().run(&["-c", &format!(".help .{name}")], "");
        let without = TestDirectory::new().run(&["-c", &format!(".help {name}")], "");
        assert_eq!((with_dot.code, with_dot.err.as_str()), (0, ""), "{name}");
        // Where there is a topic or a function of that name, it comes first.
        assert!(without.out.ends_with(&with_dot.out), "{}", without.out);
        assert_eq!(without.out == with_dot.out, asof::session::help(name).is_none(), "{name}");
        let usage = format!(".{name} {}", command.arguments);
        assert!(with_dot.out.starts_with(&format!("{}\n", usage.trim_end())), "{}", with_dot.out);
        assert!(with_dot.out.contains(command.help), "{}", with_dot.out);
        for (argument, _) in command.details {
            assert!(with_dot.out.contains(&format!("\n  {argument}  ")), "{}", with_dot.out);
        }
    }
    let prompt = TestDirectory::new().run(&["-c", ".help prompt"], "").out;
    insta::assert_snapshot!(prompt, @"
    .prompt [TEXT] [MORE]
      what stands before what is typed

      TEXT  before a statement: {database}, {event} that is read, {head} the last
            event, {state} a transaction or the past
      MORE  before its further lines: {open} is what is open, as ( or '
    ");
}

#[test]
fn the_shell_helps_with_a_topic() {
    let place = TestDirectory::new();
    let overview = place.run(&["-c", "HELP"], "");
    assert_eq!((overview.code, overview.err.as_str()), (0, ""));
    for topic in help_topics::topics() {
        assert!(overview.out.contains(topic.about), "{}", topic.name);
    }
    let topic = place.run(&["-c", "help  Group BY"], "");
    assert!(topic.out.starts_with("SELECT: reads rows"), "{}", topic.out);
    assert!(topic.out.contains("Select         ::= 'SELECT'"), "{}", topic.out);
    assert_eq!(place.run(&["-c", ".help group by"], "").out, topic.out);
    assert_eq!(place.run(&[], "HELP group by;\n").out, topic.out);
}

#[test]
fn a_misspelt_topic_is_put_right() {
    for (asked, way) in [
        ("'x'", "a topic"),
        ("selct", "did you mean {} select?"),
        ("creat tabel", "did you mean {} create table?"),
        ("uppr", "did you mean {} upper?"),
        // What a word begins comes before what it is a slip away from, and of many the first few.
        ("low", "did you mean {} lower?"),
        ("substri", "did you mean {} substring?"),
        ("substrr", "did you mean {} substr?"),
        ("jul", "did you mean {} julianday?"),
        ("nvl", "ifnull(x, y) is y where x is NULL"),
    ] {
        for command in ["HELP", ".help"] {
            let run = TestDirectory::new().run(&["-c", &format!("{command} {asked}")], "");
            if asked == "'x'" && command == ".help" {
                continue;
            }
            assert_eq!((run.code, run.out.as_str()), (1, ""), "{command} {asked}");
            assert!(run.err.contains(&way.replace("{}", command)), "{}", run.err);
        }
    }
    let run = TestDirectory::new().run(&["-c", "HELP elephant seals"], "");
    insta::assert_snapshot!(run.err, @"
    -c:1:6: error[unknown-topic]: there is no help about elephant seals
     1 | HELP elephant seals
       |      ^^^^^^^^^^^^^^ HELP lists the topics, HELP functions the functions
    ");
}

#[test]
fn a_check_finds_a_topic_that_there_is_not() {
    let place = TestDirectory::new();
    assert_eq!(place.run(&["--check"], "HELP upper; HELP as of;").code, 0);
    let run = place.run(&["--check"], "SELECT 1;\nHELP uppr;");
    assert_eq!(run.code, 1);
    assert!(run.err.contains("unknown-topic"), "{}", run.err);
}

#[test]
fn help_makes_no_database() {
    let place = TestDirectory::new();
    let run = place.run(&["bank", "HELP tag"], "");
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    assert!(!place.path().join("bank").exists());
}

#[test]
fn help_lists_every_function_with_one_line_each() {
    let place = TestDirectory::new();
    let listed = place.run(&["-c", "HELP functions"], "").out;
    let scalar = asof::planner::SCALAR_FUNCTIONS.iter().map(|entry| entry.signature);
    let aggregates = asof::planner::AGGREGATE_FUNCTIONS.iter().map(|entry| entry.signature);
    let windows = asof::planner::WINDOW_FUNCTIONS.iter().map(|entry| entry.signature);
    let tables = asof::planner::TABLE_FUNCTIONS.iter().map(|entry| entry.signature);
    for signature in scalar.chain(aggregates).chain(windows).chain(tables) {
        let line = |line: &&str| line.starts_with(&format!("  {} ", signature.usage));
        let found: Vec<&str> = listed.lines().filter(line).collect();
        let [found] = found.as_slice() else { panic!("{}: {found:?}", signature.usage) };
        assert!(found.ends_with(&format!("  {}", signature.about)), "{found}");
        assert!(!signature.about.is_empty());
    }
    assert_eq!(place.run(&["-c", ".help functions"], "").out, listed);
}

#[test]
fn help_about_a_function_says_how_it_is_called() {
    let place = TestDirectory::new();
    let asked = |name: &str| place.run(&["-c", &format!("HELP {name}")], "");
    for signature in asof::session::help_subjects() {
        let run = asked(signature.0);
        assert_eq!((run.code, run.err.as_str()), (0, ""), "{}", signature.0);
        assert!(run.out.contains(signature.1), "{}: {}", signature.0, run.out);
        assert_eq!(place.run(&["-q", "-c", &format!(".help {}", signature.0)], "").code, 0);
    }
    insta::assert_snapshot!(asked("Upper").out, @"
    upper(text)
      text in capital letters (A to Z)

    See also: functions
    ");
    // A scalar function and an aggregate share a name, a function and a topic do.
    insta::assert_snapshot!(asked("max").out, @"
    max(x, y, …)
      the greatest of them; NULL if one is NULL
    max(x)
      the greatest

    See also: functions
    ");
    let strftime = asked("strftime").out;
    assert!(strftime.starts_with("strftime([format, "), "{strftime}");
    assert!(strftime.contains("\nSee also: dates, functions\n\nDATES: "), "{strftime}");
    assert_eq!(place.run(&["-c", ".help upper"], "").out, asked("upper").out);
}
