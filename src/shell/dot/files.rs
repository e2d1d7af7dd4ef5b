//! Files: tables from and to them, scripts of SQL, other databases.

use super::output::separator_text;
use super::{DotCommand, DotCommandError, DotCommandGroup, check_safe};
use crate::render::Diagnostic;
use crate::shell::Shell;
use crate::shell::transfer::{ExportRequest, FileFormat, ImportRequest, encoding_named};
use encoding_rs::Encoding;
use std::slice::Iter;

/// The commands of this room.
pub(super) const GROUP: DotCommandGroup = DotCommandGroup {
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
                (
                    "FILE",
                    "its end says what it is: .csv .tsv .json .ndjson; - is standard input, \"|COMMAND\" what a command says",
                ),
                ("TABLE", "is made with the types that fit if it does not exist"),
                (
                    "OPT",
                    "--csv, --tsv, --json or --ndjson where the name does not say it; --skip N passes over the first N lines; --header and --no-header say whether the first one names columns: without them it does if all its fields are names of columns, and in a new table",
                ),
                (
                    "",
                    "--separator TEXT stands between fields, else .separator, else what the first lines say: , ; | or a tab; --encoding NAME if it is not UTF-8: windows-1252; --null TEXT is NULL; --decimal-comma reads 1.234,50 as 1234.50",
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
const IMPORT_OPTIONS: &[&str] =
    &["skip", "header", "no-header", "separator", "encoding", "null", "decimal-comma"];

/// The options of `.import`, as they are written.
pub(in crate::shell) fn import_options() -> impl Iterator<Item = String> {
    KIND_OPTIONS.iter().chain(IMPORT_OPTIONS).map(|name| format!("--{name}"))
}

fn usage(message: String) -> DotCommandError {
    DotCommandError::Failed(Diagnostic::new("dot-command", message))
}

/// What the options of a command say, and its other words.
#[derive(Default)]
struct CommandOptions {
    kind: Option<FileFormat>,
    force: bool,
    skip: u64,
    header: Option<bool>,
    separator: Option<char>,
    encoding: Option<&'static Encoding>,
    null: Option<String>,
    decimal_comma: bool,
    words: Vec<String>,
}

impl CommandOptions {
    /// Reads the words of a command; `allowed` are the options besides those of a kind.
    fn of(arguments: &[String], allowed: &[&str]) -> Result<CommandOptions, DotCommandError> {
        let mut given = CommandOptions::default();
        let mut words = arguments.iter();
        // Behind the file of an export comes SQL, as it is written.
        let is_sql = |words: &[String]| allowed.contains(&"force") && !words.is_empty();
        while let Some(word) = words.next() {
            // sqlite3 takes one dash as well as two; a lone dash is a name.
            let option = word.strip_prefix("--").or_else(|| word.strip_prefix('-'));
            match option.filter(|name| !name.is_empty() && !is_sql(&given.words)) {
                None => given.words.push(word.clone()),
                Some(name) if allowed.contains(&name) => given.option(name, &mut words)?,
                Some(name) => match FileFormat::named(name) {
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

    /// Takes in an option, whose value is the next of the words if it has one.
    fn option(&mut self, name: &str, words: &mut Iter<'_, String>) -> Result<(), DotCommandError> {
        let mut value = |what: &str| {
            let missing = || usage(format!("--{name} needs {what}"));
            words.next().ok_or_else(missing)
        };
        match name {
            "force" => self.force = true,
            "decimal-comma" => self.decimal_comma = true,
            "separator" => self.separator = Some(one_character(value(SEPARATOR)?)?),
            "encoding" => {
                self.encoding = Some(encoding_named(value("a name: windows-1252")?)?);
            }
            "null" => self.null = Some(value("the text that is NULL")?.clone()),
            "skip" => {
                let number = value("a number of lines")?.parse().ok();
                self.skip =
                    number.ok_or_else(|| usage("--skip needs a number of lines".to_owned()))?;
            }
            name => self.header = Some(name == "header"),
        }
        Ok(())
    }
}

/// What stands between the fields of a file.
const SEPARATOR: &str = "one character: --separator ';'";

/// The character that a separator is.
fn one_character(text: &str) -> Result<char, DotCommandError> {
    let text = separator_text(text);
    let mut characters = text.chars();
    match (characters.next(), characters.next()) {
        (Some('"' | '\n' | '\r'), None) => {
            Err(usage("quotes and ends of lines stand in fields and between records".to_owned()))
        }
        (Some(one), None) => Ok(one),
        _ => Err(usage(format!("--separator needs {SEPARATOR}"))),
    }
}

fn import(shell: &mut Shell, arguments: &[String]) -> Result<(), DotCommandError> {
    check_safe(shell, ".import")?;
    let given = CommandOptions::of(arguments, IMPORT_OPTIONS)?;
    let [path, table] = given.words.as_slice() else {
        return Err(usage(
            "usage: .import [--csv|--tsv|--json|--ndjson] [--skip N] [--header|--no-header] \
             [--separator TEXT] [--encoding NAME] [--null TEXT] [--decimal-comma] FILE TABLE"
                .to_owned(),
        ));
    };
    let mut import = ImportRequest {
        path: path.clone(),
        table: table.clone(),
        kind: given.kind,
        skip: given.skip,
        header: given.header,
        separator: given.separator,
        encoding: given.encoding,
        null: given.null,
        decimal_comma: given.decimal_comma,
    };
    // What .separator said is for files of fields that are no others' by their names.
    if let (None, Some(said), true) =
        (import.separator, &shell.settings.format.separator, import.is_separated())
    {
        import.separator = Some(one_character(said)?);
    }
    shell.import(&import)
}

fn export(shell: &mut Shell, arguments: &[String]) -> Result<(), DotCommandError> {
    check_safe(shell, ".export")?;
    let CommandOptions { kind, force, words, .. } = CommandOptions::of(arguments, &["force"])?;
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
    shell.export(&ExportRequest { path, what, kind, force })
}

fn dump(shell: &mut Shell, arguments: &[String]) -> Result<(), DotCommandError> {
    shell.dump(arguments)
}

fn open(shell: &mut Shell, arguments: &[String]) -> Result<(), DotCommandError> {
    check_safe(shell, ".open")?;
    shell.open(arguments.first().map(String::as_str))
}

fn save(shell: &mut Shell, arguments: &[String]) -> Result<(), DotCommandError> {
    check_safe(shell, ".save")?;
    shell.save(&arguments[0])
}
