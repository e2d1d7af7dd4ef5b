//! Functions of JSON over generated documents and paths, whose answers are SQLite's letter by letter.

use super::{Pair, Plain, cases};
use crate::answer::rows_of;
use crate::random::Dice;
use asof::types::Value;

/// How many calls are compared; twenty times as many with `ASOF_EXHAUSTIVE`.
const CALLS: usize = 6_000;

const ATOMS: &[&str] = &[
    "null",
    "true",
    "false",
    "0",
    "-1",
    "12345678901234567890",
    "9223372036854775807",
    "1.50",
    "-0.0",
    "1e3",
    "2.5E-7",
    r#""""#,
    r#""a b""#,
    r#""né\u00e9""#,
    r#""\"\\\/\b\f\n\r\t""#,
    r#""\ud83d\ude00""#,
    "[]",
    "{}",
];

/// What is JSON5, or nothing.
const ODD: &[&str] = &[
    "'it\"s'",
    "+5",
    ".5",
    "5.",
    "-.5e2",
    "0x1F",
    "-0xff",
    "Infinity",
    "-inf",
    "NaN",
    "01",
    "1.e",
    "tru",
    "truex",
    "\"a",
    "'\\x41\\v\\0'",
    "\"a\\\nb\"",
    "/* c */ 7",
    "7 // c",
    "-",
    "1e",
    "[1,]",
    "[,]",
    "{a:1}",
    "{$b_1 : 2,}",
    "{1:2}",
    "{null:1}",
    "{nullx:1}",
    "\"\\q\"",
    "",
    "  ",
    "[1 2]",
    "{\"a\" 1}",
    "1 1",
    "\u{a0}3",
    "[1",
    "{\"a\":1",
    "]",
    "0x",
    "1.2.3",
    "--1",
    "\"tab\there\"",
];

