//! The database behind the shell, which may not exist yet.
//!
//! A missing database is created by its first write. Until then each statement is tried on an empty
//! database in memory: what fails there is an error and leaves no directory behind; what succeeds is
//! done again where it counts.

use crate::language::ast::Statement;
use crate::language::{Parameters, parse_statement};
use crate::render::Diagnostic;
use crate::session::{Error, Outcome, Session, Watcher};
use crate::storage::{self, Database, OpenOptions};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// One user's way to one database.
pub struct Connection {
    session: Option<Session>,
    /// Where the database will be, while there is no session.
    missing: Option<Missing>,
    /// Stops what runs, whatever session it runs in.
    interrupt: Arc<AtomicBool>,
    /// Whether the session goes along with another process that writes.
    follows: bool,
    /// Shows how far long work is, whatever session does it.
    watcher: Option<Watcher>,
    /// What there is to say.
    notices: Vec<String>,
    /// How databases are opened.
    options: OpenOptions,
    /// The values of parameters, for every session to come.
    parameters: Parameters,
    /// Who does what every session does, unless something says who.
    actor: Option<String>,
    /// The SET ACTOR that was said before there was a database.
    set_actor: Option<String>,
    /// Whether new tables are FLEXIBLE, for every session to come.
    flexible_types: bool,
}

struct Missing {
    path: PathBuf,
    options: OpenOptions,
}

/// Why there is no outcome.
pub enum Refusal {
    /// The statement failed.
    Failed(Diagnostic),
    /// There is no database to run it on.
    Unavailable(Diagnostic),
}

/// Whether a statement only reads, by its first word.
pub(super) fn reads(text: &str) -> bool {
    let first = first_word(text);
    READS.iter().any(|word| word.eq_ignore_ascii_case(first))
}

/// First words of statements that only read.
const READS: &[&str] = &[
    "SELECT", "VALUES", "WITH", "EXPLAIN", "HISTORY", "DIFF", "EVENTS", "TIMELINE", "WHY", "SHOW",
    "VERIFY", "TAIL", "REPLAY", "FIRST", "LAST", "DESCRIBE", "SET",
];

impl Connection {
    /// A database in memory, gone at the end.
    ///
    /// # Errors
    /// Where even that is refused.
    pub fn in_memory(options: OpenOptions) -> Result<Connection, Diagnostic> {
        let environment = options.environment.clone();
        let database = Database::in_memory_with(environment).map_err(cannot_open)?;
        let mut connection = Connection::to(None, options);
        connection.begin(Session::new(Arc::new(database)), false);
        Ok(connection)
    }

    /// The way to a database that is not there yet.
    fn to(missing: Option<Missing>, options: OpenOptions) -> Connection {
        let (interrupt, watcher, notices, parameters) = Default::default();
        let (session, follows, actor, set_actor) = (None, false, None, None);
        let flexible_types = false;
        Connection {
            session,
            missing,
            interrupt,
            follows,
            watcher,
            notices,
            options,
            parameters,
            actor,
            set_actor,
            flexible_types,
        }
    }

    /// Goes on in a session; says what its database found when it was opened.
    fn begin(&mut self, mut session: Session, follow: bool) {
        session.interrupt_by(Arc::clone(&self.interrupt));
        session.set_parameters(self.parameters.clone());
        session.act_as(self.actor.clone());
        if let Some(Err(error)) = self.set_actor.take().map(|text| session.execute(&text)) {
            self.notices.push(error.to_string());
        }
        session.set_flexible_types(self.flexible_types);
        if let Some(watcher) = &self.watcher {
            session.watch_by(watcher.clone());
        }
        let database = session.database();
        self.follows = follow && database.is_read_only();
        self.notices.extend(database.notices().iter().cloned());
        if let Some(holder) = database.holder() {
            let name = database.name();
            let what = "this shell is read-only and follows it";
            self.notices.push(format!("{holder} is writing to {name}: {what}"));
        }
        (self.session, self.missing) = (Some(session), None);
    }

