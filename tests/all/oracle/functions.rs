//! Functions of generated arguments, whose answers are SQLite's to the last bit.

use super::{Pair, Plain, Rows, assert_no_difference, cases, plain};
use crate::answer::rows_of;
use crate::random::Dice;
use std::collections::BTreeSet;

/// How many calls are compared; twenty times as many with `ASOF_EXHAUSTIVE`.
const CALLS: usize = 6_000;

/// Numbers at which digits, signs and exponents change.
const NUMBERS: &[&str] = &[
    "0",
    "1",
    "-1",
    "7",
    "10",
    "11",
    "12",
    "13",
    "21",
    "111",
    "999",
    "1000",
    "-1234567",
    "9223372036854775807",
    "(-9223372036854775807 - 1)",
    "0.0",
    "-0.0",
    "0.5",
    "1.5",
    "2.5",
    "-0.05",
    "0.1",
    "49.47",
    "1e15",
    "1e16",
    "1e17",
    "123456789012345678.0",
    "1e21",
    "1e22",
    "1e23",
    "1e-5",
    "0.0001",
    "9.9999999e-5",
    "999999.5",
    "9.995",
    "1e100",
    "-1e300",
    "1.7976931348623157e308",
    "2.2250738585072014e-308",
    "5e-324",
    "(1e308 * 100)",
    "(-1e308 * 100)",
    "3.141592653589793",
    "1.0000000000000002",
    "0.30000000000000004",
    "123456.789e3",
    "NULL",
];

/// Numbers that are the same text on both sides: asof writes 1e23 where SQLite writes 1.0e+23.
const PLAIN_NUMBERS: &[&str] =
    &["0", "-1", "1000", "9223372036854775807", "0.5", "-0.05", "49.47", "NULL"];

const TEXTS: &[&str] = &[
    "''",
    "'a'",
    "'it''s'",
    "'né'",
    "'日本語'",
    "'a\"b'",
    "'12abc'",
    "' 3.5 '",
    "'1e3'",
    "NULL",
    "char(9, 10, 92)",
    "'Robert'",
    "'Ashcraft'",
    "'Tymczak'",
    "'Pfister'",
    "'4a4B'",
    "'4a 4b'",
    "'4a-4b'",
    "'4'",
    "'xyz'",
    "char(1, 31, 34, 8, 12, 13)",
];

const BLOBS: &[&str] = &["x''", "x'00'", "x'616263'", "x'62'", "x'6263'", "NULL"];

/// A `%` with all that may follow it, and the arguments that it asks for.
fn conversion(dice: &mut Dice, arguments: &mut Vec<String>) -> String {
    let mut written = String::from("%");
    for flag in ["-", "+", " ", "0", "#", "!", ","] {
        if dice.roll(5) == 0 {
            written.push_str(flag);
        }
    }
    match dice.roll(6) {
        0 => {
            written.push('*');
            arguments.push((*dice.pick(&["0", "5", "-8", "12"])).to_owned());
        }
        1 | 2 => written.push_str(&(1 + dice.roll(25)).to_string()),
        _ => {}
    }
    match dice.roll(6) {
        0 => {
            written.push_str(".*");
            arguments.push((*dice.pick(&["0", "2", "-3", "17"])).to_owned());
        }
        1 | 2 => written.push_str(&format!(".{}", dice.roll(26))),
        3 => written.push_str(dice.pick(&[".", ".l", "l", "ll"])),
        _ => {}
    }
    let letter = dice.pick(&[
        "d", "i", "u", "x", "X", "o", "r", "p", "f", "e", "E", "g", "G", "f", "g", "e", "s", "z",
        "c", "q", "Q", "w", "j", "J", "%", "n", "y",
    ]);
    written.push_str(letter);
    let is_number = "diuxXorpfeEgG".contains(letter);
    match letter {
        "%" | "n" | "y" => {}
        _ if !is_number && dice.roll(12) == 0 => {
            arguments.push((*dice.pick(PLAIN_NUMBERS)).to_owned());
        }
        _ if is_number && dice.roll(12) > 0 => {
            arguments.push(if dice.roll(3) > 0 {
                (*dice.pick(NUMBERS)).to_owned()
            } else {
                let digits = dice.roll(1 << 30);
                let exponent = dice.pick(&["-25", "-9", "-4", "0", "3", "9", "14"]);
                format!("{digits}.{:09}e{exponent}", dice.roll(1_000_000_000))
            });
        }
        // Elsewhere SQLite is not of one mind about what stands behind a NUL.
        _ if dice.roll(20) == 0 => arguments.push("'a' || char(0) || 'b'".to_owned()),
        _ => arguments.push((*dice.pick(TEXTS)).to_owned()),
    }
    written
}

