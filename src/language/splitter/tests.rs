//! Scripts in pieces of every size.

use super::*;
use crate::language::{Symbol, TokenKind, tokenize};

/// Cuts a script that comes in pieces of `size` bytes or a little more.
fn split(script: &str, size: usize) -> (Vec<Piece>, Option<Unterminated>) {
    match split_within(script, size, MAX_STATEMENT_SIZE) {
        (pieces, None) => (pieces, None),
        (pieces, Some(SplitError::Unterminated(open))) => (pieces, Some(open)),
        (_, Some(SplitError::TooLarge(large))) => panic!("{large}"),
    }
}

/// The same where statements have at most `limit` bytes.
fn split_within(script: &str, size: usize, limit: usize) -> (Vec<Piece>, Option<SplitError>) {
    let mut splitter = Splitter::with_limit(limit);
    let mut pieces = Vec::new();
    let mut rest = script;
    while !rest.is_empty() {
        let mut end = size.min(rest.len());
        while !rest.is_char_boundary(end) {
            end += 1;
        }
        splitter.feed(&rest[..end]);
        pieces.extend(std::iter::from_fn(|| splitter.next()));
        rest = &rest[end..];
    }
    loop {
        match splitter.finish() {
            Ok(Some(piece)) => pieces.push(piece),
            Ok(None) => return (pieces, None),
            Err(error) => return (pieces, Some(error)),
        }
    }
}

/// A script with everything that hides a `;` and everything that can stand on a cut.
const SCRIPT: &str = "\u{feff}#!/usr/bin/asof; -f\n.mode box\r\n-- a;\n/* b; * ** / */;\n\
    SELECT 'é;''', \"c;\"\"\", [d;], `e;`;;  INSERT INTO t\r\n  {\"a\": \"};\\\"\\\\\", \"b\": {}};\n\
    SELECT 1 - 2 / 3 -- ;\n.5;\n  .no command;\n.print it;\nSELECT 'last'";

#[test]
fn statements_are_cut_at_their_semicolons() {
    let (pieces, error) = split(SCRIPT, SCRIPT.len());
    let shown: Vec<_> =
        pieces.iter().map(|piece| (piece.line, piece.column, &*piece.text)).collect();
    assert_eq!(
        shown,
        [
            (2, 1, ".mode box"),
            (5, 1, "SELECT 'é;''', \"c;\"\"\", [d;], `e;`"),
            (5, 38, "INSERT INTO t\r\n  {\"a\": \"};\\\"\\\\\", \"b\": {}}"),
            (7, 1, "SELECT 1 - 2 / 3 -- ;\n.5"),
            (9, 3, ".no command"),
            (10, 1, ".print it;"),
            (11, 1, "SELECT 'last'"),
        ]
    );
    assert_eq!(error, None);
    for piece in &pieces {
        assert!(SCRIPT[piece.offset..].starts_with(&piece.text));
        let dot = piece.text == ".mode box" || piece.text == ".print it;";
        assert_eq!(piece.kind == PieceKind::DotCommand, dot);
    }
}

#[test]
fn the_size_of_the_pieces_changes_nothing() {
    let whole = split(SCRIPT, SCRIPT.len());
    for size in 1..40 {
        assert_eq!(split(SCRIPT, size), whole, "{size}");
    }
}

#[test]
fn what_is_never_closed_is_named_where_it_opens() {
    for (script, what, opened_by, line, column) in [
        ("SELECT 1;\n  SELECT 'a;", "text", "'", 2, 10),
        ("SELECT \"a", "name", "\"", 1, 8),
        ("é [a", "name", "[", 1, 3),
        ("SELECT 1; /* *", "comment", "/*", 1, 11),
        ("INSERT INTO t {\"a\": \"}", "JSON object", "{", 1, 15),
    ] {
        for size in [1, 2, 100] {
            let error = split(script, size).1.expect(script);
            assert_eq!((error.what, error.opened_by), (what, opened_by), "{script}");
            assert_eq!((error.line, error.column), (line, column), "{script}");
            assert!(script[error.offset..].starts_with(opened_by));
        }
    }
}