    /// The database in a directory, opened now if it exists.
    ///
    /// # Errors
    /// Where there is something else, or it cannot be opened.
    pub fn open(path: &Path, options: OpenOptions) -> Result<Connection, Diagnostic> {
        if path.is_file() {
            return Err(no_directory(path));
        }
        let is_empty =
            |path: &Path| std::fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_none());
        if !path.exists() || is_empty(path) {
            let missing = Missing { path: path.to_path_buf(), options: options.clone() };
            return Ok(Connection::to(Some(missing), options));
        }
        let follow = options.follow;
        let database = Database::open(path, options.clone()).map_err(cannot_open)?;
        let mut connection = Connection::to(None, options);
        connection.begin(Session::new(Arc::new(database)), follow);
        Ok(connection)
    }

    /// Goes to another database, one in memory where no path is given; the one before is closed.
    ///
    /// # Errors
    /// Why it cannot be opened: then the one before stays, unless it is the same.
    pub fn switch(&mut self, path: Option<&Path>) -> Result<(), Diagnostic> {
        let known = |path: &Path| path.canonicalize().ok();
        let before = self.session.as_ref().and_then(|session| known(session.database().path()?));
        if before.is_some() && path.and_then(known) == before {
            // What this session holds nobody else can have, not even it.
            self.session = None;
        }
        let options = self.options.clone();
        let mut opened = match path {
            Some(path) => Connection::open(path, options),
            None => Connection::in_memory(options),
        }?;
        opened.interrupt_by(Arc::clone(&self.interrupt));
        opened.parameters = std::mem::take(&mut self.parameters);
        opened.hand_parameters();
        opened.act_as(self.actor.take());
        let before = self.session.as_ref().map_or(self.flexible_types, Session::flexible_types);
        opened.set_flexible_types(before);
        if let Some(watcher) = self.watcher.take() {
            opened.watch_by(watcher);
        }
        *self = opened;
        Ok(())
    }

    /// How databases are opened here.
    pub fn options(&self) -> &OpenOptions {
        &self.options
    }

    /// The flag that stops what runs.
    pub fn interrupt(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.interrupt)
    }

    /// Runs what writes in a session, which is that of a new database where there is none yet: that is
    /// created with the first event.
    ///
    /// # Errors
    /// Why there can be no database.
    pub fn with_session<T>(
        &mut self,
        run: impl FnOnce(&mut Session) -> T,
    ) -> Result<T, Diagnostic> {
        self.take_over()?;
        if let Some(session) = &mut self.session {
            return Ok(run(session));
        }
        let Some(missing) = self.missing.as_ref().filter(|missing| !missing.options.read_only)
        else {
            return Err(self.existing().err().unwrap_or_default());
        };
        let options = OpenOptions { create: true, ..missing.options.clone() };
        let database = Database::open(&missing.path, options).map_err(cannot_open)?;
        let mut session = Session::new(Arc::new(database));
        session.interrupt_by(Arc::clone(&self.interrupt));
        session.act_as(self.actor.clone());
        session.set_flexible_types(self.flexible_types);
        let done = run(&mut session);
        if session.head().0 > 0 {
            self.begin(session, false);
        }
        Ok(done)
    }

    /// Catches up with the process that writes to the database, if there is one to be followed; says
    /// whether there is a new event. What goes wrong is said once: the session stays where it is.
    ///
    /// # Errors
    /// Where the log is damaged, or another one by now.
    pub fn follow(&mut self) -> Result<bool, Diagnostic> {
        if let Some(missing) = self.missing.as_ref().filter(|missing| missing.is_there()) {
            let (path, options) = (missing.path.clone(), missing.options.clone());
            let database = Database::open(&path, options).map_err(cannot_open)?;
            self.begin(Session::new(Arc::new(database)), true);
            return Ok(true);
        }
        let Some(session) = self.session.as_ref().filter(|_| self.follows) else {
            return Ok(false);
        };
        match session.database().follow() {
            Ok(head) => Ok(head.is_some()),
            Err(error) => {
                self.follows = false;
                let mut diagnostic = Diagnostic::from(&Error::from(error));
                let stays = format!("this session stays at event {}", self.head());
                diagnostic.notes.push(stays);
                Err(diagnostic)
            }
        }
    }

    /// What is to be said of the database since it was last asked, one line each.
    pub fn take_notices(&mut self) -> Vec<String> {
        let mut notices = std::mem::take(&mut self.notices);
        let database = self.session.as_ref().map(|session| session.database());
        notices.extend(database.into_iter().flat_map(|database| database.take_notices()));
        notices
    }

    /// Lets everything be done by somebody, as far as nothing says who.
    pub fn act_as(&mut self, actor: Option<String>) {
        if let Some(session) = &mut self.session {
            session.act_as(actor.clone());
        }
        self.actor = actor;
    }

    /// Who does what is done now.
    pub fn actor(&self) -> Option<&str> {
        self.session.as_ref().map_or(self.actor.as_deref(), Session::actor)
    }

    /// The values of parameters.
    pub fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    /// Gives a parameter a value for the statements to come.
    ///
    /// # Errors
    /// Where `name` is no name of a parameter.
    pub fn set_parameter(&mut self, name: &str, value: &str) -> Result<(), Diagnostic> {
        self.parameters
            .set(name, value)
            .map_err(|error| Diagnostic::new(error.code, error.message).help(error.help))?;
        self.hand_parameters();
        Ok(())
    }

    /// Takes a parameter's value back; false if it had none.
    pub fn unset_parameter(&mut self, name: &str) -> bool {
        let had = self.parameters.unset(name);
        self.hand_parameters();
        had
    }

    /// Takes all values of parameters back.
    pub fn clear_parameters(&mut self) {
        self.parameters.clear();
        self.hand_parameters();
    }

    fn hand_parameters(&mut self) {
        if let Some(session) = &mut self.session {
            session.set_parameters(self.parameters.clone());
        }
    }

    /// Lets a flag stop what runs.
    pub fn interrupt_by(&mut self, flag: Arc<AtomicBool>) {
        self.interrupt = Arc::clone(&flag);
        if let Some(session) = &mut self.session {
            session.interrupt_by(flag);
        }
    }

    /// Lets somebody watch what takes long.
    pub(super) fn watch_by(&mut self, watcher: Watcher) {
        if let Some(session) = &mut self.session {
            session.watch_by(watcher.clone());
        }
        self.watcher = Some(watcher);
    }

    /// Says whether new tables are FLEXIBLE.
    pub fn set_flexible_types(&mut self, is_on: bool) {
        if let Some(session) = &mut self.session {
            session.set_flexible_types(is_on);
        }
        self.flexible_types = is_on;
    }

    /// Keeps results of at most so many bytes for `_`, or none.
    pub fn keep_results(&mut self, limit: Option<usize>) {
        if let Some(session) = &mut self.session {
            session.keep_results(limit);
        }
    }

    /// Takes the flag back, for what runs next.
    pub fn forget_interrupt(&self) {
        self.interrupt.store(false, Ordering::Relaxed);
    }

    /// Whether that flag is set.
    pub fn is_interrupted(&self) -> bool {
        self.interrupt.load(Ordering::Relaxed)
    }

    /// The session, if the database exists.
    pub fn session(&self) -> Option<&Session> {
        self.session.as_ref()
    }

    /// The session, if the database exists, to have it do something.
    pub(super) fn session_mut(&mut self) -> Option<&mut Session> {
        self.session.as_mut()
    }

    /// The session of a database that must exist.
    ///
    /// # Errors
    /// The sentence that says it does not.
    pub fn existing(&self) -> Result<&Session, Diagnostic> {
        match (&self.session, &self.missing) {
            (Some(session), _) => Ok(session),
            (None, Some(missing)) => Err(missing.diagnostic()),
            (None, None) => Err(Diagnostic::new("not-found", "there is no database")),
        }
    }

    /// The name for the prompt.
    pub fn name(&self) -> String {
        match (&self.session, &self.missing) {
            (Some(session), _) => session.database().name().to_string(),
            (None, Some(missing)) => missing.name(),
            (None, None) => String::new(),
        }
    }

    /// Whether nothing is kept.
    pub fn is_in_memory(&self) -> bool {
        self.session.as_ref().is_some_and(|session| session.database().path().is_none())
    }

    /// Events so far in the open transaction.
    pub fn transaction(&self) -> Option<usize> {
        self.session.as_ref().and_then(Session::transaction)
    }

    /// The last committed event's number.
    pub fn head(&self) -> u64 {
        self.session.as_ref().map_or(0, |session| session.head().0)
    }

    /// Runs one statement.
    ///
    /// # Errors
    /// [`Refusal::Unavailable`] where it reads and there is nothing to read, or the database cannot
    /// be created; [`Refusal::Failed`] for everything else.
    pub fn execute(&mut self, text: &str) -> Result<Outcome, Refusal> {
        let failed = |error: Error| Refusal::Failed(Diagnostic::from(&error));
        if let Err(error) = self.follow() {
            let said = std::iter::once(error.message).chain(error.notes);
            self.notices.push(said.collect::<Vec<_>>().join("; "));
        }
        if self.session.is_none()
            && let Ok(Some(Statement::SetFlexibleTypes(is_on))) = parse_statement(text)
        {
            self.set_flexible_types(is_on);
            return Ok(Outcome::Nothing);
        }
        if let (None, Some(missing)) = (&self.session, &self.missing) {
            if let Ok(Some(Statement::SetActor(setting))) = parse_statement(text) {
                self.set_actor = Some(Statement::SetActor(setting).to_string());
                return Ok(Outcome::Done("acts so once there is a database".to_owned()));
            }
            match missing.create(text, &self.parameters)? {
                Ok(session) => self.begin(session, false),
                Err(outcome) => return Ok(outcome),
            }
        }
        match self.run(text) {
            Err(Error::Storage(storage::Error::Following { .. })) => {
                self.take_over().map_err(Refusal::Failed)?;
                self.run(text).map_err(failed)
            }
            Err(Error::Storage(
                error @ (storage::Error::Io { .. } | storage::Error::Busy { .. }),
            )) if self.is_unmade() => Err(Refusal::Unavailable(cannot_open(error))),
            done => done.map_err(failed),
        }
    }

    fn run(&mut self, text: &str) -> Result<Outcome, Error> {
        self.session.as_mut().map_or(Ok(Outcome::Nothing), |session| session.execute(text))
    }

    /// Whether the database was to be created by its first write, and was not.
    fn is_unmade(&self) -> bool {
        self.session.as_ref().is_some_and(|session| !session.database().store().is_created())
    }

    /// Makes a session that follows another process one that writes, if that process has ended: the
    /// database is opened again, and the session goes on in it as it is.
    ///
    /// # Errors
    /// Who writes now, and what keeps the database from being opened.
    pub(super) fn take_over(&mut self) -> Result<(), Diagnostic> {
        let Some(session) = self.session.as_mut().filter(|_| self.follows) else { return Ok(()) };
        let before = session.database();
        let (Some(path), Some(ended)) = (before.path(), before.holder()) else { return Ok(()) };
        if let Some(holder) = before.store().current_holder().map_err(cannot_open)? {
            return Err(still_held(path, holder));
        }
        let database = Database::open(path, self.options.clone()).map_err(cannot_open)?;
        if let Some(holder) = database.holder() {
            return Err(still_held(path, holder.to_string()));
        }
        self.notices.extend(database.notices().iter().cloned());
        let name = database.name();
        self.notices.push(format!("{ended} has ended: this shell writes to {name} now"));
        self.follows = false;
        session.go_on_in(Arc::new(database));
        Ok(())
    }
}

