//! Every code of an error has a golden: a script, and what is said of it, with a caret where a text is
//! wrong. `tests/errors/CODE.golden` has both; a line that begins with `| ` is what is said.
//! `UPDATE_GOLDEN=1` writes them anew.
//!
//! The codes are those that stand in the sources of the floors that statements go through, so that a new
//! one without a golden is found.

use crate::answer::run;
use crate::golden::assert_golden;
use crate::house::sources;
use crate::shell::TestDirectory;
use asof::session::Session;
use asof::storage::Database;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use syn::visit::Visit;

/// The floors whose errors are of statements.
const FLOORS: [&str; 5] = ["executor", "language", "planner", "session", "storage"];

/// What a statement alone does not lead to, and why.
const ELSEWHERE: &[(&str, &str)] = &[
    ("busy", "another process writes"),
    ("column-limit", "a statement of two thousand columns: limits.slt"),
    ("corrupt", "a file is damaged"),
    ("damaged", "a file is damaged"),
    ("default", "a log of another program"),
    ("expression-limit", "a statement of a million expressions"),
    ("format", "a file of a later version"),
    ("index-definition", "a log of another program"),
    ("internal", "a fault of ours"),
    ("interrupted", "somebody stops it"),
    ("invalid", "an event that cannot be"),
    ("io", "the disk fails"),
    ("limit", "a row of sixteen megabytes"),
    ("not-a-database", "a file that is none"),
    ("not-found", "a directory that is not there"),
    ("poisoned", "the disk failed"),
    ("projection", "a file is damaged"),
    ("replaced", "a file is another one"),
    ("stale", "another session was first"),
    ("stale-version", "another process was first"),
    ("statement-size", "a statement of megabytes"),
    ("term-limit", "a query of two thousand terms"),
    ("too-large", "a column of gigabytes"),
];

/// Those of no place in the statement, and why.
const WITHOUT_CARET: &[(&str, &str)] = &[
    ("foreign-key", "what is left of all rows when the statement is done, often of other tables"),
    ("foreign-key-mismatch", "of the definition of a table, which another statement made"),
    ("key", "a dot-command, which is no text of the language"),
    ("no-such-row", "a dot-command"),
    ("past", "the session is there, whatever the statement says"),
    ("raised", "a trigger says so, whose text is another"),
    ("read-only", "nothing can be written, whatever the statement says"),
    ("transaction", "the whole statement stands where it cannot"),
    ("trigger-depth", "of triggers, whose texts are others"),
    ("undo", "a dot-command"),
];

/// The codes that a file names.
#[derive(Default)]
struct Codes {
    found: BTreeSet<String>,
    /// Whether what is read tells the code of an error.
    is_code: bool,
}

impl Codes {
    /// Takes a text that is a code.
    fn take(&mut self, expression: Option<&syn::Expr>) {
        if let Some(syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. })) = expression {
            self.found.insert(text.value());
        }
    }
}

impl Visit<'_> for Codes {
    fn visit_item_mod(&mut self, module: &syn::ItemMod) {
        if module.ident != "tests" {
            syn::visit::visit_item_mod(self, module);
        }
    }

    fn visit_expr_call(&mut self, call: &syn::ExprCall) {
        if let syn::Expr::Path(path) = &*call.func {
            let words: Vec<String> =
                path.path.segments.iter().map(|segment| segment.ident.to_string()).collect();
            if let [.., of, made] = words.as_slice()
                && of.ends_with("Error")
                && (made == "new" || made == "failed")
            {
                self.take(call.args.first());
            }
        }
        syn::visit::visit_expr_call(self, call);
    }

    fn visit_expr_method_call(&mut self, call: &syn::ExprMethodCall) {
        match call.method.to_string().as_str() {
            "fail" => self.take(call.args.first()),
            "fail_at" => self.take(call.args.iter().nth(1)),
            _ => {}
        }
        syn::visit::visit_expr_method_call(self, call);
    }

    fn visit_field_value(&mut self, field: &syn::FieldValue) {
        if matches!(&field.member, syn::Member::Named(name) if name == "code") {
            self.take(Some(&field.expr));
        }
        syn::visit::visit_field_value(self, field);
    }

    fn visit_impl_item_fn(&mut self, function: &syn::ImplItemFn) {
        self.is_code = function.sig.ident == "code";
        syn::visit::visit_impl_item_fn(self, function);
        self.is_code = false;
    }

    fn visit_arm(&mut self, arm: &syn::Arm) {
        if self.is_code {
            self.take(Some(&arm.body));
        }
        syn::visit::visit_arm(self, arm);
    }
}