/// The text kept never grows with the script, and each byte is looked at once: `scanned` only
/// moves forward, and what is dropped was handed out.
#[test]
fn only_the_open_statement_is_kept() {
    let mut splitter = Splitter::new();
    let statement = "INSERT INTO t VALUES (1, 'x'); -- and so on\n";
    let mut looked_at = 0;
    for _ in 0..10_000 {
        splitter.feed(statement);
        while splitter.next().is_some() {}
        assert!(splitter.text.len() <= 2 * statement.len());
        let position = splitter.base + splitter.scanned;
        assert!(position > looked_at);
        looked_at = position;
    }
    assert_eq!(looked_at, 10_000 * statement.len());
}

#[test]
fn a_long_statement_is_not_looked_at_again() {
    let mut splitter = Splitter::new();
    splitter.feed("SELECT '");
    for round in 1..1_000 {
        splitter.feed("abcdefgh");
        assert_eq!(splitter.next(), None);
        assert_eq!((splitter.base, splitter.scanned), (0, 8 + 8 * round));
    }
}

#[test]
fn what_is_larger_than_the_limit_is_named_where_it_begins_and_not_kept() {
    const LIMIT: usize = 20;
    let text = |length: usize| format!("SELECT '{}'", "x".repeat(length - 9));
    let cases = [
        (text(LIMIT - 1), "statement"),
        (text(LIMIT), "statement"),
        (text(LIMIT + 1), "statement"),
        (text(10 * LIMIT), "statement"),
        (format!("SELECT{} 1", " ".repeat(LIMIT)), "statement"),
        (format!(".print {}\n", "x".repeat(LIMIT)), "dot-command"),
        (format!("/* {} */ SELECT 1", "x".repeat(LIMIT)), "comment"),
    ];
    for (large, what) in cases {
        for end in ["", ";\nSELECT 2;"] {
            for size in [1, 2, 7, 1_000] {
                let script = format!("SELECT 1;\n\n  -- a remark of any length\n {large}{end}");
                let script = script.replace(" .print", ".print");
                let (pieces, error) = split_within(&script, size, LIMIT);
                let (place, fits) = (script.find(&large).expect("there"), large.len() <= LIMIT);
                assert_eq!(pieces.len(), if !fits { 1 } else { 2 + usize::from(!end.is_empty()) });
                let column = if what == "dot-command" { 1 } else { 2 };
                let refused =
                    StatementTooLarge { what, limit: LIMIT, line: 4, column, offset: place };
                let expected = (!fits).then_some(SplitError::TooLarge(refused));
                assert_eq!(error, expected, "{script} in {size}");
            }
        }
    }
}

#[test]
fn of_a_statement_without_end_no_more_is_kept_than_the_limit() {
    let mut splitter = Splitter::with_limit(100);
    splitter.feed("SELECT 1 + ");
    for _ in 0..10_000 {
        assert_eq!(splitter.next(), None);
        assert!(splitter.text.len() <= 107);
        splitter.feed("1234567");
    }
    assert!(splitter.is_refused());
    let Err(SplitError::TooLarge(large)) = splitter.finish() else { panic!("it is too large") };
    assert_eq!(large.to_string(), "this statement is larger than 100 bytes");
    assert_eq!(splitter.finish(), Ok(None));
}

#[test]
fn a_prompt_knows_what_is_open() {
    for (text, completeness) in [
        ("", Completeness::Empty),
        (" -- x\n/* y */", Completeness::Empty),
        (";", Completeness::Empty),
        ("SELECT 1;", Completeness::Complete),
        ("SELECT 1; -- done", Completeness::Complete),
        (".help", Completeness::Complete),
        (".help\n", Completeness::Complete),
        ("SELECT 1", Completeness::Open(";")),
        ("SELECT 1 -", Completeness::Open(";")),
        ("SELECT (1", Completeness::Open("(")),
        ("SELECT (')'", Completeness::Open("(")),
        ("SELECT '1;", Completeness::Open("'")),
        ("SELECT \"1;", Completeness::Open("\"")),
        ("SELECT /* 1;", Completeness::Open("/*")),
        ("INSERT INTO t {\"a\": 1", Completeness::Open("{")),
        ("SELECT 1; SELECT (", Completeness::Open("(")),
    ] {
        assert_eq!(is_complete(text), completeness, "{text}");
    }
}