/// Why a session that follows another process cannot write yet.
fn still_held(path: &Path, holder: String) -> Diagnostic {
    let error = Error::from(storage::Error::Following { path: path.to_path_buf(), holder });
    let way_out = "once that process has ended, this shell takes over: write again";
    Diagnostic::from(&error).help(Some(way_out.to_string()))
}

impl Connection {
    /// Parses and binds one statement and does nothing of it.
    ///
    /// # Errors
    /// As [`Connection::execute`].
    pub(super) fn rehearse(&mut self, text: &str) -> Result<Outcome, Refusal> {
        match &mut self.session {
            Some(session) => match session.rehearse(text) {
                Ok(()) => Ok(Outcome::Nothing),
                Err(error) => Err(Refusal::Failed(Diagnostic::from(&error))),
            },
            None => self.existing().map(|_| Outcome::Nothing).map_err(Refusal::Unavailable),
        }
    }
}

impl Missing {
    /// Whether somebody else created the database, for a session that would follow it.
    fn is_there(&self) -> bool {
        self.options.follow && self.path.join("events.log").is_file()
    }

    fn name(&self) -> String {
        let name = self.path.file_name().unwrap_or(self.path.as_os_str());
        name.to_string_lossy().into_owned()
    }

    /// Creates the database if this statement is one that begins it; gives the outcome of one that
    /// needs none.
    fn create(
        &self,
        text: &str,
        parameters: &Parameters,
    ) -> Result<Result<Session, Outcome>, Refusal> {
        if reads(text) || self.options.read_only {
            return Err(Refusal::Unavailable(self.diagnostic()));
        }
        let unavailable = |error| Refusal::Unavailable(cannot_open(error));
        let mut trial = Session::new(Arc::new(Database::in_memory().map_err(unavailable)?));
        trial.set_parameters(parameters.clone());
        match trial.execute(text) {
            Ok(outcome @ (Outcome::Nothing | Outcome::Text(_))) => return Ok(Err(outcome)),
            Ok(_) => {}
            Err(error) => {
                let mut diagnostic = Diagnostic::from(&error);
                diagnostic.notes.push(self.diagnostic().message);
                return Err(Refusal::Failed(diagnostic));
            }
        }
        let options = OpenOptions { create: true, ..self.options.clone() };
        let database = Database::open(&self.path, options).map_err(unavailable)?;
        Ok(Ok(Session::new(Arc::new(database))))
    }

