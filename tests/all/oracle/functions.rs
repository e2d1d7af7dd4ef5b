//! Functions of generated arguments, whose answers are SQLite's to the last bit.

use super::{Pair, Plain, cases};
use crate::answer::rows_of;
use crate::random::Dice;

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
    assert_eq!(pair.difference("SELECT sqlite_version()", true), None);
}
