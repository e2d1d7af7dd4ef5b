//! Files as other programs write them: separators, decimal commas, encodings, words for NULL; and what
//! commands say.

use super::{bank, out, read, write};
use crate::shell::TestDirectory;

/// A script that goes well; what it prints, and its notices.
fn noticed(place: &TestDirectory, script: &str) -> (String, String) {
    let run = bank(place, script);
    assert_eq!(run.code, 0, "{script}\n{}", run.err);
    (run.out, run.err)
}

const SEMICOLONS: &str = "id;name;price\n1;Ada;3,50\n2;\"Bob; Jr.\";1.234,00\n";

#[test]
fn the_separator_is_found_and_told() {
    let place = TestDirectory::new();
    write(&place, "goods.csv", SEMICOLONS);
    let (rows, notice) = noticed(&place, ".import goods.csv goods\nSELECT * FROM goods;");
    assert_eq!(rows, "1|Ada|3,50\n2|Bob; Jr.|1.234,00\n");
    let said = "notice: goods.csv has semicolons between its fields; \
                --decimal-comma reads 3,50 as a number\n";
    assert_eq!(notice, said);
    let script = ".import goods.csv --decimal-comma priced\n.schema priced\nSELECT * FROM priced;";
    let (rows, notice) = noticed(&place, script);
    let made = "CREATE TABLE priced (id INTEGER, name TEXT, price REAL);\n";
    assert_eq!(rows, format!("{made}1|Ada|3.5\n2|Bob; Jr.|1234.0\n"));
    assert_eq!(notice, "notice: goods.csv has semicolons between its fields\n");
    // What is said is not looked for, and not told.
    let script = ".import --separator ';' goods.csv a\n.separator ;\n.import goods.csv b\n\
                  .separator |\nSELECT count(*), min(name) FROM b;";
    assert_eq!(out(&place, script), "2|Ada\n");
    write(&place, "bars.csv", "a|b\n1|x,y\n2|z\n");
    write(&place, "tabs.csv", "a\tb\n1\t\"x\ty\"\n2\tz\n");
    write(&place, "plain.txt", "a!b\n1!x\n");
    let script = ".import bars.csv bars\n.import tabs.csv tabs\n.import --separator ! plain.txt plain\n\
                  .mode csv\nSELECT * FROM bars;\nSELECT * FROM tabs;\nSELECT * FROM plain;";
    let (rows, notice) = noticed(&place, script);
    assert_eq!(rows, "1,\"x,y\"\n2,z\n1,x\ty\n2,z\n1,x\n");
    let said = "notice: bars.csv has bars between its fields\n\
                notice: tabs.csv has tabs between its fields\n";
    assert_eq!(notice, said);
    // Without a command the mode has its own separator again.
    for (command, expected) in [
        (".import --separator ab goods.csv x", "--separator needs one character"),
        (".import goods.csv x --separator", "--separator needs one character"),
        (".import --separator '\"' goods.csv x", "quotes and ends of lines"),
        (".import --tsv --separator ; goods.csv x", "--separator is for CSV: TSV has tabs"),
        (".import --json --null - goods.csv x", "--null is for CSV and TSV"),
    ] {
        let run = bank(&place, command);
        assert_eq!(run.code, 1, "{command}");
        assert!(run.err.contains(expected), "{command}\n{}", run.err);
    }
}

#[test]
fn a_decimal_comma_is_read_where_a_column_has_numbers() {
    let place = TestDirectory::new();
    out(&place, "CREATE TABLE t(d DECIMAL(12,2), r REAL, note TEXT);");
    write(&place, "good.csv", "1.234,50;-0,5;3,50\n7;1.000;1.5\n");
    let script = ".import --decimal-comma good.csv t\nSELECT * FROM t;\nDELETE FROM t;";
    let (rows, _) = noticed(&place, script);
    assert_eq!(rows, "1234.50|-0.5|3,50\n7.00|1000.0|1.5\n");
    write(&place, "bad.csv", "1,50;1;x\n3.5;1;x\n");
    let run = bank(&place, ".import --decimal-comma bad.csv t");
    assert_eq!(run.code, 1);
    assert!(run.err.contains("line 2: 3.5 is no number with a decimal comma"), "{}", run.err);
    assert_eq!(out(&place, "SELECT count(*) FROM t;"), "0\n");
}