    /// `there is no database bnk`, with the nearest name beside it.
    fn diagnostic(&self) -> Diagnostic {
        let name = self.name();
        let shown = self.path.display();
        let message = format!("there is no database {shown} yet");
        let help = nearest_database(&self.path, &name)
            .map(|near| format!("did you mean {near}?"))
            .or_else(|| Some("its first CREATE TABLE will create it".to_string()));
        Diagnostic::new("not-found", message).help(help)
    }
}

/// The first word of a statement, behind blanks and comments.
pub(super) fn first_word(text: &str) -> &str {
    let mut rest = text.trim_start();
    loop {
        let skipped = if let Some(comment) = rest.strip_prefix("--") {
            comment.split_once('\n').map_or("", |(_, rest)| rest)
        } else if let Some(comment) = rest.strip_prefix("/*") {
            comment.split_once("*/").map_or("", |(_, rest)| rest)
        } else {
            let word = rest.trim_start_matches('(').trim_start();
            let end = word.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(word.len());
            return &word[..end];
        };
        rest = skipped.trim_start();
    }
}

/// The path of a database beside this path whose name is spelt much like it.
fn nearest_database(path: &Path, name: &str) -> Option<String> {
    let beside = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let entries = std::fs::read_dir(beside.unwrap_or(Path::new("."))).ok()?;
    entries
        .flatten()
        .filter(|entry| entry.path().join("events.log").is_file())
        .filter_map(|entry| {
            let near = entry.file_name().to_string_lossy().into_owned();
            let distance = strsim::damerau_levenshtein(&near, name);
            (distance * 3 <= name.chars().count().max(3)).then_some((distance, near))
        })
        .min()
        .map(|(_, near)| path.with_file_name(near).display().to_string())
}

