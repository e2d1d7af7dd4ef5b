//! The database behind the shell, which may not exist yet.
//!
//! A missing database is an empty one that answers whatever an empty one can, and is created by its
//! first write. What asks it for more has the wrong name, most likely.

mod connection_error;
mod missing;

pub use connection_error::ConnectionError;

use super::first_word::first_word;
use crate::language::Parameters;
use crate::render::Diagnostic;
use crate::session::{Error, Outcome, ProgressHandler, Session};
use crate::storage::{self, Database, OpenOptions};
use crate::types::ByteSize;
use connection_error::no_directory;
use missing::{is_there, missing};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// One user's way to one database.
pub struct Connection {
    /// The session; none only where the way to another database led nowhere.
    session: Option<Session>,
    /// Whether the session goes along with whoever writes.
    follows: bool,
    /// The event that the database was at when it was opened: what came since this session wrote.
    opened_at: u64,
    /// Whether somebody looks on who wants to know who writes.
    announces: bool,
    /// Shows how far long work is, whatever session does it.
    progress_handler: Option<ProgressHandler>,
    /// What there is to say.
    notices: Vec<String>,
    /// How databases are opened; its flag stops what runs, whatever session it runs in.
    options: OpenOptions,
    /// The values of parameters, for every session to come.
    parameters: Parameters,
    /// Who does what every session does, unless something says who.
    actor: Option<String>,
    /// Whether new tables are FLEXIBLE, for every session to come.
    flexible_types: bool,
    /// What statements may hold, where somebody said it.
    memory: Option<ByteSize>,
}

/// Whether a statement only reads, by its first word.
pub(super) fn reads(text: &str) -> bool {
    is_reading(first_word(text))
}

/// Whether a statement only reads that begins with a word.
fn is_reading(first: &str) -> bool {
    READS.iter().any(|word| word.eq_ignore_ascii_case(first))
}

/// The first word of the statement that reads every file of a database.
const VERIFY: &str = "VERIFY";

/// First words of statements that only read.
const READS: &[&str] = &[
    "SELECT", "VALUES", "WITH", "EXPLAIN", "HISTORY", "DIFF", "EVENTS", "TIMELINE", "WHY", "SHOW",
    VERIFY, "TAIL", "REPLAY", "FIRST", "LAST", "DESCRIBE", "SET",
];

impl Connection {
    /// A database in memory, gone at the end.
    ///
    /// # Errors
    /// None: nothing refuses an access to memory.
    pub fn in_memory(options: OpenOptions) -> Result<Connection, ConnectionError> {
        let environment = options.environment.clone();
        let database = Database::in_memory_with(environment).map_err(ConnectionError::opening)?;
        let mut connection = Connection::to_be(options);
        connection.begin(Session::new(Arc::new(database)));
        Ok(connection)
    }

    /// A connection that has no session yet.
    fn to_be(options: OpenOptions) -> Connection {
        let (progress_handler, notices, parameters) = Default::default();
        let (session, follows, actor, flexible_types) = (None, false, None, false);
        let (opened_at, announces) = (0, false);
        Connection {
            session,
            follows,
            opened_at,
            announces,
            progress_handler,
            notices,
            options,
            parameters,
            actor,
            flexible_types,
            memory: None,
        }
    }

    /// Goes on in a session; says what its database found when it was opened.
    fn begin(&mut self, mut session: Session) {
        session.interrupt_by(Arc::clone(&self.options.interrupt));
        session.set_parameters(self.parameters.clone());
        session.act_as(self.actor.clone());
        session.set_flexible_types(self.flexible_types);
        if let Some(size) = self.memory {
            session.begin_with_memory(size);
        }
        if let Some(progress_handler) = &self.progress_handler {
            session.set_progress_handler(progress_handler.clone());
        }
        self.enter(session.database());
        self.session = Some(session);
    }

