//! Floor 7: arguments in, an exit code out.

mod arguments;

use arguments::{Arguments, ScriptArgument};
use asof::render::{Diagnostic, Format, Mode, ReportOptions, TextOrigin, report};
use asof::shell::{Connection, Script, Settings, Shell, Stop};
use std::io::{self, IsTerminal, Write};
use std::panic;
use std::path::Path;
use std::process::ExitCode;
use std::thread;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Bytes of stack for all the work. However tall a statement may be (the limits stand in the
/// grammar's README), what walks it fits, whatever `ulimit -s` leaves to the first thread.
const STACK: usize = 64 << 20;

fn main() -> ExitCode {
    panic::set_hook(Box::new(report_panic));
    #[cfg(unix)]
    asof::shell::hold_file_size_signal();
    let arguments = Arguments::read();
    #[cfg(unix)]
    if arguments.is_interactive() {
        // Before there are other threads.
        asof::shell::restore_at_end();
    }
    let worker = thread::Builder::new().name("shell".into()).stack_size(STACK);
    let code = match worker.spawn(move || run(&arguments)) {
        // A panic was told by the hook; all that is left is to end as a failure.
        Ok(worker) => worker.join().unwrap_or(1),
        Err(error) => {
            let _ = writeln!(io::stderr(), "asof: cannot start a thread: {error}");
            1
        }
    };
    ExitCode::from(code)
}

/// Says that the program is wrong, where, and what that means for the data.
fn report_panic(fault: &panic::PanicHookInfo<'_>) {
    let payload = fault.payload();
    let what = payload
        .downcast_ref::<&str>()
        .map(ToString::to_string)
        .or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_default();
    let place = fault.location().map(ToString::to_string).unwrap_or_default();
    let mut errors = io::stderr().lock();
    let _ = writeln!(errors, "asof: internal error at {place}: {what}");
    let _ = writeln!(
        errors,
        "asof: this is a bug in asof, please report it; what was committed before is safe"
    );
}

fn run(arguments: &Arguments) -> u8 {
    let colours = Colours::choose(arguments.color.as_deref());
    let problem = |error: &Diagnostic| {
        let origin = TextOrigin::default();
        let (format, colour) = (arguments.error_format(), colours.errors);
        let options = ReportOptions { format, colour, ..ReportOptions::default() };
        let _ = report(error, "", &origin, &options, &mut io::stderr());
    };
    let options = match arguments.open_options() {
        Ok(options) => options,
        Err(message) => {
            problem(&Diagnostic::new("usage", message));
            return 2;
        }
    };
    let database = arguments.database();
    if let Some(help) = database.and_then(looks_like_sql) {
        let message = "this is SQL where the name of a database belongs";
        problem(&Diagnostic::new("usage", message).help(Some(help)));
        return 2;
    }
    let interactive = arguments.is_interactive();
    if interactive && (arguments.single_transaction || arguments.check) {
        let message = "--single-transaction and --check are for scripts: -c SQL, -f FILE or a pipe";
        problem(&Diagnostic::new("usage", message));
        return 2;
    }
    let connection = match database {
        None => Connection::in_memory(options),
        Some(name) => match Connection::open(Path::new(name), options.clone()) {
            // A database that is not there has no tables, and checking creates none.
            Ok(connection) if arguments.check && connection.is_missing() => {
                Connection::in_memory(options)
            }
            opened => opened,
        },
    };
    let connection = match connection {
        Ok(connection) => connection,
        Err(error) => {
            problem(error.diagnostic());
            return 3;
        }
    };
    let settings = settings(&colours, interactive);
    let mut shell =
        Shell::new(connection, settings, Box::new(io::stdout()), Box::new(io::stderr()));
    if !interactive {
        shell.catch_interrupts();
    }
    if let Some(target) = &arguments.salvage {
        let stop = shell.salvage(target);
        return shell.finish(stop);
    }
    let stop = begin(&mut shell, arguments, interactive).and_then(|()| match interactive {
        true => shell.interact(),
        false => {
            let result = shell.begin_run().and_then(|()| run_sources(&mut shell, arguments));
            shell.end_run(result)
        }
    });
    shell.finish(stop)
}

/// What comes before everything else: the start-up file, the options over it, `--at`, `-cmd`.
fn begin(shell: &mut Shell, arguments: &Arguments, interactive: bool) -> Result<(), Stop> {
    if let Some((path, must_exist)) = arguments.start_up(interactive)
        && (must_exist || path.is_file())
    {
        shell.start_up(&path)?;
    }
    arguments.adjust(&mut shell.settings);
    shell.act_as(arguments.actor());
    if let Some(size) = arguments.memory {
        shell.set_memory(size);
    }
    if arguments.flexible_types {
        shell.set_flexible_types(true);
    }
    arguments.variables.iter().try_for_each(|assignment| shell.assign(assignment))?;
    if let Some(target) = &arguments.output {
        shell.send_to(target)?;
    }
    if let Some(point) = &arguments.at {
        shell.open_at(point)?;
    }
    arguments.cmd.iter().try_for_each(|text| shell.run_command(text))
}

/// Runs everything the command line names, or standard input, up to what stops it.
fn run_sources(shell: &mut Shell, arguments: &Arguments) -> Result<(), Stop> {
    let sources = &arguments.sources;
    if sources.is_empty() {
        let script = Script {
            name: "stdin".to_string(),
            from_line: arguments.from_line,
            resume: arguments.command_line(&[]),
        };
        return shell.run_file("-", &script);
    }
    let commands: Vec<&str> = sources.iter().filter_map(ScriptArgument::command).collect();
    shell.check(&commands)?;
    let mut first_file = true;
    for (index, source) in sources.iter().enumerate() {
        let done = match source {
            ScriptArgument::Command(text) => shell.run_command(text),
            ScriptArgument::File(path) => {
                let from_line = if first_file { arguments.from_line } else { 1 };
                first_file = false;
                let name = if path == "-" { "stdin" } else { path.as_str() };
                let resume = arguments.command_line(&sources[index..]);
                shell.run_file(path, &Script { name: name.to_string(), from_line, resume })
            }
        };
        match done {
            Err(Stop::Failed) if arguments.keep_going => {}
            done => done?,
        }
    }
    Ok(())
}

/// What suits the two streams.
fn settings(colours: &Colours, interactive: bool) -> Settings {
    let terminal = io::stdout().is_terminal();
    let settings = Settings::default();
    Settings {
        format: Format {
            mode: if terminal { Mode::Box } else { Mode::List },
            terminal,
            width: std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok()),
            colour: colours.output,
            ..settings.format
        },
        colour_errors: colours.errors,
        receipts: interactive,
        keep_results: interactive,
        progress: io::stderr().is_terminal(),
        ..settings
    }
}