const LABELS: &[&str] = &["a", "b", "c d", "a.b", "", "é", r"x\u0061", r#"q\"q"#, "a"];

const PATHS: &[&str] = &[
    "$",
    "$.a",
    "$.b",
    "$.a.b",
    "$.a[0]",
    "$[0]",
    "$[1]",
    "$[2]",
    "$[#]",
    "$[#-1]",
    "$[#-9]",
    "$[0].a",
    "$[0][1]",
    "$.\"c d\"",
    "$.\"a.b\"",
    "$.é",
    "$.xa",
    r#"$."x\u0061""#,
    r#"$."q\"q""#,
    "$.new",
    "$.new.x",
    "$.new[0]",
    "$.new[1]",
    "$[#].y",
    "$.a[#]",
    "$.\"\"",
    "a",
    "",
    "$x",
    "$.",
    "$[",
    "$[a]",
    "$[#-]",
    "$.a..b",
    "$.\"a",
    "$[99999999999999999999]",
    "$.zz.[",
    "$ .a",
];

fn document(dice: &mut Dice, depth: usize) -> String {
    let blank = |dice: &mut Dice| dice.pick(&["", "", "", " ", "\n", "\t "]).to_owned();
    let inner = match dice.roll(if depth > 3 { 3 } else { 6 }) {
        0..=2 => {
            let options = if dice.roll(25) == 0 { ODD } else { ATOMS };
            dice.pick(options).to_owned()
        }
        3 => {
            let items: Vec<String> = (0..dice.roll(4)).map(|_| document(dice, depth + 1)).collect();
            format!("[{}]", items.join(","))
        }
        _ => {
            let members: Vec<String> = (0..dice.roll(4))
                .map(|_| {
                    let label = dice.pick(LABELS);
                    format!(
                        "{}\"{label}\"{}:{}",
                        blank(dice),
                        blank(dice),
                        document(dice, depth + 1)
                    )
                })
                .collect();
            format!("{{{}}}", members.join(","))
        }
    };
    format!("{}{inner}{}", blank(dice), blank(dice))
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn json(dice: &mut Dice) -> String {
    match dice.roll(30) {
        0 => "NULL".to_owned(),
        1 => quoted(dice.pick(ODD)),
        2 => "12".to_owned(),
        _ => quoted(&document(dice, 0)),
    }
}

fn path(dice: &mut Dice) -> String {
    let sound = &PATHS[..26];
    if dice.roll(40) == 0 {
        return "NULL".to_owned();
    }
    let options = if dice.roll(8) == 0 { PATHS } else { sound };
    quoted(dice.pick(options))
}

fn value(dice: &mut Dice) -> String {
    match dice.roll(8) {
        0 => format!("json({})", quoted(dice.pick(ATOMS))),
        1 => "json_array(1, 'x')".to_owned(),
        2 => "json_object('k', NULL)".to_owned(),
        3 => "json_extract('{\"a\":[1,{\"b\":2}]}', '$.a')".to_owned(),
        _ => (*dice.pick(&["NULL", "1", "2.5", "'text'", "'[1]'", "'q\"\\' || char(10, 1)"]))
            .to_owned(),
    }
}

fn call(dice: &mut Dice) -> String {
    let pairs = |dice: &mut Dice| {
        let pairs: Vec<String> =
            (0..=dice.roll(2)).map(|_| format!("{}, {}", path(dice), value(dice))).collect();
        pairs.join(", ")
    };
    match dice.roll(16) {
        0 => format!("json({})", json(dice)),
        1 => format!("json_valid({})", json(dice)),
        2 => format!("json_valid({}, {})", json(dice), dice.pick(&["1", "2", "3", "0", "16"])),
        3 => format!("json_type({}, {})", json(dice), path(dice)),
        4 => format!("json_array_length({}, {})", json(dice), path(dice)),
        5 => format!("json_extract({}, {})", json(dice), path(dice)),
        6 => format!("json_extract({}, {}, {})", json(dice), path(dice), path(dice)),
        7 => format!("json_array({}, {})", value(dice), value(dice)),
        8 => format!("json_object('a', {}, 'é\"', {})", value(dice), value(dice)),
        9 => format!("json_remove({}, {}, {})", json(dice), path(dice), path(dice)),
        10 => format!("json_patch({}, {})", json(dice), json(dice)),
        11 => format!("json_quote({})", value(dice)),
        12 => format!("json_pretty({}{})", json(dice), dice.pick(&["", ", '-'", ", NULL"])),
        13 => {
            let operator = dice.pick(&["->", "->>"]);
            let short = dice.pick(&["0", "-1", "'a'", "'c d'", "'[1]'", "'0'", "1.0"]);
            let behind = if dice.roll(2) == 0 { path(dice) } else { (*short).to_owned() };
            format!("{} {operator} {behind}", json(dice))
        }
        _ => {
            let function =
                dice.pick(&["json_array_insert", "json_insert", "json_replace", "json_set"]);
            format!("{function}({}, {})", json(dice), pairs(dice))
        }
    }
}

#[test]
fn generated_calls_have_sqlites_answers() {
    let count = cases(CALLS);
    let mut pair = Pair::new();
    let mut dice = Dice::of(7);
    let mut wrong = Vec::new();
    for _ in 0..count {
        let sql = format!("SELECT {}", call(&mut dice));
        let theirs = pair.ask_sqlite(&sql).map(|rows| rows[0][0].clone());
        let ours = rows_of(&mut pair.session, &sql).map(|rows| Plain::of(&rows[0][0]));
        let is_same = match (&ours, &theirs) {
            (Ok(ours), Ok(theirs)) => ours == theirs,
            (Err(ours), Err(_)) => ours.code() == "json",
            (Ok(_), Err(_)) | (Err(_), Ok(_)) => false,
        };
        if !is_same {
            wrong.push(format!("{sql}\n  ours   {ours:?}\n  SQLite {theirs:?}"));
        }
    }
    let shown = &wrong[..wrong.len().min(25)];
    assert!(wrong.is_empty(), "{} of {count} differ\n{}", wrong.len(), shown.join("\n"));
}

/// What a document is damaged with.
const DAMAGE: &[char] = &['}', ']', ',', ':', '"', '\\', 'e', '0', '.', '-', ' '];

/// A document that something was done to.
fn damaged(dice: &mut Dice) -> String {
    let mut text: Vec<char> = document(dice, 0).chars().collect();
    for _ in 0..=dice.roll(1) {
        let at = dice.roll(text.len() + 1);
        match dice.roll(3) {
            0 => text.truncate(at),
            1 if at < text.len() => {
                text.remove(at);
            }
            _ => text.insert(at, DAMAGE[dice.roll(DAMAGE.len())]),
        }
    }
    text.into_iter().collect()
}

#[test]
fn what_is_wrong_with_a_document_is_where_sqlite_finds_it() {
    let count = cases(CALLS);
    let mut pair = Pair::new();
    let mut dice = Dice::of(23);
    let (mut wrong, mut placed) = (Vec::new(), 0);
    for _ in 0..count {
        let text = damaged(&mut dice);
        // Behind a comment, SQLite names where that begins.
        if text.contains("//") || text.contains("/*") {
            continue;
        }
        let sql = format!("SELECT json_error_position({})", quoted(&text));
        let theirs = pair.ask_sqlite(&sql).expect("a number").remove(0);
        let ours = rows_of(&mut pair.session, &sql).expect("a number").remove(0);
        let [Value::Integer(at)] = ours.as_slice() else { panic!("{ours:?} is no number") };
        placed += usize::from(*at > 0);
        // Of a document with more behind it SQLite names some place inside.
        let before = usize::try_from(*at).expect("a position").saturating_sub(1);
        let before: String = text.chars().take(before).collect();
        let is_document = format!("SELECT json_valid({}, 2)", quoted(&before));
        let is_document = pair.ask_sqlite(&is_document).expect("a number");
        let is_behind = theirs != [Plain::Number(0.0)] && is_document == [[Plain::Number(1.0)]];
        if Plain::of(&ours[0]) != theirs[0] && !is_behind {
            wrong.push(format!("{text:?}\n  ours   {at}\n  SQLite {:?}", theirs[0]));
        }
    }
    assert!(placed > count / 4, "{placed} of {count} are damaged");
    let shown = &wrong[..wrong.len().min(25)];
    assert!(wrong.is_empty(), "{} of {count} differ\n{}", wrong.len(), shown.join("\n"));
}

/// A call of a function that gives rows, with what it is asked for.
fn rows_of_call(dice: &mut Dice) -> String {
    let function = dice.pick(&["json_each", "json_tree"]);
    let all = "key, value, type, atom, id, parent, fullkey, path";
    let columns = dice.pick(&[all, all, all, "*", "fullkey, path", "id, json", "root, atom"]);
    match dice.roll(3) {
        0 => {
            // Of what is no first member, SQLite takes all but the beginning of the path for the key.
            let root = dice.pick(&["$", "$.a", "$[0]", "$.a.b", "$.a[0]", "$.nowhere"]);
            let known = dice.pick(&["{\"a\":JSON}", "[JSON,1]", "{\"a\":[JSON]}"]);
            let known = known.replace("JSON", &document(dice, 2));
            format!("SELECT {columns} FROM {function}({}, '{root}')", quoted(&known))
        }
        1 => {
            let inner = "SELECT 1 AS n, '[1]' AS doc";
            let outer = format!("{inner} UNION ALL SELECT 2, {}", json(dice));
            let join = dice.pick(&["JOIN", "LEFT JOIN"]);
            format!("SELECT n, {columns} FROM ({outer}) {join} {function}(doc) ON value IS NOT 1")
        }
        _ => format!("SELECT {columns} FROM {function}({})", json(dice)),
    }
}

#[test]
fn generated_rows_are_sqlites_rows() {
    let count = cases(CALLS / 3);
    let mut pair = Pair::new();
    let mut dice = Dice::of(11);
    let mut wrong = Vec::new();
    for _ in 0..count {
        let sql = rows_of_call(&mut dice);
        // What is kept in another spelling has other places.
        if sql.contains("0x") || sql.contains("tab\t") {
            continue;
        }
        if let Some(difference) = pair.difference(&sql, true) {
            wrong.push(format!("{sql}\n  {difference}"));
        }
    }
    let shown = &wrong[..wrong.len().min(25)];
    assert!(wrong.is_empty(), "{} of {count} differ\n{}", wrong.len(), shown.join("\n"));
}
