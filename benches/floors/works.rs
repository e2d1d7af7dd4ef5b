//! The works: of each floor, what most statements spend their time with.

use crate::{questions, workload};
use asof::language::parse_statement;
use asof::session::{Outcome, Session};
use asof::storage::{Change, Database, Event, Fork, Metadata, State};
use asof::types::{EventId, Period, TableSchema, Value};
use std::hint::black_box;
use std::sync::Arc;

/// A loop's body.
type Step = Box<dyn FnMut()>;

/// A work.
pub struct Work {
    /// The floor that it shows.
    pub floor: &'static str,
    /// What is done.
    pub name: &'static str,
    /// How often the body runs in the shorter loop.
    pub times: usize,
    /// How many steps of the work a run of the body is.
    pub steps: usize,
    /// Makes what it needs, and the body.
    pub begin: fn() -> Step,
}

/// As many rows as fill a chunk.
const ROWS: usize = 4_096;

/// How many rows a transaction records.
const RECORDED: usize = 1_000;

const INSERT: &str = "INSERT INTO accounts VALUES (4711,'owner04711','city42',1234.25,TRUE)";

/// All works, from the text down and up again.
pub const WORKS: &[Work] = &[
    Work {
        floor: "language",
        name: "lex and parse an INSERT of a row",
        times: 1_000,
        steps: 1,
        begin: || parsed(INSERT),
    },
    Work {
        floor: "language",
        name: "lex and parse a join with groups",
        times: 1_000,
        steps: 1,
        begin: || parsed(questions::JOIN),
    },
    Work {
        floor: "planner",
        name: "a SELECT of no row, its plan shared with those before",
        times: 500,
        steps: 1,
        begin: || numbered(|number| format!("SELECT balance FROM accounts WHERE id = -{number}")),
    },
    Work {
        floor: "planner",
        name: "the same, planned anew each time",
        times: 500,
        steps: 1,
        begin: || {
            numbered(|number| format!("SELECT balance AS b{number} FROM accounts WHERE id = -1"))
        },
    },
    Work {
        floor: "executor",
        name: "filter 4,096 rows, for each row",
        times: 20,
        steps: ROWS,
        begin: || asked(|| questions::FILTER.to_string()),
    },
    Work {
        floor: "executor",
        name: "group 4,096 rows by one text, for each row",
        times: 20,
        steps: ROWS,
        begin: || asked(|| questions::GROUP.to_string()),
    },
    Work {
        floor: "executor",
        name: "sort 4,096 rows by a double, for each row",
        times: 20,
        steps: ROWS,
        begin: || asked(|| "SELECT id FROM accounts ORDER BY balance, id".to_string()),
    },
    Work {
        floor: "storage",
        name: "record an INSERT in a fork",
        times: 5,
        steps: RECORDED,
        begin: || {
            let (database, table, rows) = recorded();
            Box::new(move || drop(black_box(fork(&database, &table, &rows))))
        },
    },
    Work {
        floor: "storage",
        name: "record and commit it: encoded, chained, appended, applied",
        times: 5,
        steps: RECORDED,
        begin: || {
            let (database, table, rows) = recorded();
            Box::new(move || {
                let fork = fork(&database, &table, &rows);
                database.commit(fork, Metadata::default()).expect("a commit");
            })
        },
    },
    Work {
        floor: "storage",
        name: "read a line of the log as an event",
        times: 5,
        steps: ROWS,
        begin: || {
            let database = accounts().database().clone();
            Box::new(move || drop(black_box(events(&database))))
        },
    },
    Work {
        floor: "storage",
        name: "apply an event to a state",
        times: 5,
        steps: ROWS,
        begin: || {
            let events = events(accounts().database());
            Box::new(move || {
                let mut state = State::default();
                events.iter().for_each(|event| state.apply(event).expect("all is in memory"));
                drop(black_box(state));
            })
        },
    },
    Work {
        floor: "storage",
        name: "scan a chunk of five columns, for each row",
        times: 50,
        steps: ROWS,
        begin: || {
            let view = accounts().database().latest().expect("a view");
            let table = view.schema().table("accounts").expect("a table").clone();
            Box::new(move || {
                for batch in view.table(&table).scan(&[0, 1, 2, 3, 4]) {
                    black_box(batch.expect("a batch"));
                }
            })
        },
    },
];

fn parsed(text: &'static str) -> Step {
    Box::new(move || {
        black_box(parse_statement(black_box(text)).expect("a statement"));
    })
}

/// A statement over the accounts, whose rows are all read.
fn asked(mut statement: impl FnMut() -> String + 'static) -> Step {
    let mut session = accounts();
    Box::new(move || {
        let outcome = session.execute(&statement()).expect("an answer");
        let Outcome::Rows(rows) = outcome else { panic!("a question") };
        for batch in rows {
            black_box(batch.expect("a batch"));
        }
    })
}

/// A statement like all before it but for a number.
fn numbered(statement: fn(u64) -> String) -> Step {
    let mut number = 0;
    asked(move || {
        number += 1;
        statement(number)
    })
}

/// A session with a chunk of accounts.
fn accounts() -> Session {
    let mut session = Session::new(Arc::new(Database::in_memory().expect("a database")));
    let rows = u64::try_from(ROWS).expect("a small number");
    for statement in workload::inserts(rows).lines() {
        session.execute(statement).expect("a statement");
    }
    session
}

/// An empty table, and rows for it.
fn recorded() -> (Arc<Database>, Arc<TableSchema>, Vec<Vec<Value>>) {
    let mut session = Session::new(Arc::new(Database::in_memory().expect("a database")));
    session.execute(workload::CREATE).expect("a table");
    let table = session.schema().expect("a schema").table("accounts").expect("a table").clone();
    let row = |id: usize| {
        vec![
            Value::Integer(i64::try_from(id).expect("a small number")),
            Value::text(format!("owner{id:05}")),
            Value::text(format!("city{:02}", id % 100)),
            Value::Real(id as f64 / 4.0),
            Value::Boolean(id.is_multiple_of(2)),
        ]
    };
    (session.database().clone(), table, (0..RECORDED).map(row).collect())
}

/// A transaction that inserts rows.
fn fork(database: &Database, table: &Arc<TableSchema>, rows: &[Vec<Value>]) -> Fork {
    let mut fork = database.begin().expect("a transaction");
    let insert =
        |new: &Vec<Value>| Change::Insert { table: Arc::clone(table), row: None, new: new.clone() };
    fork.record(rows.iter().map(insert).collect()).expect("the rows are recorded");
    fork
}

/// Every event of a database, read from its log.
fn events(database: &Database) -> Vec<Event> {
    let period = Period { first: EventId(1), last: database.head() };
    let events = database.store().read(period);
    events.map(|event| event.expect("an event")).collect()
}
