//! The command line.
//!
//! [`Arguments`] is the one table of options: clap makes the parser and the help of it, a test compares
//! the README with that. `spelling` knows what other shells call them.

mod spelling;

use asof::render::{ErrorFormat, MODES, Mode, escape, wrap};
use asof::shell::{Settings, seconds};
use asof::storage::{Environment, FixedClock, OpenOptions, SeededRandom};
use asof::types::{ByteSize, Date, Timestamp};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::parser::ValueSource;
use clap::{ArgMatches, CommandFactory, FromArgMatches, Parser};
use std::io::{self, IsTerminal};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// An event-sourced database in a shell: every query can be asked as of any event.
#[derive(Debug, Parser)]
#[command(name = "asof", version, args_override_self = true,
    override_usage = "asof [OPTIONS] [DATABASE] [SQL]...", after_help = after_help())]
pub struct Arguments {
    /// The database, a directory (none: in memory), and SQL to run
    #[arg(value_name = "DATABASE] [SQL")]
    words: Vec<String>,

    /// Run SQL and exit; may be repeated, dot-commands are allowed
    #[arg(short, long, value_name = "SQL", allow_hyphen_values = true)]
    command: Vec<String>,

    /// Run a file and exit; may be repeated, '-' is standard input
    #[arg(short, long, value_name = "FILE")]
    file: Vec<String>,

    /// How rows are shown: one of the modes below
    #[arg(short, long, value_parser = mode_parser(), hide_possible_values = true)]
    mode: Option<Mode>,

    /// Whether the names of columns come first
    #[arg(long, value_name = "on|off", value_parser = ["on", "off"],
        hide_possible_values = true)]
    headers: Option<String>,

    /// Go on after an error; the exit code is 1 all the same
    #[arg(long)]
    pub keep_going: bool,

    /// Begin at this line of the first file or of standard input, not at 1
    #[arg(long, value_name = "N", default_value_t = 1, hide_default_value = true)]
    pub from_line: usize,

    /// Print what every write did
    #[arg(long)]
    receipts: bool,

    /// Print every statement before it runs
    #[arg(long)]
    echo: bool,

    /// Print the time every statement took
    #[arg(long)]
    timer: bool,

    /// Refuse writes
    #[arg(long)]
    read_only: bool,

    /// Refuse dot-commands that touch files or run programs; CSV has ' before texts that a spreadsheet would compute
    #[arg(long)]
    safe: bool,

    /// Make new tables FLEXIBLE, which hold any value as in SQLite, for dumps of such databases
    #[arg(long)]
    pub flexible_types: bool,

    /// What statements may hold before they write to temporary files, and the past may keep [default: a
    /// quarter of the machine's, 1GB at most]
    #[arg(long, value_name = "SIZE", value_parser = byte_size)]
    pub memory: Option<ByteSize>,

    /// Open the session in the past, at any point of the language, and read-only
    #[arg(long, value_name = "POINT", allow_hyphen_values = true)]
    pub at: Option<String>,

    /// Who does what is done here, where no WITH says who [default: $ASOF_ACTOR]
    #[arg(long, value_name = "NAME", allow_hyphen_values = true)]
    actor: Option<String>,

    /// Run everything in one transaction, or nothing of it
    #[arg(short = '1', long, conflicts_with_all = ["keep_going", "read_only", "at"])]
    pub single_transaction: bool,

    /// Parse and bind every statement and run none
    #[arg(long, conflicts_with_all = ["single_transaction", "at"])]
    pub check: bool,

    /// Run this file first [default: asof/rc.sql where configuration is, at a terminal]
    #[arg(long, value_name = "FILE", allow_hyphen_values = true)]
    init: Option<PathBuf>,

    /// Run no such file
    #[arg(short = 'X', long, conflicts_with = "init")]
    no_init: bool,

    /// What is shown for NULL
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    null: Option<String>,

    /// What stands between values in list mode
    #[arg(long, hide = true, value_name = "TEXT", allow_hyphen_values = true)]
    separator: Option<String>,

    /// Send results to a file, or to a program where it begins with |
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<String>,

    /// How errors are told: human, short (a line) or json
    #[arg(long, value_name = "FORMAT", value_parser = error_format_parser(),
        hide_possible_values = true)]
    error_format: Option<ErrorFormat>,

    /// Whether to colour: auto (at a terminal), always or never
    #[arg(long, value_name = "WHEN", value_parser = ["auto", "always", "never"],
        hide_possible_values = true)]
    pub color: Option<String>,

    /// Copy what is good of a damaged database to a new directory, and list what is lost
    #[arg(long, value_name = "NEWDIR", conflicts_with_all = ["command", "file", "at", "check"])]
    pub salvage: Option<PathBuf>,

    /// Never prompt, even at a terminal
    #[arg(long, hide = true)]
    pub batch: bool,

    /// Stop at the first error, as without it
    #[arg(long, hide = true, conflicts_with = "keep_going")]
    bail: bool,

    /// Give a parameter a value: $NAME in statements
    #[arg(short = 'v', long = "variable", value_name = "NAME=VALUE")]
    pub variables: Vec<String>,

    /// Run this before everything else
    #[arg(long, hide = true, value_name = "SQL", allow_hyphen_values = true)]
    pub cmd: Vec<String>,

    /// Start the clock at a moment and let it step (in seconds, default 1) each time it is asked;
    /// randomness repeats, too, but for a database's uuid
    #[arg(long, value_name = "START[+STEP]")]
    clock: Option<String>,

    /// Seconds to wait for another process that writes, not 5
    #[arg(long, value_name = "S", value_parser = seconds, default_value = "5",
        hide_default_value = true)]
    busy_timeout: Duration,

    /// Write a snapshot every N events [default: four for each row, at least 100000]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    snapshot_every: Option<u64>,

    /// No banner, no footers
    #[arg(short, long)]
    quiet: bool,

    /// What to run, in the order of the command line.
    #[arg(skip)]
    pub sources: Vec<ScriptArgument>,

    /// The options that a command has to repeat that goes on with a script, for a shell.
    #[arg(skip)]
    repeated: Vec<String>,
}