/// Which streams are coloured.
struct Colours {
    output: bool,
    errors: bool,
}

impl Colours {
    /// `--color always` and CLICOLOR_FORCE colour everything; `--color never`, NO_COLOR, CLICOLOR=0 and
    /// TERM=dumb nothing; else terminals are coloured.
    fn choose(when: Option<&str>) -> Colours {
        // The decision is made here, per stream; `colored` only knows standard output.
        colored::control::set_override(true);
        let variable = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        let is_off = |name| variable(name).as_deref() == Some("0");
        let forced = variable("CLICOLOR_FORCE").is_some() && !is_off("CLICOLOR_FORCE");
        let never = variable("NO_COLOR").is_some()
            || is_off("CLICOLOR")
            || variable("TERM").as_deref() == Some("dumb");
        let coloured = |is_terminal| match when {
            Some("always") => true,
            Some("never") => false,
            _ => forced || (is_terminal && !never),
        };
        Colours {
            output: coloured(io::stdout().is_terminal()),
            errors: coloured(io::stderr().is_terminal()),
        }
    }
}

/// The command that a user meant who wrote SQL where the database belongs.
fn looks_like_sql(name: &str) -> Option<String> {
    const BEGINNINGS: &[&str] = &[
        "SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "ALTER", "WITH", "VALUES",
        "BEGIN", "EXPLAIN", "HISTORY", "DIFF", "PRAGMA", "REPLACE",
    ];
    let first = name.split_whitespace().next()?;
    let is_statement = name.trim().contains(char::is_whitespace)
        && BEGINNINGS.iter().any(|word| word.eq_ignore_ascii_case(first));
    if Path::new(name).exists() || !(is_statement || name.trim_end().ends_with(';')) {
        return None;
    }
    let quoted = arguments::quoted(name);
    Some(format!("asof DATABASE {quoted}, or in memory: asof -c {quoted}"))
}
