//! DECIMAL from outside: no digit is lost on any way in or out, and arithmetic is that of whole numbers.

use crate::answer::{rows_of, told};
use crate::random::Dice;
use crate::shell::TestDirectory;
use asof::session::Session;
use asof::storage::{Database, OpenOptions};
use asof::types::{Decimal, Value};
use std::fs;
use std::sync::Arc;

/// A number of up to 38 digits as a DECIMAL of this scale prints it.
fn number(dice: &mut Dice, scale: usize) -> String {
    let digit = |dice: &mut Dice| char::from(b'0' + u8::try_from(dice.roll(10)).unwrap_or(0));
    let most = 38 - scale;
    let whole: String = (0..dice.roll(most + 1)).map(|_| digit(dice)).collect();
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    let fraction: String = (0..scale).map(|_| digit(dice)).collect();
    let text = if scale == 0 { whole.to_owned() } else { format!("{whole}.{fraction}") };
    let is_zero = text.chars().all(|c| matches!(c, '0' | '.'));
    if dice.roll(2) == 0 && !is_zero { format!("-{text}") } else { text }
}

/// Another way to write the number.
fn spelled(dice: &mut Dice, number: &str) -> String {
    let (sign, digits) = match number.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", number),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    match dice.roll(4) {
        0 => number.to_owned(),
        1 => format!("{sign}{whole}{fraction}e-{}", fraction.len()),
        2 => format!("{sign}00{whole}.{fraction}000"),
        _ => format!("{sign}0.0{whole}{fraction}E+{}", whole.len() + 1),
    }
}

#[test]
fn every_way_in_keeps_every_digit_and_so_does_the_log() {
    let mut dice = Dice::of(11);
    for scale in [0, 2, 9, 20, 38] {
        let directory = tempfile::TempDir::new().expect("a directory");
        let path = directory.path().join("db");
        let open = || {
            let database = Database::open(&path, OpenOptions::default()).expect("it opens");
            Session::new(Arc::new(database))
        };
        let mut session = open();
        let create = format!("CREATE TABLE t (id INTEGER PRIMARY KEY, x DECIMAL(38,{scale}))");
        session.execute(&create).expect("a table");
        session.execute("CREATE INDEX tx ON t (x)").expect("an index");
        let mut expected = Vec::new();
        for _ in 0..25 {
            let number = number(&mut dice, scale);
            let written = spelled(&mut dice, &number);
            session.set_parameter("p", &written).expect("a name");
            let plain = Decimal::parse(&number).expect("a decimal");
            for sql in [
                format!("INSERT INTO t (x) VALUES ({written})"),
                format!("INSERT INTO t (x) VALUES ('{written}')"),
                "INSERT INTO t (x) VALUES ($p)".to_owned(),
                "INSERT INTO t (x) VALUES (?1)".to_owned(),
                format!("INSERT INTO t (x) SELECT {written}"),
                format!(
                    "INSERT INTO t (x) SELECT {written} AS y FROM t WHERE id = 1 ORDER BY id LIMIT 1"
                ),
                format!("INSERT INTO t (x) VALUES (CAST({written} AS DECIMAL(38,{scale})))"),
            ] {
                session.execute_with(&sql, &[Value::Decimal(plain)]).expect(&sql);
                expected.push(number.clone());
            }
            // JSON has no zeros before a number.
            session.execute(&format!("INSERT INTO t {{\"x\": {number}}}")).expect("an object");
            session.execute("INSERT INTO t (x) VALUES (0)").expect("a row");
            let id = expected.len() + 2;
            let update = format!("UPDATE t SET x = {written} WHERE id = {id}");
            session.execute(&update).expect("an update");
            expected.extend([number.clone(), number.clone()]);
            for condition in [
                format!("x = {written}"),
                format!("{written} = x"),
                format!("x = '{written}'"),
                "x = $p".to_owned(),
                format!("x IN ({written}, NULL)"),
                format!("x BETWEEN {written} AND {written}"),
                format!("+x = {written}"),
            ] {
                let sql = format!("SELECT count(*) AS n FROM t WHERE {condition}");
                let known = expected.iter().filter(|known| **known == number).count();
                assert_eq!(told(&mut session, &sql), known.to_string(), "{sql}");
            }
        }
        let texts = |session: &mut Session| -> Vec<String> {
            let rows = rows_of(session, "SELECT x FROM t ORDER BY id").expect("rows");
            rows.iter().map(|row| row[0].to_string()).collect()
        };
        assert_eq!(texts(&mut session), expected);
        session.execute("SNAPSHOT 'all'").expect("a snapshot");
        session.execute("INSERT INTO t (x) VALUES (0)").expect("a row");
        drop(session);
        let mut session = open();
        let rows = rows_of(&mut session, "SELECT x FROM t AS OF SNAPSHOT 'all' ORDER BY id");
        let rows: Vec<String> = rows.expect("rows").iter().map(|row| row[0].to_string()).collect();
        assert_eq!(rows, expected);
        assert_eq!(texts(&mut session)[..expected.len()], expected);
    }
}