proptest::proptest! {
    /// The pieces are the statements that the lexer sees, however the script comes.
    #[test]
    fn pieces_agree_with_the_lexer(
        script in "[a;'\"\\[\\]`{}\\-/*\n \r.é\\\\]{0,40}",
        size in 1_usize..8,
    ) {
        let (pieces, error) = split(&script, size);
        assert_eq!((pieces.clone(), error.clone()), split(&script, script.len().max(1)));
        let dots = pieces.iter().any(|piece| piece.kind == PieceKind::DotCommand);
        let lexed = tokenize(&script);
        if dots || lexed.error.as_ref().is_some_and(|error| error.code == "bad-token") {
            return Ok(());
        }
        assert_eq!(error.is_some(), lexed.error.is_some());
        let mut starts = Vec::new();
        let mut open = false;
        for token in &lexed.tokens {
            let ends = matches!(
                token.kind,
                TokenKind::Symbol(Symbol::Semicolon) | TokenKind::End
            );
            if !ends && !open {
                starts.push(token.span.start);
            }
            open = !ends;
        }
        let cut: Vec<usize> = pieces.iter().map(|piece| piece.offset).collect();
        let kept = if error.is_some() { cut.len() } else { starts.len() };
        assert_eq!(cut, &starts[..kept]);
    }
}

#[test]
fn the_rest_is_what_was_fed_and_not_handed_out() {
    let cases = [
        ("SELECT 1; SELECT 2;\nSELECT 'a;b", 2, "SELECT 'a;b"),
        ("SELECT 1; /* open; ", 1, "/* open; "),
        ("SELECT 1;\n.print x\nSELECT (2", 2, "SELECT (2"),
        ("SELECT 1;", 1, ""),
        ("SELECT 1", 0, "SELECT 1"),
    ];
    for (text, pieces, rest) in cases {
        let mut splitter = Splitter::new();
        splitter.feed(text);
        assert_eq!(std::iter::from_fn(|| splitter.next()).count(), pieces, "{text}");
        assert_eq!(splitter.rest(), rest, "{text}");
    }
}

/// The texts of a script's pieces, cut whatever the size of what comes.
fn texts(script: &str) -> Vec<String> {
    let whole = split(script, script.len().max(1));
    for size in [1, 2, 3, 7] {
        assert_eq!(split(script, size), whole, "{size}: {script}");
    }
    assert_eq!(whole.1, None, "{script}");
    whole.0.into_iter().map(|piece| piece.text).collect()
}

#[test]
fn the_body_of_a_trigger_is_part_of_its_statement() {
    for head in [
        "CREATE TRIGGER t AFTER INSERT ON a",
        "create temp trigger if not exists main.t before delete on a for each row when new.x > 1",
        "EXPLAIN CREATE TEMPORARY TRIGGER t AFTER UPDATE OF x ON a",
        "EXPLAIN QUERY PLAN CREATE TRIGGER \"begin\" AFTER INSERT ON a",
        "CREATE /* BEGIN; */ TRIGGER begin AFTER INSERT ON a -- BEGIN",
        "CREATE TRIGGER t AFTER INSERT ON a WHEN CASE NEW.x WHEN 1 THEN 'BEGIN;' ELSE 2 END",
        "CREATE OR REPLACE EVENT e (x) AS",
    ] {
        for body in [
            "BEGIN SELECT 1; DELETE FROM a; END",
            "BEGIN SELECT CASE WHEN 1 THEN 2 END; END",
            "begin select case x when 1 then case when 2 then 3 end end; select ';end;'; end",
            "BEGIN UPDATE a SET end = NEW.end; SELECT end; INSERT INTO a VALUES (1); END",
            "BEGIN /* ; END; */ SELECT \"; END;\", [;END;], `;END;`; -- ; END;\n ; END",
            "BEGIN INSERT INTO a {\"x\": \"; END;\"}; END",
            "BEGIN SELECT 1;\n\nEND -- over\n",
            "BEGIN END",
        ] {
            let trigger = format!("{head}\n{body}");
            let script = format!("SELECT 0;{trigger};ROLLBACK; SELECT 1; END; SELECT 2");
            assert_eq!(
                texts(&script),
                ["SELECT 0", &trigger, "ROLLBACK", "SELECT 1", "END", "SELECT 2"]
            );
            // The last statement does without its `;`.
            assert_eq!(texts(&trigger), [trigger.as_str()]);
            assert_eq!(is_complete(&format!("{trigger};")), Completeness::Complete);
            assert_eq!(is_complete(&trigger), Completeness::Open(";"));
        }
    }
}