/// One thing to run.
#[derive(Clone, Debug)]
pub enum ScriptArgument {
    /// SQL of the command line.
    Command(String),
    /// A file's path, `-` for standard input.
    File(String),
}

impl ScriptArgument {
    /// The SQL of the command line.
    pub fn command(&self) -> Option<&str> {
        match self {
            ScriptArgument::Command(text) => Some(text),
            ScriptArgument::File(_) => None,
        }
    }
}

/// A size that an option gives.
fn byte_size(text: &str) -> Result<ByteSize, String> {
    ByteSize::parse(text).ok_or_else(|| "a size is 64MB, 500kB or 2GB".to_owned())
}

impl Arguments {
    /// Reads the process's arguments; ends it where they make no sense or ask for help.
    pub fn read() -> Arguments {
        let mut command = narrow(Arguments::command());
        let words = spelling::translated(&command, std::env::args_os()).unwrap_or_else(|message| {
            end(command.error(ErrorKind::UnknownArgument, escape(&message)))
        });
        let matches = command.try_get_matches_from(words).unwrap_or_else(|error| end(error));
        let mut arguments =
            Arguments::from_arg_matches(&matches).unwrap_or_else(|error| end(error));
        arguments.sources = arguments.ordered(&matches);
        arguments.repeated = repeated(&matches);
        arguments
    }

    fn ordered(&self, matches: &ArgMatches) -> Vec<ScriptArgument> {
        let indices = |name| matches.indices_of(name).into_iter().flatten();
        let commands = self.command.iter().cloned().map(ScriptArgument::Command);
        let files = self.file.iter().cloned().map(ScriptArgument::File);
        let mut sources: Vec<(usize, ScriptArgument)> =
            indices("command").zip(commands).chain(indices("file").zip(files)).collect();
        sources.sort_by_key(|(index, _)| *index);
        let words = self.words.iter().skip(1).cloned().map(ScriptArgument::Command);
        sources.into_iter().map(|(_, source)| source).chain(words).collect()
    }

    /// Who does what is done here: `--actor`, else `$ASOF_ACTOR`, else nobody.
    pub fn actor(&self) -> Option<String> {
        let named = self.actor.clone().or_else(|| std::env::var("ASOF_ACTOR").ok());
        named.filter(|actor| !actor.is_empty())
    }

    /// The database's path; `None` for one in memory.
    pub fn database(&self) -> Option<&str> {
        self.words.first().map(String::as_str).filter(|name| *name != ":memory:")
    }

    /// Whether someone types: no source is given and standard input is a terminal.
    pub fn is_interactive(&self) -> bool {
        self.sources.is_empty() && !self.batch && io::stdin().is_terminal()
    }

    /// Changes what the command line says of the settings.
    pub fn adjust(&self, settings: &mut Settings) {
        if let Some(mode) = self.mode {
            settings.format.mode = mode;
        }
        if let Some(word) = &self.headers {
            settings.format.headers = Some(word == "on");
        }
        if self.timer {
            settings.timer = Some(true);
        }
        if self.null.is_some() {
            settings.format.null.clone_from(&self.null);
        }
        if self.separator.is_some() {
            settings.format.separator.clone_from(&self.separator);
        }
        settings.error_format = self.error_format();
        // At a terminal receipts are the rule, which -q is an exception from.
        settings.receipts = self.receipts || (settings.receipts && !self.quiet);
        settings.echo |= self.echo;
        settings.format.footer &= !self.quiet;
        settings.safe |= self.safe;
        settings.format.guards_formulas |= self.safe;
        settings.check_only |= self.check;
        // Every error of a script is of use to whoever checks it.
        settings.keep_going |= self.keep_going || self.check;
        settings.single_transaction |= self.single_transaction;
    }