/// The codes of the floors.
fn codes() -> BTreeSet<String> {
    let mut codes = Codes::default();
    for (file, text) in sources("src") {
        let is_of_statements = FLOORS.iter().any(|floor| file.contains(&format!("src/{floor}/")));
        if is_of_statements && !file.contains("/tests") {
            codes.visit_file(&syn::parse_file(&text).expect("Rust"));
        }
    }
    codes.found
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/errors")
}

/// The script of a golden, and behind it what is said now.
fn said(golden: &str) -> (String, String) {
    let script = golden.lines().filter(|line| !line.starts_with("| "));
    let script: String = script.map(|line| format!("{line}\n")).collect();
    let run = TestDirectory::new().run(&["-q", "--keep-going"], script.trim_end());
    let said = run.err.lines().map(|line| format!("| {line}\n")).collect::<String>();
    (format!("{script}{said}"), run.err)
}

#[test]
fn every_code_has_a_golden_or_a_reason() {
    let goldens: BTreeSet<String> = std::fs::read_dir(folder())
        .expect("the folder")
        .map(|entry| entry.expect("an entry").path())
        .map(|path| path.file_stem().expect("a name").to_string_lossy().into_owned())
        .collect();
    let codes = codes();
    assert!(codes.len() > 80, "the sources are read: {codes:?}");
    let has_reason = |code: &String| ELSEWHERE.iter().any(|(known, _)| known == code);
    let missing: Vec<&String> =
        codes.iter().filter(|code| !goldens.contains(*code) && !has_reason(code)).collect();
    assert!(missing.is_empty(), "no golden in tests/errors: {missing:?}");
    let idle: Vec<&str> = ELSEWHERE.iter().map(|(code, _)| *code).collect();
    let idle: Vec<&&str> =
        idle.iter().filter(|code| goldens.contains(**code) || !codes.contains(**code)).collect();
    assert!(idle.is_empty(), "they need no reason: {idle:?}");
    let without = WITHOUT_CARET.iter().map(|(code, _)| *code);
    let idle: Vec<&str> = without.filter(|code| !goldens.contains(*code)).collect();
    assert!(idle.is_empty(), "nobody asks whether they have a caret: {idle:?}");
}

#[test]
fn goldens_are_what_is_said() {
    for entry in std::fs::read_dir(folder()).expect("the folder") {
        let path = entry.expect("an entry").path();
        let code = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let golden = std::fs::read_to_string(&path).expect("a text");
        let (now, said) = said(&golden);
        assert_golden(&path, &now);
        let errors: Vec<&str> = said.lines().filter(|line| line.contains(" error[")).collect();
        assert!(
            matches!(errors.as_slice(), [one] if one.contains(&format!(" error[{code}]: "))),
            "{code}: {said}"
        );
        let is_marked = said.lines().any(|line| line.contains("| ") && line.contains('^'));
        let is_of_none = WITHOUT_CARET.iter().any(|(known, _)| *known == code);
        assert_eq!(is_marked, !is_of_none, "{code}: {said}");
    }
}

/// The caret stands under the value of the column that is wrong, whatever else is assigned beside it.
#[test]
fn a_wrong_value_of_an_update_is_where_it_stands() {
    let mut session = Session::new(Arc::new(Database::in_memory().expect("a database")));
    let tables = [
        "CREATE TABLE t(a INTEGER, b INTEGER CHECK (b < 10))",
        "CREATE TABLE k(a INTEGER PRIMARY KEY, b INTEGER NOT NULL)",
        "INSERT INTO t VALUES (1, 1)",
        "INSERT INTO k VALUES (2, 2)",
    ];
    run(&mut session, &tables);
    for (statement, wrong) in [
        ("UPDATE t SET rowid = 55, a = 'bad'", "'bad'"),
        ("UPDATE t SET rowid = 'x', a = 1", "'x'"),
        ("UPDATE t SET a = 1, b = 2, a = 'bad'", "'bad'"),
        ("UPDATE t SET (a, b) = (1, 'bad')", "'bad'"),
        ("UPDATE t SET (a, b) = (SELECT 1, 'bad')", "(SELECT 1, 'bad')"),
        ("UPDATE k SET rowid = 1, a = 2, b = 'bad'", "'bad'"),
        ("UPDATE k SET b = DEFAULT", "DEFAULT"),
        // The second and the third share the plan of the first.
        ("UPDATE t SET a = 1, b = 11", "11"),
        ("UPDATE t SET a = 1, b = 12", "12"),
        ("UPDATE t SET a = 1,   b =  13", "13"),
    ] {
        let error = session.execute(statement).expect_err(statement);
        let span = error.span().unwrap_or_else(|| panic!("no place: {statement}"));
        assert_eq!(&statement[span.start..span.end], wrong, "{statement}");
    }
}