    /// The database in a directory; an empty one that the first write creates where there is none.
    ///
    /// # Errors
    /// [`ConnectionError::Unavailable`] where there is something else, or it cannot be opened.
    pub fn open(path: &Path, options: OpenOptions) -> Result<Connection, ConnectionError> {
        let database = open_or_empty(path, &options)?;
        let mut connection = Connection::to_be(options);
        connection.begin(Session::new(Arc::new(database)));
        Ok(connection)
    }

    /// Goes to another database, one in memory where no path is given; the one before is closed.
    ///
    /// # Errors
    /// [`ConnectionError::Unavailable`] where it cannot be opened: then the one before stays, unless it is
    /// the same.
    pub fn switch(&mut self, path: Option<&Path>) -> Result<(), ConnectionError> {
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
        opened.interrupt_by(Arc::clone(&self.options.interrupt));
        opened.parameters = std::mem::take(&mut self.parameters);
        opened.hand_parameters();
        opened.act_as(self.actor.take());
        opened.set_flexible_types(self.flexible_types());
        if let Some(size) = self.session.as_ref().map(Session::memory).or(self.memory) {
            opened.set_memory(size);
        }
        if let Some(progress_handler) = self.progress_handler.take() {
            opened.set_progress_handler(progress_handler);
        }
        if self.announces {
            opened.announce_writer();
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
        Arc::clone(&self.options.interrupt)
    }

    /// Runs what writes in the session.
    ///
    /// # Errors
    /// [`ConnectionError::Unavailable`] where nobody can write to the database.
    pub fn with_session<T>(
        &mut self,
        run: impl FnOnce(&mut Session) -> T,
    ) -> Result<T, ConnectionError> {
        self.catch_up();
        self.take_over()?;
        match &mut self.session {
            Some(session) => Ok(run(session)),
            None => Err(no_session()),
        }
    }

    /// Catches up with the process that writes to the database, if there is one to be followed; says
    /// whether there is a new event. What goes wrong is said once: the session stays where it is.
    ///
    /// # Errors
    /// `corrupt` where the log is damaged, `replaced` where it is another one by now, `io` where it cannot
    /// be read.
    pub fn follow(&mut self) -> Result<bool, Diagnostic> {
        if self.appear().map_err(|connection_error| connection_error.diagnostic().clone())? {
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

    /// Catches up; what goes wrong is a notice.
    fn catch_up(&mut self) {
        if let Err(error) = self.follow() {
            let said = std::iter::once(error.message).chain(error.notes);
            self.notices.push(said.collect::<Vec<_>>().join("; "));
        }
    }

    /// Goes on in the database that somebody else has created since it was missing, if so.
    fn appear(&mut self) -> Result<bool, ConnectionError> {
        let Some(session) = &mut self.session else { return Ok(false) };
        let before = Arc::clone(session.database());
        let Some(path) = missing(&before).filter(|path| is_there(path)) else { return Ok(false) };
        if session.transaction().is_some() {
            return Ok(false);
        }
        let database =
            Database::open(path, self.options.clone()).map_err(ConnectionError::opening)?;
        let database = Arc::new(database);
        session.go_on_in(Arc::clone(&database)).map_err(ConnectionError::of)?;
        self.enter(&database);
        Ok(true)
    }

    /// What is to be said of the database since it was last asked, one line each.
    pub fn take_notices(&mut self) -> Vec<String> {
        let mut notices = std::mem::take(&mut self.notices);
        if let Some(session) = &self.session {
            notices.extend(session.take_notices());
        }
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
        self.options.interrupt = Arc::clone(&flag);
        if let Some(session) = &mut self.session {
            session.interrupt_by(flag);
        }
    }

    /// Lets somebody watch what takes long.
    pub(super) fn set_progress_handler(&mut self, progress_handler: ProgressHandler) {
        if let Some(session) = &mut self.session {
            session.set_progress_handler(progress_handler.clone());
        }
        self.progress_handler = Some(progress_handler);
    }

    /// Says what statements may hold before they write to temporary files.
    pub fn set_memory(&mut self, size: ByteSize) {
        if let Some(session) = &mut self.session {
            session.begin_with_memory(size);
        }
        self.memory = Some(size);
    }

    /// Whether new tables are FLEXIBLE.
    pub fn flexible_types(&self) -> bool {
        self.session.as_ref().map_or(self.flexible_types, Session::flexible_types)
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
        self.options.interrupt.store(false, Ordering::Relaxed);
    }

    /// Whether that flag is set.
    pub fn is_interrupted(&self) -> bool {
        self.options.interrupt.load(Ordering::Relaxed)
    }

    /// The session, if there is one.
    pub fn session(&self) -> Option<&Session> {
        self.session.as_ref()
    }

    /// The session, if there is one, to have it do something.
    pub(super) fn session_mut(&mut self) -> Option<&mut Session> {
        self.session.as_mut()
    }

    /// The session, also that of a database that does not exist yet.
    ///
    /// # Errors
    /// [`ConnectionError::Unavailable`] where the way to a database led nowhere.
    pub fn current(&self) -> Result<&Session, ConnectionError> {
        self.session.as_ref().ok_or_else(no_session)
    }

    /// The session of a database that must exist.
    ///
    /// # Errors
    /// [`ConnectionError::Unavailable`] with the sentence that says it does not.
    pub fn existing(&self) -> Result<&Session, ConnectionError> {
        let session = self.current()?;
        match missing(session.database()) {
            Some(path) => Err(ConnectionError::Unavailable(missing::diagnostic(path))),
            None => Ok(session),
        }
    }

    /// Whether the database does not exist yet.
    pub fn is_missing(&self) -> bool {
        self.session.as_ref().is_some_and(|session| missing(session.database()).is_some())
    }

    /// The name for the prompt.
    pub fn name(&self) -> String {
        self.session.as_ref().map_or_else(String::new, |session| session.database().name().into())
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
    /// [`ConnectionError::Unavailable`] where another process writes, or where the database does not exist
    /// and is asked for what it would have, or cannot be created; [`ConnectionError::Failed`] for everything
    /// else.
    pub fn execute(&mut self, text: &str) -> Result<Outcome, ConnectionError> {
        self.perform(text, Session::execute)
    }

    /// Runs one statement and does not wait until the disk has what it wrote: nobody may be told of it
    /// before the session is settled.
    ///
    /// # Errors
    /// As [`Connection::execute`].
    pub(super) fn stage(&mut self, text: &str) -> Result<Outcome, ConnectionError> {
        self.perform(text, Session::stage)
    }

    fn perform(
        &mut self,
        text: &str,
        run: fn(&mut Session, &str) -> Result<Outcome, Error>,
    ) -> Result<Outcome, ConnectionError> {
        let first = first_word(text);
        if is_reading(first) {
            self.give_up_place();
        }
        self.catch_up();
        if first.eq_ignore_ascii_case(VERIFY) {
            // Files that nobody has cannot be good.
            self.existing()?;
        }
        match self.run(text, run) {
            Err(Error::Storage(
                storage::Error::Following { .. } | storage::Error::GivenUp { .. },
            )) => {
                self.take_over()?;
                self.run(text, run).map_err(|error| self.connection_error(error))
            }
            done => done.map_err(|error| self.connection_error(error)),
        }
    }

    fn run(
        &mut self,
        text: &str,
        run: fn(&mut Session, &str) -> Result<Outcome, Error>,
    ) -> Result<Outcome, Error> {
        self.session.as_mut().map_or(Ok(Outcome::Nothing), |session| run(session, text))
    }

    /// What an error is to the run: on a missing database it may be another one than it seems.
    pub(super) fn connection_error(&self, error: Error) -> ConnectionError {
        let session = self.session.as_ref();
        // Whoever has made something in the open transaction means this one.
        let session = session.filter(|session| !matches!(session.transaction(), Some(1..)));
        let Some(path) = session.and_then(|session| missing(session.database())) else {
            return self.first_write_error(error);
        };
        match self.first_write_error(error) {
            ConnectionError::Failed(error) if missing::says_so(&error) => {
                let mut why = missing::diagnostic(path);
                (why.span, why.notes) = (error.span, vec![error.message]);
                ConnectionError::Unavailable(why)
            }
            error @ (ConnectionError::Failed(_) | ConnectionError::Unavailable(_)) => error,
        }
    }

    /// What an error is where the write that met it may have been the one that creates the database.
    fn first_write_error(&self, error: Error) -> ConnectionError {
        match error {
            Error::Storage(error @ storage::Error::Io { .. }) if self.is_missing() => {
                ConnectionError::opening(error)
            }
            Error::Parse(_)
            | Error::Plan(_)
            | Error::Execute(_)
            | Error::Storage(_)
            | Error::Transaction { .. }
            | Error::NoResult { .. }
            | Error::Damaged { .. }
            | Error::Past(_)
            | Error::QueryOnly
            | Error::UnknownTopic { .. } => ConnectionError::of(error),
        }
    }

    /// Takes the writer's place for a session that only reads so far: the database is opened again, and
    /// the session goes on in it as it is.
    ///
    /// # Errors
    /// [`ConnectionError::Unavailable`] with who writes now, and with what keeps the database from being opened;
    /// [`ConnectionError::Failed`] with `stale` where the open transaction has read what is no longer so.
    pub(super) fn take_over(&mut self) -> Result<(), ConnectionError> {
        let Some(session) = self.session.as_mut().filter(|_| self.follows) else { return Ok(()) };
        let before = Arc::clone(session.database());
        let Some(path) = before.path().filter(|_| !self.options.read_only) else { return Ok(()) };
        let options = OpenOptions { follow: false, ..self.options.clone() };
        let database = Arc::new(Database::open(path, options).map_err(ConnectionError::opening)?);
        session.go_on_in(Arc::clone(&database)).map_err(ConnectionError::of)?;
        self.enter(&database);
        if let Some(ended) = before.holder().filter(|_| self.announces) {
            let name = database.name();
            self.notices.push(format!("{ended} has ended: this shell writes to {name} now"));
        }
        Ok(())
    }

    /// Takes note of a database that the session goes on in.
    fn enter(&mut self, database: &Database) {
        self.follows = database.is_read_only();
        self.opened_at = database.head().0;
        self.notices.extend(database.notices().iter().cloned());
    }

    /// Lets others write while this session has nothing to write, if it has written nothing so far: it
    /// is about to wait, or to read.
    pub(super) fn give_up_place(&mut self) {
        let Some(session) = &self.session else { return };
        let writes = !matches!(session.transaction(), None | Some(0));
        if writes || session.head().0 > self.opened_at {
            return;
        }
        session.database().give_up_place();
        self.follows = session.database().is_read_only();
    }

    /// Says who writes to the database, where that is another process, and from now on when that has
    /// ended.
    pub(super) fn announce_writer(&mut self) {
        self.announces = true;
        let database = self.session.as_ref().map(Session::database);
        if let Some((database, holder)) =
            database.and_then(|database| Some((database, database.holder()?)))
        {
            let what = "this shell is read-only and follows it";
            self.notices.push(format!("{holder} is writing to {}: {what}", database.name()));
        }
    }
}

/// Why nothing can be asked.
fn no_session() -> ConnectionError {
    ConnectionError::Unavailable(Diagnostic::new("not-found", "there is no database"))
}

/// The database in a directory; an empty one where there is nothing.
fn open_or_empty(path: &Path, options: &OpenOptions) -> Result<Database, ConnectionError> {
    if path.is_file() {
        return Err(no_directory(path));
    }
    let is_empty = std::fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_none());
    let create = is_empty || !path.exists();
    let options = OpenOptions { create, ..options.clone() };
    Database::open(path, options).map_err(ConnectionError::opening)
}

impl Connection {
    /// Parses and binds one statement and does nothing of it.
    ///
    /// # Errors
    /// As [`Connection::execute`].
    pub(super) fn check_statement(&mut self, text: &str) -> Result<Outcome, ConnectionError> {
        match &mut self.session {
            Some(session) => session.check_statement(text).map_err(ConnectionError::of),
            None => Err(no_session()),
        }?;
        Ok(Outcome::Nothing)
    }
}