    /// How errors are told.
    pub fn error_format(&self) -> ErrorFormat {
        self.error_format.unwrap_or_default()
    }

    /// The script to begin with, and whether it must be there: the one that was asked for, or, at a
    /// terminal, that of the configuration.
    pub fn start_up(&self, interactive: bool) -> Option<(PathBuf, bool)> {
        if let Some(path) = &self.init {
            return Some((path.clone(), true));
        }
        if self.no_init || !interactive {
            return None;
        }
        let given = std::env::var_os("XDG_CONFIG_HOME").map(PathBuf::from);
        let folder = given.filter(|path| path.is_absolute()).or_else(dirs::config_dir)?;
        Some((folder.join("asof").join("rc.sql"), false))
    }

    /// How the database is opened.
    ///
    /// # Errors
    /// A sentence where `--clock` names no moment, or the database has no name.
    pub fn open_options(&self) -> Result<OpenOptions, String> {
        if self.database() == Some("") {
            return Err("the name of the database is empty".into());
        }
        let mut environment = Environment::standard();
        if let Some(clock) = &self.clock {
            let (start, step) = moment_and_step(clock).ok_or_else(|| {
                format!("--clock {clock}: expected 2026-01-31T12:00:00[+SECONDS]")
            })?;
            environment.clock = Arc::new(FixedClock::new(start, step));
            environment.random = Arc::new(SeededRandom::new(0));
        }
        let options = OpenOptions::default();
        if let Some(size) = self.memory {
            // Opening keeps to it, too.
            options.memory.set_limit(size.0);
        }
        Ok(OpenOptions {
            read_only: self.read_only || self.at.is_some() || self.check || self.salvage.is_some(),
            whole: self.salvage.is_some(),
            follow: true,
            create: false,
            busy_timeout: self.busy_timeout,
            snapshot_every: self.snapshot_every,
            environment,
            ..options
        })
    }

    /// The command that runs these sources on the same database with the same options, as far as it
    /// stands before and behind one more option; `None` if the database is in memory.
    pub fn command_line(&self, sources: &[ScriptArgument]) -> Option<[String; 2]> {
        let mut line = format!("asof {}", quoted(self.database()?));
        for option in &self.repeated {
            line.push_str(&format!(" {option}"));
        }
        for source in sources {
            let (option, value) = match source {
                ScriptArgument::Command(text) => ("-c", text),
                ScriptArgument::File(path) => ("-f", path),
            };
            line.push_str(&format!(" {option} {}", quoted(value)));
        }
        // What is there of a file of results stays: the rest goes behind it.
        let file = self.output.as_ref().filter(|target| !target.starts_with('|'));
        let redirect = file.map_or(String::new(), |file| format!(" >> {}", quoted(file)));
        Some([line, redirect])
    }
}

/// Ends the process with what clap says; nothing that it quotes commands a terminal.
#[expect(clippy::wildcard_enum_match_arm, reason = "clap's values may become more")]
fn end(mut error: clap::Error) -> ! {
    let escaped = |(kind, value): (ContextKind, &ContextValue)| match value {
        ContextValue::String(text) => Some((kind, ContextValue::String(escape(text).into_owned()))),
        ContextValue::Strings(texts) => {
            let texts = texts.iter().map(|text| escape(text).into_owned()).collect();
            Some((kind, ContextValue::Strings(texts)))
        }
        // What is styled is ours, but for the arguments that tips repeat.
        ContextValue::StyledStrs(tips) => {
            let is_bad = |c: char| escape(c.encode_utf8(&mut [0; 4])).len() > c.len_utf8();
            let arguments = || std::env::args_os().skip(1);
            let quotes = arguments().any(|argument| argument.to_string_lossy().contains(is_bad));
            (quotes && !tips.is_empty()).then_some((kind, ContextValue::None))
        }
        // Numbers and styles of clap's own.
        _ => None,
    };
    let escaped: Vec<_> = error.context().filter_map(escaped).collect();
    for (kind, value) in escaped {
        error.insert(kind, value);
    }
    error.exit()
}

/// Arguments that [`Arguments::command_line`] has another way for, or that say what is over when it is
/// followed.
const NOT_REPEATED: &[&str] = &["words", "command", "file", "from_line"];