#[test]
fn what_only_looks_like_a_body_is_none() {
    for (script, count) in [
        ("CREATE TRIGGER t AFTER INSERT ON a EXECUTE FUNCTION f(); SELECT 1", 2),
        ("CREATE TRIGGER begin AFTER INSERT ON a; SELECT 1", 2),
        ("CREATE TABLE trigger (begin); SELECT 1", 2),
        ("CREATE TABLE t (trigger, begin); BEGIN; END", 3),
        ("CREATE INDEX i ON t (a); BEGIN; SELECT 1; END", 4),
        ("EXPLAIN SELECT 1; BEGIN; SELECT 1; END", 4),
        ("-- CREATE TRIGGER t BEGIN\nBEGIN; SELECT 1; END", 3),
        ("DROP TRIGGER t; BEGIN; END", 3),
        ("CREATE; EXPLAIN; CREATE TRIGGER; BEGIN", 4),
    ] {
        assert_eq!(texts(script).len(), count, "{script}");
    }
}

#[test]
fn a_body_that_is_never_closed_is_named_where_it_opens() {
    for (script, line, column) in [
        ("SELECT 1;\n CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1", 2, 37),
        (
            "CREATE TRIGGER t AFTER INSERT ON a\nBEGIN SELECT 1; SELECT CASE WHEN 1 THEN 2 END;",
            2,
            1,
        ),
        ("CREATE TRIGGER é AFTER INSERT ON a BEGIN SELECT 1; END SELECT 2; -- END", 1, 36),
        ("CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1; END x;", 1, 36),
    ] {
        for size in [1, 5, 100] {
            let (pieces, error) = split(script, size);
            let error = error.expect(script);
            assert_eq!((error.what, error.opened_by), ("body of statements", "BEGIN"), "{script}");
            assert_eq!((error.line, error.column), (line, column), "{script}");
            assert!(script[error.offset..].starts_with("BEGIN"));
            assert_eq!(pieces.len(), usize::from(script.starts_with("SELECT")));
        }
        assert_eq!(is_complete(script), Completeness::Open("BEGIN"), "{script}");
    }
    // What is open inside is closed first.
    let open =
        |body: &str| is_complete(&format!("CREATE TRIGGER t AFTER INSERT ON a BEGIN {body}"));
    assert_eq!(open("SELECT (1"), Completeness::Open("("));
    assert_eq!(open("SELECT 'a; END;"), Completeness::Open("'"));
    assert_eq!(open("SELECT 1; END"), Completeness::Open(";"));
}

#[test]
fn a_text_in_dollars_is_part_of_its_statement() {
    for statement in [
        "CREATE FUNCTION f() RETURNS int AS $$ BEGIN RETURN 1; END; $$ LANGUAGE plpgsql",
        "CREATE OR REPLACE FUNCTION f() AS $body$ SELECT 'it''s; $$ $other$; $body $body$",
        "create procedure p() as $é1$ it's \"; $1; -- $é1$",
        "DO $$ it's; /* $$",
        "DO $x$;$x$",
        "SELECT $$;$$",
        "CREATE FUNCTION f() AS $a$;$a$ AS $b$;$b$",
    ] {
        let script = format!("SELECT 0;{statement};ROLLBACK; SELECT 2");
        for size in [1, 2, 3, 7, 100] {
            let (pieces, error) = split(&script, size);
            let shown: Vec<&str> = pieces.iter().map(|piece| &*piece.text).collect();
            assert_eq!(shown, ["SELECT 0", statement, "ROLLBACK", "SELECT 2"], "{size}");
            assert_eq!(error, None);
        }
        assert_eq!(is_complete(&format!("{statement};")), Completeness::Complete);
    }
    let open = "SELECT 1;\nCREATE FUNCTION f() AS $q$ SELECT 1; $$ $q";
    for size in [1, 4, 100] {
        let (pieces, error) = split(open, size);
        let error = error.expect("it is open");
        assert_eq!((error.what, error.line, error.column), ("text", 2, 24));
        assert_eq!(pieces.len(), 1);
    }
    assert_eq!(is_complete(open), Completeness::Open("$$"));
}

#[test]
fn a_dollar_that_opens_nothing_hides_nothing() {
    for script in [
        "SELECT $a; SELECT $b",
        "SELECT $a$; SELECT $b$",
        "SELECT a$$; SELECT b$$",
        "SELECT '$$; $$'; SELECT \"$$\"",
        "SELECT 1 -- $$\n; SELECT $",
    ] {
        for size in [1, 100] {
            let expected = if script.contains("'$$") { 2 } else { script.matches(';').count() + 1 };
            assert_eq!(split(script, size).0.len(), expected, "{script}");
        }
    }
}