fn format_call(dice: &mut Dice) -> String {
    let (mut format, mut arguments) = (String::new(), Vec::new());
    for _ in 0..=dice.roll(2) {
        format.push_str(dice.pick(&["", "", "a", "[", "é"]));
        format.push_str(&conversion(dice, &mut arguments));
        format.push_str(dice.pick(&["", "]", "é"]));
    }
    if dice.roll(10) == 0 {
        arguments.pop();
    }
    let name = dice.pick(&["format", "printf"]);
    format!("{name}({})", [vec![format!("'{format}'")], arguments].concat().join(", "))
}

fn call(dice: &mut Dice) -> String {
    let any = |dice: &mut Dice| {
        let options = dice.pick::<[&str]>(&[TEXTS, BLOBS, PLAIN_NUMBERS]);
        (*dice.pick(options)).to_owned()
    };
    let bytes = |dice: &mut Dice| {
        let options = dice.pick::<[&str]>(&[TEXTS, BLOBS]);
        (*dice.pick(options)).to_owned()
    };
    match dice.roll(20) {
        0 => format!("unhex({})", any(dice)),
        1 => {
            format!("unhex({}, {})", dice.pick(TEXTS), dice.pick(&["' '", "' -'", "'xyz'", "NULL"]))
        }
        2 => format!("soundex({})", any(dice)),
        3 => format!("instr({}, {})", bytes(dice), bytes(dice)),
        4 => format!(
            "substr({}, {}, {})",
            bytes(dice),
            dice.pick(&["-3", "-1", "0", "1", "2"]),
            dice.roll(5)
        ),
        5 => format!("zeroblob({})", dice.pick(&["0", "3", "-1", "NULL", "'2x'", "1.9"])),
        6 => format!("likely({}) || unlikely({})", any(dice), any(dice)),
        7 => format!("typeof(likelihood({}, 0.25))", any(dice)),
        8 => format!("length(randomblob({}))", dice.pick(&["0", "3", "-1", "NULL", "'2x'"])),
        _ => format_call(dice),
    }
}

/// A blob as the text that it is the bytes of.
fn shown(value: &Plain) -> Option<String> {
    match value {
        Plain::Null => None,
        Plain::Blob(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
        Plain::Number(_) | Plain::Text(_) => panic!("{value:?} is no blob"),
    }
}

#[test]
fn generated_calls_have_sqlites_answers_to_the_last_bit() {
    let count = cases(CALLS);
    let mut pair = Pair::new();
    let mut dice = Dice::of(11);
    let mut wrong = Vec::new();
    for _ in 0..count {
        let call = call(&mut dice);
        // As bytes: a text may have been cut inside a character, which SQLite leaves as it is.
        let sql = format!("SELECT CAST({call} AS BLOB)");
        let theirs = pair.ask_sqlite(&sql).unwrap_or_else(|error| panic!("{call}: {error}"));
        let theirs = shown(&theirs[0][0]);
        let ours = match rows_of(&mut pair.session, &sql) {
            Ok(rows) => shown(&Plain::of(&rows[0][0])),
            Err(error) => Some(format!("error[{}]: {error}", error.code())),
        };
        if ours != theirs {
            wrong.push(format!("{call}\n  ours   {ours:?}\n  SQLite {theirs:?}"));
        }
    }
    let shown = &wrong[..wrong.len().min(25)];
    assert!(wrong.is_empty(), "{} of {count} differ\n{}", wrong.len(), shown.join("\n"));
}

#[test]
fn the_version_of_sqlite_is_that_of_the_oracle() {
    let mut pair = Pair::new();
    for call in ["sqlite_version()", "sqlite_source_id()"] {
        assert_eq!(pair.difference(&format!("SELECT {call}"), true), None);
    }
}

/// Functions of SQLite that are not here, each with the reason.
const MISSING: &[(&str, &[&str])] = &[
    ("an operator", &["->", "->>"]),
    ("a word that no parentheses follow", &["current_date", "current_time", "current_timestamp"]),
    (
        "full text search",
        &[
            "bm25",
            "fts3_tokenizer",
            "fts5",
            "fts5_get_locale",
            "fts5_insttoken",
            "fts5_locale",
            "fts5_source_id",
            "highlight",
            "match",
            "matchinfo",
            "offsets",
            "optimize",
            "snippet",
        ],
    ),
    ("R-trees", &["rtreecheck", "rtreedepth", "rtreenode"]),
    ("extensions", &["load_extension"]),
    ("the log of errors, which a program in C listens to", &["sqlite_log"]),
];

/// The names of all functions of one side.
fn names(rows: Rows) -> BTreeSet<String> {
    let name = |row: &Vec<Plain>| match row.as_slice() {
        [Plain::Text(name)] => name.clone(),
        other => panic!("{other:?} is no name"),
    };
    rows.iter().map(name).collect()
}

/// The functions of asof, and those of SQLite.
fn functions_of(pair: &mut Pair) -> (BTreeSet<String>, BTreeSet<String>) {
    let sql = "SELECT DISTINCT name FROM pragma_function_list";
    let ours = rows_of(&mut pair.session, sql).expect("a list");
    (names(plain(&ours)), names(pair.ask_sqlite(sql).expect("a list")))
}

#[test]
fn every_function_of_sqlite_is_here_or_is_missing_for_a_reason() {
    let (ours, theirs) = functions_of(&mut Pair::new());
    let missing: BTreeSet<&str> =
        MISSING.iter().flat_map(|(_, names)| names.iter().copied()).collect();
    let found: BTreeSet<&str> = theirs.difference(&ours).map(String::as_str).collect();
    assert_eq!(found, missing);
}

/// Whether a side refuses so many arguments: asof by what it says, SQLite by its own words.
fn refuses(pair: &mut Pair, sql: &str) -> (bool, bool) {
    let ours = rows_of(&mut pair.session, sql).err();
    let ours = ours
        .is_some_and(|error| error.code() == "function" && error.to_string().contains(" argument"));
    let theirs = pair.ask_sqlite(sql).err();
    let is_refusal = |error: rusqlite::Error| {
        error.to_string().contains("wrong number of arguments to function")
    };
    (ours, theirs.is_some_and(is_refusal))
}

#[test]
fn every_function_takes_as_many_arguments_as_in_sqlite() {
    let mut pair = Pair::new();
    let (ours, theirs) = functions_of(&mut pair);
    let sql = "SELECT name FROM pragma_function_list GROUP BY name HAVING min(type) = 'w'";
    let windows = names(pair.ask_sqlite(sql).expect("a list"));
    let (mut wrong, mut count) = (Vec::new(), 0);
    for name in ours.intersection(&theirs) {
        let over = if windows.contains(name) { " OVER ()" } else { "" };
        for given in 0..=5 {
            // A number that likelihood takes, too.
            let call = format!("{name}({}){over}", vec!["0.5"; given].join(", "));
            count += 1;
            let (ours, theirs) = refuses(&mut pair, &format!("SELECT {call}"));
            if ours != theirs {
                let (ours, theirs) = (said(ours), said(theirs));
                wrong.push(format!("{call} is {ours}, by SQLite {theirs}"));
            }
        }
    }
    assert!(count > 600, "only {count} calls");
    assert_no_difference(&wrong, count);
}

fn said(refused: bool) -> &'static str {
    if refused { "refused" } else { "taken" }
}