/// The options that were given, for a shell, in the order of the command line.
fn repeated(matches: &ArgMatches) -> Vec<String> {
    let command = Arguments::command();
    let mut options = Vec::new();
    for argument in command.get_arguments() {
        let id = argument.get_id().as_str();
        let given = matches.value_source(id) == Some(ValueSource::CommandLine);
        if !given || NOT_REPEATED.contains(&id) {
            continue;
        }
        let (short, long) = (argument.get_short(), argument.get_long());
        let name = short.map(|short| format!("-{short}"));
        let name = name.or(long.map(|long| format!("--{long}"))).unwrap_or_default();
        let takes_value = argument.get_action().takes_values();
        let indices = matches.indices_of(id).into_iter().flatten();
        for (index, value) in indices.zip(matches.get_raw(id).into_iter().flatten()) {
            let value = value.to_string_lossy();
            let option = match long {
                _ if !takes_value => name.clone(),
                // It would be an option itself.
                Some(long) if value.starts_with('-') => format!("--{long}={}", quoted(&value)),
                _ => format!("{name} {}", quoted(&value)),
            };
            // A file of results would be begun again.
            if id != "output" || value.starts_with('|') {
                options.push((index, option));
            }
        }
    }
    options.sort();
    options.into_iter().map(|(_, option)| option).collect()
}

/// A word as a POSIX shell reads it back.
pub fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "_-./=:,@%+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_string()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

/// Columns that every terminal has.
const COLUMNS: usize = 80;

/// The same command, whose help fits them. The texts stand in a column of their own.
fn narrow(command: clap::Command) -> clap::Command {
    const BEFORE: usize = 31;
    command.mut_args(|argument| {
        let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
        argument.help(wrap(&help, COLUMNS - BEFORE).join("\n"))
    })
}

fn mode_parser() -> impl TypedValueParser<Value = Mode> {
    PossibleValuesParser::new(MODES.iter().map(|entry| entry.name))
        .try_map(|name| Mode::from_name(&name).ok_or("no such mode"))
}

fn error_format_parser() -> impl TypedValueParser<Value = ErrorFormat> {
    let formats = ErrorFormat::NAMES;
    PossibleValuesParser::new(formats.iter().map(|(name, _)| *name)).try_map(move |name| {
        let found = formats.iter().find(|(known, _)| *known == name);
        found.map(|(_, format)| *format).ok_or("no such format")
    })
}

/// What the exit code says.
const EXIT_CODES: [(&str, &str); 8] = [
    ("0", "done"),
    ("1", "a statement failed, or a transaction was left open at the end"),
    ("2", "the command line makes no sense"),
    ("3", "the database cannot be opened: missing, locked or damaged"),
    ("4", "--salvage saved what is good, and something is lost"),
    ("130", "interrupted"),
    ("141", "whoever read the output has gone"),
    ("n", ".exit n said so"),
];

fn after_help() -> String {
    let modes: Vec<String> =
        MODES.iter().map(|entry| format!("  --{:10}{}", entry.name, entry.help)).collect();
    format!(
        "Modes (--csv is --mode csv):\n{}\n\n\
         sqlite3's spellings (-csv, -header, -readonly, …) work, too.\n\n\
         Exit codes:\n{}",
        modes.join("\n"),
        EXIT_CODES.map(|(code, meaning)| format!("  {code:10}{meaning}")).join("\n")
    )
}

/// `START[+STEP]`: the moment and the step in microseconds.
fn moment_and_step(text: &str) -> Option<(Timestamp, i64)> {
    const SECOND: i64 = 1_000_000;
    if let Some((start, step)) = text.rsplit_once('+')
        && let (Some(start), Ok(step)) = (moment(start), seconds(step))
    {
        return Some((start, i64::try_from(step.as_micros()).ok()?));
    }
    moment(text).map(|start| (start, SECOND))
}

/// A day or a moment.
fn moment(text: &str) -> Option<Timestamp> {
    Date::parse(text).map(Date::midnight).or_else(|| Timestamp::parse(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_one_that_clap_accepts() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn a_database_is_opened_in_the_memory_that_is_said() -> Result<(), String> {
        let arguments = Arguments::parse_from(["asof", "--memory", "3MB", "bank"]);
        assert_eq!(Some(arguments.open_options()?.memory.limit()), arguments.memory.map(|m| m.0));
        assert!(arguments.memory.is_some());
        Ok(())
    }

    #[test]
    fn words_are_quoted_for_a_shell() {
        assert_eq!(quoted("seed.sql"), "seed.sql");
        assert_eq!(quoted("it's 1"), "'it'\\''s 1'");
        assert_eq!(quoted(""), "''");
    }

    #[test]
    fn a_clock_has_a_start_and_a_step() {
        let second = 1_000_000;
        let day = Date::parse("2026-01-31").expect("a day").midnight();
        assert_eq!(moment_and_step("2026-01-31"), Some((day, second)));
        assert_eq!(moment_and_step("2026-01-31+60"), Some((day, 60 * second)));
        assert_eq!(moment_and_step("2026-01-31T00:00:00Z+0"), Some((day, 0)));
        assert_eq!(moment_and_step("soon"), None);
    }
}