fn cannot_open(error: storage::Error) -> Diagnostic {
    let way_out = matches!(error, storage::Error::Busy { .. })
        .then(|| "--read-only reads it as it is now, beside the one who writes".to_string());
    let diagnostic = Diagnostic::from(&Error::from(error));
    let way_out = way_out.or_else(|| diagnostic.help.clone());
    diagnostic.help(way_out)
}

/// Says what a file is that was given as a database.
fn no_directory(path: &Path) -> Diagnostic {
    let shown = path.display();
    let mut magic = [0; 16];
    let is_sqlite = File::open(path)
        .and_then(|mut file| file.read_exact(&mut magic))
        .is_ok_and(|()| &magic == b"SQLite format 3\0");
    if is_sqlite {
        let name = path.file_stem().unwrap_or(path.as_os_str()).to_string_lossy();
        let message = format!("this is a SQLite database: sqlite3 {shown} .dump | asof {name}");
        return Diagnostic::new("not-a-database", message);
    }
    Diagnostic::new("not-a-database", format!("{shown} is a file; a database is a directory"))
        .help(Some(format!("to run it as a script: asof DATABASE -f {shown}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_word_stands_behind_blanks_comments_and_parentheses() {
        let cases = [
            ("SELECT 1", "SELECT"),
            ("  -- note\n /* a */ /* b */ values(1)", "values"),
            ("((SELECT 1))", "SELECT"),
            ("-- only", ""),
            ("", ""),
        ];
        for (text, word) in cases {
            assert_eq!(first_word(text), word);
        }
    }
}
