//! `grammar/asof.ebnf`, executed: it and the parser say the same.

mod sentences;

#[path = "../../../examples/railroad.rs"]
#[expect(dead_code, reason = "main is for cargo run --example")]
mod railroad;

use crate::random::Dice;
use asof::language::{self, Keyword, ParseError, TokenKind, tokenize};
use railroad::ebnf::{self, Grammar, Rule};
use sentences::sentence;
use std::collections::BTreeSet;
use std::path::Path;
use std::{env, fs};

const EBNF: &str = include_str!("../../../grammar/asof.ebnf");

/// How many sentences are made of each statement.
const SENTENCES: usize = 400;

fn statements(grammar: &Grammar) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    grammar.rules["Statement"].walk(&mut |rule| {
        if let Rule::Name(name) = rule {
            names.insert(name.clone());
        }
    });
    names
}

/// The text of one token.
fn token(name: &str, dice: &mut Dice) -> String {
    let texts: &[&str] = match name {
        "PlainName" => &["a", "events", "é1", "_x$", "event", "timestamp", "key", "snapshot"],
        "QuotedName" => &["\"a b\"", "[or]", "`x``y`", "\"q\"\"\"", "\"\"", "[TRUE]"],
        "Name" => &["b", "outer", "left", "\"select\"", "[c d]", "show", "history", "explain"],
        "Text" => &["'x'", "''", "'it''s; {'", "N'é'"],
        "Blob" => &["x''", "X'0aFf'"],
        "Digits" => &["0", "17", "1_000"],
        "Integer" => &["0", "5", "0x1F", "9223372036854775807", "1_000_000", "0xFF_FF"],
        "Real" => &["1.5", ".5", "2.", "1e9", "1.5E-3", "1_0.2_5", "1e1_0"],
        "Database" => &["main", "MAIN", "\"Main\""],
        "Topic" => &["select", "EVENTS", "Points", "null", "log10"],
        "Parameter" => &["?", "?12", "$a", ":a", "@É", "$A"],
        "JsonObject" => &["{}", "{\"a\": 1.5, \"b;\": \"x\"}", "{\"c\": [null, true]}"],
        other => panic!("no token is called {other}"),
    };
    texts[dice.roll(texts.len())].to_owned()
}

/// What the grammar allows and meaning forbids.
fn means_something(error: &ParseError) -> bool {
    let twice = error.message.ends_with("stands twice");
    let point = error.code == "number-range";
    let deep = error.code == "nesting-limit";
    // The conditions of a table are kept as they are written.
    let kept = error.message.starts_with("a parameter in what is kept");
    // As in SQLite, the ON of ON CONFLICT behind the query of an INSERT is taken for that of a join.
    let on = error.message == "a NATURAL join takes no ON";
    !(twice
        || on
        || point
        || deep
        || kept
        || matches!(error.code, "row-length" | "ambiguous-as-of" | "ambiguous-table" | "size"))
}

#[test]
fn its_words_are_the_keyword_table() {
    let grammar = ebnf::read(EBNF);
    let mut words = BTreeSet::new();
    for (name, rule) in &grammar.rules {
        rule.walk(&mut |part| {
            if let Rule::Name(other) = part {
                assert!(grammar.rules.contains_key(other), "{name} names {other}");
            } else if let Rule::Literal(text) = part
                && text.len() > 1
                && text.as_bytes()[0].is_ascii_alphabetic()
            {
                words.insert(text.clone());
            }
        });
    }
    let table: BTreeSet<String> = Keyword::all().map(|word| word.text().to_owned()).collect();
    assert_eq!(words, table);
}

/// Every file below a folder.
fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries =
        fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("a file").path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

#[test]
fn its_productions_stand_above_the_functions_that_read_them() {
    let parser = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/language/parser");
    let source: String =
        files(&parser).iter().map(|path| fs::read_to_string(path).expect("Rust")).collect();
    let grammar = ebnf::read(EBNF);
    for (title, productions) in &grammar.sections {
        // Tokens are the lexer's, and precedences are a table.
        if title == "Tokens" || title == "Expressions" || title.starts_with("Words") {
            continue;
        }
        for name in productions {
            assert!(source.contains(&format!("`{name} ::=")), "no function reads {name}");
        }
    }
    for line in source.lines().filter_map(|line| line.trim().strip_prefix("/// `")) {
        let Some((name, _)) = line.split_once(" ::=") else { continue };
        assert!(grammar.rules.contains_key(name), "the grammar has no {name}");
    }
}

#[test]
fn its_diagrams_are_what_the_example_draws() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("grammar");
    let mut bytes = 0;
    let made = railroad::files();
    for (path, text) in &made {
        let there = fs::read_to_string(folder.join(path)).unwrap_or_default();
        assert!(there == *text, "cargo run --example railroad writes grammar/{path}");
        bytes += text.len();
    }
    assert!(bytes < 400_000, "{bytes} bytes");
    let count = files(&folder.join("railroad")).len() + 1;
    assert_eq!(count, made.len(), "a diagram of no part of the grammar is left");
}

