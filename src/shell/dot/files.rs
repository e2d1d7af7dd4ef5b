//! Files: tables from and to them, scripts of SQL, other databases.

use super::{DotCommand, Group, Trouble, check_safe};
use crate::render::Diagnostic;
use crate::shell::Shell;
use crate::shell::transfer::{Export, Import, Kind};

/// The commands of this room.
pub(super) const GROUP: Group = Group {
    title: "Files",
    commands: &[
        DotCommand {
            name: ".dump",
            arguments: "[TABLE]...",
            help: "SQL that makes the tables again as they are",
            details: &[("TABLE", "only these; without one, all")],
            run: dump,
        },
        DotCommand {
            name: ".export",
            arguments: "FILE [TABLE|SQL]...",
            help: "a table or query into CSV, TSV, JSON, NDJSON",
            details: &[
                (
                    "FILE",
                    "its end says what it becomes: .csv .tsv .json .ndjson; before it, --csv, --tsv, --json or --ndjson says so, too, and --force replaces a file",
                ),
                ("TABLE", "as a whole"),
                ("SQL", "a query, which is the rest of the line"),
            ],
            run: export,
        },
        DotCommand {
            name: ".import",
            arguments: "FILE TABLE [OPT]...",
            help: "CSV, TSV, JSON or NDJSON into a table",
            details: &[
                ("FILE", "its end says what it is: .csv .tsv .json .ndjson; - is standard input"),
                ("TABLE", "is made with the types that fit if it does not exist"),
                (
                    "OPT",
                    "--csv, --tsv, --json or --ndjson where the name does not say it; --skip N passes over the first N lines; --header and --no-header say whether the first one names columns: without them it does if all its fields are names of columns, and in a new table",
                ),
            ],
            run: import,
        },
        DotCommand {
            name: ".open",
            arguments: "[FILE]",
            help: "another database instead (none: in memory)",
            details: &[("FILE", "a directory; one that does not exist is made by the first write")],
            run: open,
        },
        DotCommand {
            name: ".save",
            arguments: "FILE",
            help: "copy the database with its past to a new place",
            details: &[("FILE", "a directory that does not exist")],
            run: save,
        },
    ],
};

/// The options that say what a file is.
const KIND_OPTIONS: &[&str] = &["csv", "tsv", "json", "ndjson"];

/// The other options of `.import`.
const IMPORT_OPTIONS: &[&str] = &["skip", "header", "no-header"];

/// The options of `.import`, as they are written.
pub(in crate::shell) fn import_options() -> impl Iterator<Item = String> {
    KIND_OPTIONS.iter().chain(IMPORT_OPTIONS).map(|name| format!("--{name}"))
}

fn usage(message: String) -> Trouble {
    Trouble::Told(Diagnostic::new("dot-command", message))
}

/// What the options of a command say, and its other words.
#[derive(Default)]
struct Given {
    kind: Option<Kind>,
    force: bool,
    skip: u64,
    header: Option<bool>,
    words: Vec<String>,
}

impl Given {
    /// Reads the words of a command; `allowed` are the options besides those of a kind.
    fn of(arguments: &[String], allowed: &[&str]) -> Result<Given, Trouble> {
        let mut given = Given::default();
        let mut words = arguments.iter();
        // Behind the file of an export comes SQL, as it is written.
        let is_sql = |words: &[String]| allowed.contains(&"force") && !words.is_empty();
        while let Some(word) = words.next() {
            // sqlite3 takes one dash as well as two; a lone dash is a name.
            let option = word.strip_prefix("--").or_else(|| word.strip_prefix('-'));
            match option.filter(|name| !name.is_empty() && !is_sql(&given.words)) {
                None => given.words.push(word.clone()),
                Some(name @ ("header" | "no-header")) if allowed.contains(&name) => {
                    given.header = Some(name == "header");
                }
                Some("force") if allowed.contains(&"force") => given.force = true,
                Some("skip") if allowed.contains(&"skip") => {
                    let number = words.next().and_then(|number| number.parse().ok());
                    given.skip =
                        number.ok_or_else(|| usage("--skip needs a number of lines".to_owned()))?;
                }
                Some(name) => match Kind::named(name) {
                    Some(kind) => given.kind = Some(kind),
                    None => {
                        let all = KIND_OPTIONS.iter().chain(allowed);
                        let all = all.map(|name| format!("--{name}"));
                        let all = all.collect::<Vec<_>>().join(" ");
                        return Err(usage(format!("there is no option {word} here, but {all}")));
                    }
                },
            }
        }
        Ok(given)
    }
}

fn import(shell: &mut Shell, arguments: &[String]) -> Result<(), Trouble> {
    check_safe(shell, ".import")?;
    let Given { kind, skip, header, words, .. } = Given::of(arguments, IMPORT_OPTIONS)?;
    let [path, table] = words.as_slice() else {
        return Err(usage(
            "usage: .import [--csv|--tsv|--json|--ndjson] [--skip N] [--header|--no-header] \
             FILE TABLE"
                .to_owned(),
        ));
    };
    let import = Import { path: path.clone(), table: table.clone(), kind, skip, header };
    shell.import(&import)
}

fn export(shell: &mut Shell, arguments: &[String]) -> Result<(), Trouble> {
    check_safe(shell, ".export")?;
    let Given { kind, force, words, .. } = Given::of(arguments, &["force"])?;
    let (path, what) = match words.as_slice() {
        [path] => (path.clone(), None),
        [path, what] => (path.clone(), Some(what.clone())),
        _ => {
            return Err(usage(
                "usage: .export [--csv|--tsv|--json|--ndjson] [--force] FILE [TABLE|QUERY]"
                    .to_owned(),
            ));
        }
    };
    shell.export(&Export { path, what, kind, force })
}

fn dump(shell: &mut Shell, arguments: &[String]) -> Result<(), Trouble> {
    shell.dump(arguments)
}

fn open(shell: &mut Shell, arguments: &[String]) -> Result<(), Trouble> {
    check_safe(shell, ".open")?;
    shell.open(arguments.first().map(String::as_str))
}

fn save(shell: &mut Shell, arguments: &[String]) -> Result<(), Trouble> {
    check_safe(shell, ".save")?;
    shell.save(&arguments[0])
}