#[test]
fn other_encodings_are_read_when_they_are_named() {
    let place = TestDirectory::new();
    write(&place, "west.csv", b"name,town\nJos\xe9,K\xf6ln\n");
    let run = bank(&place, ".import west.csv t");
    assert_eq!((run.code, run.out.as_str()), (1, ""));
    assert!(run.err.contains("line 2: invalid UTF-8 at byte 13"), "{}", run.err);
    assert!(run.err.contains("--encoding windows-1252 may read it"), "{}", run.err);
    let script = ".import --encoding windows-1252 west.csv t\nSELECT * FROM t;";
    assert_eq!(out(&place, script), "José|Köln\n");
    // A header is no row: what is wrong with it is told by itself, in a new table and in an old one.
    write(&place, "header.csv", b"n\xe4me,town\nAda,London\n");
    for table in ["fresh", "t"] {
        let run = bank(&place, &format!(".import header.csv {table}"));
        let told = "error[import]: line 1 of header.csv, where its header stands: \
                    invalid UTF-8 at byte 1\n";
        assert!(run.err.contains(told) && run.err.contains("--encoding"), "{}", run.err);
        assert!(!run.err.contains("lines"), "{}", run.err);
    }
    let utf_16: Vec<u8> = std::iter::once(0xfeff_u16)
        .chain("a;b\n1;é\n2;😀\n".encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    write(&place, "wide.csv", utf_16);
    let (rows, notice) = noticed(&place, ".import wide.csv wide\nSELECT * FROM wide;");
    assert_eq!(rows, "1|é\n2|😀\n");
    assert_eq!(notice, "notice: wide.csv has semicolons between its fields\n");
    write(&place, "odd.csv", b"\xff\xfea\0\n\0\0\xd8\n\0");
    write(&place, "latin.ndjson", b"{\"a\": \"\xe9\"}\n");
    for (command, expected) in [
        (".import odd.csv odd", "it is no UTF-16LE at byte "),
        (".import --encoding cp437 west.csv x", "there is no encoding cp437 here"),
        (".import west.csv x --encoding", "--encoding needs a name"),
        (".import latin.ndjson x", "--encoding windows-1252 may read it"),
    ] {
        let run = bank(&place, command);
        assert_eq!(run.code, 1, "{command}");
        assert!(run.err.contains(expected), "{command}\n{}", run.err);
    }
    let script = ".import latin.ndjson j --encoding latin1\nSELECT * FROM j;";
    assert_eq!(out(&place, script), "é\n");
}

#[test]
fn a_word_for_null_is_one_without_quotes() {
    let place = TestDirectory::new();
    write(&place, "na.csv", "a,b\nNA,1\n\"NA\",NA\n,2\n");
    let script = ".import --null NA na.csv t\n.schema t\n.nullvalue -\nSELECT * FROM t;";
    let rows = "CREATE TABLE t (a TEXT, b INTEGER);\n-|1\nNA|-\n-|2\n";
    assert_eq!(out(&place, script), rows);
}

#[cfg(unix)]
#[test]
fn a_command_is_imported_if_it_ends_well() {
    let place = TestDirectory::new();
    write(&place, "a.csv", "a,b\n1,x\n2,y\n");
    let script = ".import \"|grep -v 1 a.csv\" t\nSELECT * FROM t;\n\
                  .import --ndjson '|echo {\\\"k\\\":5}' j\nSELECT * FROM j;";
    assert_eq!(out(&place, script), "2|y\n5\n");
    let run = bank(&place, ".import \"|cat a.csv; exit 3\" t");
    assert_eq!(run.code, 1);
    let told = "the command failed (exit status: 3): nothing was imported";
    assert!(run.err.contains(told), "{}", run.err);
    assert_eq!(out(&place, "SELECT count(*) FROM t;"), "1\n");
    let run = place.run(&["--safe", "bank"], ".import \"|cat a.csv\" t");
    assert!(run.err.contains("error[safe-mode]"), "{}", run.err);
}

#[test]
fn under_safe_no_text_of_csv_is_a_formula() {
    let place = TestDirectory::new();
    let query = "SELECT '=1+1' AS \"@a\", '-5' AS b, -5 AS c, '+x' AS d, 'a=b' AS e, '\tx' AS f, \
                 '=\"q\"' AS g;";
    let plain = place.run(&["--csv", "--headers", "on"], query);
    assert_eq!(plain.out, "@a,b,c,d,e,f,g\n=1+1,-5,-5,+x,a=b,\tx,\"=\"\"q\"\"\"\n");
    let safe = place.run(&["--csv", "--headers", "on", "--safe"], query);
    assert_eq!(safe.out, "'@a,b,c,d,e,f,g\n'=1+1,-5,-5,'+x,a=b,'\tx,\"'=\"\"q\"\"\"\n");
    // Nothing else is changed.
    assert_eq!(place.run(&["--safe", "--list"], "SELECT '=1';").out, "=1\n");
}

#[test]
fn types_come_from_the_definition_where_there_is_one() {
    let place = TestDirectory::new();
    let create =
        "CREATE TABLE t(n TEXT, v TEXT, d DECIMAL(9,3), e TEXT, b BLOB, day DATE, r REAL);";
    let script = format!(
        "{create}\nINSERT INTO t VALUES ('007', '1.0', 1.5, '', x'00ff', '2026-03-01', 2),\n\
         ('+49', 'true', -0.125, NULL, NULL, NULL, NULL);\n.export t.csv t\n.export t.tsv t\n\
         .export t.json t"
    );
    out(&place, &script);
    let text = "n,v,d,e,b,day,r\n007,1.0,1.500,\"\",x'00ff',2026-03-01,2.0\n+49,true,-0.125,,,,\n";
    assert_eq!(read(&place, "t.csv"), text);
    let all = "SELECT quote(n), quote(v), d, quote(e), quote(b), day, r FROM t;";
    let rows = out(&place, all);
    for file in ["t.csv", "t.tsv", "t.json"] {
        assert_eq!(
            out(&place, &format!("DELETE FROM t;\n.import {file} t\n{all}")),
            rows,
            "{file}"
        );
    }
}
