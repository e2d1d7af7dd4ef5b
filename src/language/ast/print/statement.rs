//! Statements as SQL.

use super::super::{
    ActorSetting, Annotations, AsOf, EventSelection, ExplainMode, MaintenanceKind, ObjectName,
    QueryStatement, SessionStatement, Statement,
};
use super::{QuotedName, part};
use std::fmt;

/// Prints the word behind EXPLAIN with a blank behind it, if there is one.
impl fmt::Display for ExplainMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ExplainMode::Plan => "",
            ExplainMode::Verbose => "VERBOSE ",
            ExplainMode::Analyze => "ANALYZE ",
        })
    }
}

impl fmt::Display for Statement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Statement::Query(query) => query.fmt(f),
            Statement::Write(write) => write.fmt(f),
            Statement::Schema(schema) => schema.fmt(f),
            Statement::Session(session) => session.fmt(f),
        }
    }
}

impl fmt::Display for QueryStatement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            QueryStatement::Query(query) => query.fmt(f),
            QueryStatement::Show { subject, as_of } => {
                write!(f, "SHOW {subject}")?;
                moment(f, as_of.as_ref())
            }
            QueryStatement::History(history) => history.fmt(f),
            QueryStatement::Events(events) => {
                let EventSelection { table, range, limit } = events.as_ref();
                f.write_str("EVENTS")?;
                part(f, "FOR", table.as_ref())?;
                range.fmt(f)?;
                part(f, "LIMIT", limit.as_ref())
            }
        }
    }
}

impl fmt::Display for SessionStatement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SessionStatement::Begin { is_immediate, annotations } => {
                write!(f, "BEGIN{}{annotations}", if *is_immediate { " IMMEDIATE" } else { "" })
            }
            SessionStatement::Commit => f.write_str("COMMIT"),
            SessionStatement::Rollback => f.write_str("ROLLBACK"),
            SessionStatement::Savepoint(name) => write!(f, "SAVEPOINT {name}"),
            SessionStatement::Release(name) => write!(f, "RELEASE {name}"),
            SessionStatement::RollbackTo(name) => write!(f, "ROLLBACK TO {name}"),
            SessionStatement::Explain { mode, statement } => {
                write!(f, "EXPLAIN {mode}{statement}")
            }
            SessionStatement::Describe { table, as_of } => {
                write!(f, "DESCRIBE {table}")?;
                moment(f, as_of.as_ref())
            }
            SessionStatement::Help(None) => f.write_str("HELP"),
            SessionStatement::Help(Some(topic)) => write!(f, "HELP {}", topic.name),
            SessionStatement::ShowTables { as_of } => {
                f.write_str("SHOW TABLES")?;
                moment(f, as_of.as_ref())
            }
            SessionStatement::Replay(events) => {
                let EventSelection { table, range, limit } = events.as_ref();
                named(f, "REPLAY", table.as_ref())?;
                range.fmt(f)?;
                part(f, "LIMIT", limit.as_ref())
            }
            SessionStatement::Snapshot { name, annotations } => {
                f.write_str("SNAPSHOT")?;
                name.iter().try_for_each(|name| write!(f, " {}", QuotedName(&name.name)))?;
                annotations.fmt(f)
            }
            SessionStatement::Tag { name, at, annotations } => {
                write!(f, "TAG {}", QuotedName(&name.name))?;
                part(f, "AT", at.as_ref())?;
                annotations.fmt(f)
            }
            SessionStatement::SetAsOf(at) => write!(f, "SET {at}"),
            SessionStatement::SetActor(actor) => write!(f, "SET ACTOR = {actor}"),
            SessionStatement::SetMemory(None) => f.write_str("SET MEMORY = DEFAULT"),
            SessionStatement::SetMemory(Some(size)) => write!(f, "SET MEMORY = '{size}'"),
            SessionStatement::SetSwitch { switch, is_on } => {
                write!(f, "SET {} = {}", switch.keyword(), if *is_on { "ON" } else { "OFF" })
            }
            SessionStatement::Verify => f.write_str("VERIFY"),
            SessionStatement::Maintenance { verb, name } => maintenance(f, *verb, name.as_ref()),
            SessionStatement::Pragma(pragma) => f.write_str(&pragma.words),
            SessionStatement::Accepted(words) => f.write_str(words),
        }
    }
}

impl fmt::Display for ActorSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ActorSetting::Name(actor) => write!(f, "{}", QuotedName(actor)),
            ActorSetting::Nobody => f.write_str("NULL"),
            ActorSetting::Default => f.write_str("DEFAULT"),
        }
    }
}

fn maintenance(
    f: &mut fmt::Formatter<'_>,
    verb: MaintenanceKind,
    name: Option<&ObjectName>,
) -> fmt::Result {
    named(f, &verb.to_string(), name)
}

/// A word, and a name behind it if there is one.
fn named<N: fmt::Display>(f: &mut fmt::Formatter<'_>, word: &str, name: Option<&N>) -> fmt::Result {
    f.write_str(word)?;
    name.iter().try_for_each(|name| write!(f, " {name}"))
}

impl fmt::Display for MaintenanceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            MaintenanceKind::Vacuum => "VACUUM",
            MaintenanceKind::Analyze => "ANALYZE",
            MaintenanceKind::Reindex => "REINDEX",
        })
    }
}

fn moment(f: &mut fmt::Formatter<'_>, as_of: Option<&AsOf>) -> fmt::Result {
    as_of.map_or(Ok(()), |as_of| write!(f, " {as_of}"))
}

/// Prints ` WITH (…)`, or nothing if nothing is said.
impl fmt::Display for Annotations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fields = [
            ("intent", &self.intent),
            ("actor", &self.actor),
            ("note", &self.note),
            ("id", &self.id),
        ];
        let mut before = " WITH (";
        for (key, text) in fields {
            if let Some(text) = text {
                write!(f, "{before}{key} = {}", QuotedName(text))?;
                before = ", ";
            }
        }
        f.write_str(if before == ", " { ")" } else { "" })
    }
}