#[test]
fn its_statements_are_those_of_the_parser() {
    let grammar = ebnf::read(EBNF);
    let parsed: BTreeSet<String> =
        language::productions().map(|(_, production)| production.to_owned()).collect();
    assert_eq!(statements(&grammar), parsed);
}

#[test]
fn its_sentences_parse_and_print() {
    let grammar = ebnf::read(EBNF);
    let mut dice = Dice(0x00a5_0f5e_ed00_0001);
    for production in statements(&grammar) {
        let mut good = 0;
        for _ in 0..SENTENCES {
            let text = sentence(&grammar, &production, &mut dice, &token).join(" ");
            let tree = match language::parse_statement(&text) {
                Ok(tree) => tree.expect("a statement"),
                Err(error) => {
                    assert!(!means_something(&error), "{production}: {text}\n{error:?}");
                    continue;
                }
            };
            good += 1;
            let printed = tree.to_string();
            let again = language::parse_statement(&printed);
            assert_eq!(again, Ok(Some(tree)), "{text}\nprints as\n{printed}");
            let twice = again.expect("equal").expect("a statement").to_string();
            assert_eq!(twice, printed);
        }
        // Rows of VALUES with different lengths are no sentence, and queries stand in all expressions.
        assert!(good * 4 > SENTENCES, "{production}: only {good} sentences were good");
    }
}

#[test]
fn damaged_sentences_give_an_error_in_its_place() {
    let grammar = ebnf::read(EBNF);
    let mut dice = Dice(0x00a5_0f5e_ed00_0002);
    let wrong = [",", ")", "(", "SELECT", "FROM", "5", "'x'", "x", ";", "'", "{", "é", "AS OF"];
    let mut refused = 0_usize;
    for production in statements(&grammar) {
        for _ in 0..SENTENCES {
            let mut words = sentence(&grammar, &production, &mut dice, &token);
            let at = dice.roll(words.len());
            match dice.roll(4) {
                0 => drop(words.remove(at)),
                1 => words.insert(at, words[at].clone()),
                2 => wrong[dice.roll(wrong.len())].clone_into(&mut words[at]),
                _ => words.truncate(at),
            }
            let text = words.join(" ");
            let Err(error) = language::parse_script(&text) else { continue };
            refused += 1;
            let whole = words[..at].iter().map(|word| word.len() + 1).sum::<usize>();
            let said = matches!(error.code, "syntax" | "unfinished" | "bad-token")
                && means_something(&error);
            // AS and OF are read as one.
            let near = whole.saturating_sub("AS OF ".len());
            assert!(!said || error.span.end + 1 >= near, "{text}\n{error:?}, damaged at {whole}");
            assert!(error.span.start <= error.span.end && error.span.end <= text.len(), "{text}");
            assert!(text.is_char_boundary(error.span.start), "{text}");
            assert!(text.is_char_boundary(error.span.end), "{text}");
            assert!(!error.message.is_empty());
        }
    }
    assert!(refused > SENTENCES, "only {refused} were refused");
}

#[test]
fn its_tokens_are_tokens() {
    let mut dice = Dice(0x00a5_0f5e_ed00_0003);
    for name in ebnf::read(EBNF).tokens {
        for _ in 0..30 {
            let text = token(&name, &mut dice);
            let tokens = tokenize(&text).tokens;
            assert_eq!(tokens.len(), 2, "{name}: {text}");
            assert_eq!(tokens[1].kind, TokenKind::End);
        }
    }
}

/// The public Chinook script, unchanged; it is not part of the repository.
#[test]
fn the_chinook_script_parses() {
    let Some(corpus) = env::var_os("ASOF_CORPUS") else {
        use std::io::Write;
        let notice = "skipped: ASOF_CORPUS names no directory with chinook/Chinook_Sqlite.sql";
        writeln!(std::io::stderr(), "{notice}").expect("standard error is open");
        return;
    };
    let path = Path::new(&corpus).join("chinook/Chinook_Sqlite.sql");
    let script = fs::read_to_string(path).expect("the Chinook script is readable");
    let statements = language::parse_script(&script).expect("the Chinook script parses");
    let mut splitter = language::Splitter::new();
    splitter.feed(&script);
    let pieces: Vec<_> = std::iter::from_fn(|| splitter.next()).collect();
    assert_eq!(splitter.finish(), Ok(None));
    assert_eq!(pieces.len(), statements.len());
    for (piece, (statement, span)) in pieces.iter().zip(&statements) {
        assert_eq!(piece.offset, span.start);
        assert_eq!(language::parse_statement(&piece.text).as_ref(), Ok(&Some(statement.clone())));
    }
}