#[test]
fn a_default_keeps_its_digits_also_for_rows_that_are_there() {
    let mut dice = Dice::of(12);
    let mut session = Session::new(Arc::new(Database::in_memory().expect("memory")));
    session.execute("CREATE TABLE t (id INTEGER PRIMARY KEY)").expect("a table");
    session.execute("INSERT INTO t VALUES (1)").expect("a row");
    for column in 0..40 {
        let number = number(&mut dice, 12);
        let written = spelled(&mut dice, &number);
        let add = format!("ALTER TABLE t ADD c{column} DECIMAL(38,12) DEFAULT {written}");
        session.execute(&add).expect("a column");
        session.execute("INSERT INTO t DEFAULT VALUES").expect("a row");
        let found = told(&mut session, &format!("SELECT DISTINCT c{column} FROM t"));
        assert_eq!(found, number, "{add}");
    }
}

#[test]
fn columns_and_literals_compute_as_whole_numbers_do() {
    let mut dice = Dice::of(13);
    let mut session = Session::new(Arc::new(Database::in_memory().expect("memory")));
    session
        .execute("CREATE TABLE t (id INTEGER PRIMARY KEY, a DECIMAL(18,4), b DECIMAL(12,2))")
        .expect("a table");
    let text = |mantissa: i128, scale: u8| Decimal { mantissa, scale }.to_string();
    for id in 1..150 {
        let mut roll = |most: usize| {
            let size = 10_usize.pow(u32::try_from(dice.roll(most)).unwrap_or(0) + 1);
            let rolled = i128::try_from(dice.roll(size)).unwrap_or(0);
            if dice.roll(2) == 0 { -rolled } else { rolled }
        };
        let (a, b) = (roll(14), roll(9));
        let insert = format!("INSERT INTO t VALUES ({id}, {}, {})", text(a, 4), text(b, 2));
        session.execute(&insert).expect("a row");
        // In units of the fourth digit behind the point.
        let whole = b * 100;
        let quotient = |x: i128, y: i128| {
            let exact = x * 10_i128.pow(10) * 2;
            (exact + if (x < 0) == (y < 0) { y } else { -y }) / (2 * y)
        };
        for other in ["b".to_owned(), text(b, 2)] {
            let row = format!("FROM t WHERE id = {id}");
            let mut tell =
                |expression: &str| told(&mut session, &format!("SELECT {expression} AS x {row}"));
            assert_eq!(tell(&format!("a + {other}")), text(a + whole, 4));
            assert_eq!(tell(&format!("a - ({other})")), text(a - whole, 4));
            assert_eq!(tell(&format!("a * {other}")), text(a * b, 6));
            assert_eq!(tell(&format!("({other}) * a")), text(a * b, 6));
            assert_eq!(
                tell(&format!("(a < {other}) + 2 * (a = {other})")),
                match a.cmp(&whole) {
                    std::cmp::Ordering::Less => "1",
                    std::cmp::Ordering::Equal => "2",
                    std::cmp::Ordering::Greater => "0",
                }
            );
            let (rest, ratio) = match whole {
                0 => ("NULL".to_owned(), "NULL".to_owned()),
                _ => (text(a % whole, 4), text(quotient(a, whole), 10)),
            };
            assert_eq!(tell(&format!("a % {other}")), rest);
            assert_eq!(tell(&format!("a / ({other})")), ratio);
        }
    }
}