#[test]
fn iif_takes_any_number_of_conditions_as_in_sqlite() {
    let mut pair = Pair::new();
    pair.execute("CREATE TABLE t(n INTEGER, x TEXT COLLATE NOCASE)");
    pair.execute("INSERT INTO t VALUES (1, 'a'), (0, 'B'), (NULL, NULL), (-2, '7')");
    for call in [
        "iif(n, 'yes')",
        "if(n = 1, 'one', n = 0, 'none')",
        "iif(n = 1, 'one', n = 0, 'none', 'other')",
        "iif(n > 5, 1, n > 0, 2, n IS NULL, 3, n, 4.5, 5)",
        "iif(n IS NULL, 1, n = 0, abs(-9223372036854775807 - n), abs(n))",
        "iif(n, x, 'b') = 'B'",
        "sum(iif(n, n, x, x, 100))",
        "iif(x = 'b', n, x)",
    ] {
        let sql = format!("SELECT {call} FROM t ORDER BY 1");
        assert_eq!(pair.difference(&sql, true), None, "{sql}");
    }
}

#[test]
fn functions_about_the_program_and_about_values_are_sqlites() {
    let mut pair = Pair::new();
    for call in [
        "sqlite_compileoption_used('THREADSAFE')",
        "sqlite_compileoption_used('sqlite_threadsafe=1')",
        "sqlite_compileoption_used('THREAD')",
        "sqlite_compileoption_used('SQLITE_SOUNDEX')",
        "sqlite_compileoption_used('')",
        "sqlite_compileoption_used(NULL)",
        "sqlite_compileoption_get(-1)",
        "sqlite_compileoption_get(1000)",
        "sqlite_compileoption_used(sqlite_compileoption_get(0))",
        "sqlite_compileoption_get(NULL) IS sqlite_compileoption_get(0)",
        "sqlite_compileoption_get((SELECT count(*) FROM pragma_compile_options))",
        "sqlite_compileoption_get((SELECT count(*) - 1 FROM pragma_compile_options))
            = (SELECT max(compile_options) FROM pragma_compile_options)",
        "subtype(NULL)",
        "subtype('[1]')",
        "subtype(json('1'))",
        "subtype(json_array())",
        "subtype(json_extract('[1,[2]]', '$[0]'))",
        "subtype(json_extract('[1,[2]]', '$[1]'))",
        "subtype(json_pretty('[1]'))",
        "subtype(json_quote('a'))",
    ] {
        assert_eq!(pair.difference(&format!("SELECT {call}"), true), None, "{call}");
    }
    for value in TEXTS.iter().chain(BLOBS).chain(PLAIN_NUMBERS) {
        let call = format!("SELECT unistr_quote({value}), unistr_quote({value} || char(1))");
        assert_eq!(pair.difference(&call, true), None, "{call}");
    }
}