#[test]
fn what_every_mode_prints_reads_back() {
    let mut dice = Dice::of(14);
    let place = TestDirectory::new();
    let run = |script: &str| {
        let run = place.run(&["bank"], script);
        assert_eq!((run.code, run.err.as_str()), (0, ""), "{script}");
        run.out
    };
    let numbers: Vec<String> = (0..40).map(|_| number(&mut dice, 8)).collect();
    let lines = |separator: &str, row: &dyn Fn(&String) -> String| {
        numbers.iter().map(row).collect::<Vec<_>>().join(separator)
    };
    let json = |number: &String| format!("{{\"x\": {number}, \"y\": {number}}}");
    let write = |name: &str, text: String| {
        fs::write(place.path().join(name), text).expect("a file");
    };
    write("in.csv", format!("x,y\n{}\n", lines("\n", &|n| format!("{n},{n}"))));
    write("in.tsv", format!("x\ty\n{}\n", lines("\n", &|n| format!("{n}\t{n}"))));
    write("in.json", format!("[{}]", lines(",\n", &json)));
    write("in.ndjson", lines("\n", &json));
    let expected = format!("{}\n", lines("\n", &|n| n.clone()));
    for name in ["in.csv", "in.tsv", "in.json", "in.ndjson"] {
        let script = format!(
            "DROP TABLE IF EXISTS t;\nCREATE TABLE t(x DECIMAL(38,8), y ANY);\n.import {name} t\n\
             .mode list\nSELECT x FROM t;"
        );
        assert_eq!(run(&script), expected, "{name}");
        let same = run("SELECT count(*) FROM t WHERE x = y AND y = x;");
        assert_eq!(same, format!("{}\n", numbers.len()), "{name}");
    }
    let shown = run(".mode quote\nSELECT x, y FROM t;");
    for mode in ["insert u", "quote", "csv", "json", "ndjson", "dump"] {
        let printed = match mode {
            "dump" => run(".dump t")
                .replace("CREATE TABLE t", "CREATE TABLE u")
                .replace("INTO t", "INTO u"),
            _ => run(&format!(".mode {mode}\n.headers on\nSELECT x, y FROM t;")),
        };
        let create = "DROP TABLE IF EXISTS u;\nCREATE TABLE u(x DECIMAL(38,8), y ANY);\n";
        match mode {
            "dump" => drop(run(&format!("DROP TABLE IF EXISTS u;\n{printed}"))),
            "insert u" => drop(run(&format!("{create}{printed}"))),
            "quote" => {
                let rows: Vec<String> =
                    printed.lines().skip(1).map(|row| format!("({row})")).collect();
                run(&format!("{create}INSERT INTO u VALUES {};", rows.join(",")));
            }
            _ => {
                write(&format!("out.{mode}"), printed);
                run(&format!("{create}.import out.{mode} u"));
            }
        }
        let same = "SELECT count(*) FROM t JOIN u ON t._row = u._row AND t.x = u.x AND t.y = u.y;";
        assert_eq!(run(same), format!("{}\n", numbers.len()), "{mode}");
        if mode != "csv" {
            assert_eq!(run(".mode quote\nSELECT x, y FROM u;"), shown, "{mode}");
        }
    }
}

#[test]
fn a_parameter_of_the_shell_is_exact() {
    let place = TestDirectory::new();
    let script = "CREATE TABLE t(x DECIMAL(20,8));\nINSERT INTO t VALUES ($n);\nINSERT INTO t VALUES ($m);\n\
                  SELECT x, x = $n, x * $r FROM t;\n.param set q 90071992.54740993\n\
                  SELECT count(*) FROM t WHERE x = $q;\n.param list";
    let arguments =
        ["-v", "n=90071992.54740993", "-v", "m='-0.00000001'", "-v", "r=0.10", ":memory:"];
    let run = place.run(&arguments, script);
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    let rows = "90071992.54740993|1|9007199.2547409930\n-0.00000001|0|-0.0000000010\n1\n";
    let list = "$m '-0.00000001'\n$n 90071992.54740993\n$q 90071992.54740993\n$r 0.10\n";
    assert_eq!(run.out, format!("{rows}{list}"));
}
