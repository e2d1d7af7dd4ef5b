//! What HELP says: for each topic a line, the grammar's own productions, and an example.
//!
//! The grammar is `grammar/asof.ebnf` itself, whose tests say that the parser reads the same. Every
//! example is run by a test.

use std::fmt::{self, Write};

/// The grammar as it stands in its file.
const GRAMMAR: &str = include_str!("../../grammar/asof.ebnf");

/// Something that HELP can be asked about.
#[derive(Debug, PartialEq, Eq)]
pub struct HelpTopic {
    /// Its name, in small letters.
    pub name: &'static str,
    /// What else it is called, in small letters.
    aliases: &'static [&'static str],
    /// What it is, in one line.
    pub about: &'static str,
    /// The productions of the grammar that are shown.
    pub productions: &'static [&'static str],
    /// Statements that run, and dot-commands, each from a line of its own on.
    pub example: &'static str,
}

/// Every topic: statements in the order in which people meet them, then what they are made of.
const TOPICS: &[HelpTopic] = &[
    HelpTopic {
        name: "select",
        aliases: &["query", "where", "group by", "having", "order by", "limit", "distinct", "from"],
        about: "reads rows, now or at any moment",
        productions: &[
            "Query",
            "UndatedQuery",
            "Select",
            "SelectItem",
            "Alias",
            "OrderItem",
            "Direction",
        ],
        example: "SELECT owner, balance FROM accounts\n  \
                  WHERE balance > 50 ORDER BY balance DESC LIMIT 5;",
    },
    HelpTopic {
        name: "with",
        aliases: &["union", "union all", "intersect", "except", "set operation", "cte"],
        about: "queries made of queries: named, or several as one",
        productions: &["With", "CommonTable", "SetOperator", "QueryPart"],
        example: "WITH rich AS (SELECT owner FROM accounts WHERE balance > 50)\n  \
                  SELECT * FROM rich UNION SELECT * FROM rich AS OF EVENT 3 ORDER BY owner;",
    },
    HelpTopic {
        name: "join",
        aliases: &[
            "left join",
            "right join",
            "full join",
            "natural join",
            "inner join",
            "cross join",
            "table",
        ],
        about: "puts the rows of tables together, each at its own moment",
        productions: &[
            "From",
            "TableReference",
            "Arguments",
            "Join",
            "JoinKind",
            "JoinConstraint",
            "Names",
        ],
        example: "SELECT now.owner, now.balance - past.balance AS gained\n  \
                  FROM accounts AS now\n  \
                  JOIN accounts AS OF EVENT 3 AS past ON now.id = past.id;",
    },
    HelpTopic {
        name: "insert",
        aliases: &["values", "insert into", "json", "replace", "insert or", "or replace"],
        about: "adds rows: values, JSON objects, or what a query gives",
        productions: &["Insert", "Resolution", "Values", "Assigned"],
        example: "INSERT INTO accounts (owner, balance) VALUES ('Cleo', 70), ('Dan', 0);\n\
                  INSERT INTO accounts {\"owner\": \"Eve\", \"balance\": 5};",
    },
    HelpTopic {
        name: "on conflict",
        aliases: &["upsert", "excluded", "do nothing", "do update"],
        about: "what becomes of a new row that meets one that is there",
        productions: &["Upsert", "Assignments"],
        example: "INSERT INTO accounts (id, owner, balance) VALUES (1, 'Ada', 20)\n  \
                  ON CONFLICT (id) DO UPDATE SET balance = balance + excluded.balance;",
    },
    HelpTopic {
        name: "returning",
        aliases: &[],
        about: "what comes out of each row that a write reached",
        productions: &["Returning", "SelectItem"],
        example: "UPDATE accounts SET balance = balance - 1 RETURNING owner, balance, _rev;",
    },
    HelpTopic {
        name: "update",
        aliases: &[],
        about: "changes rows; what they were stays in the log",
        productions: &["Update", "Target", "Assignments", "Assignment", "Assigned", "RowLimits"],
        example: "UPDATE accounts SET balance = balance + 10 WHERE owner = 'Ada';",
    },
    HelpTopic {
        name: "delete",
        aliases: &["delete from"],
        about: "deletes rows; AS OF still finds them",
        productions: &["Delete", "Target", "RowLimits"],
        example: "DELETE FROM accounts WHERE balance = 0;",
    },
    HelpTopic {
        name: "create table",
        aliases: &["create", "constraint", "primary key", "foreign key", "temp"],
        about: "makes a table",
        productions: &[
            "CreateTable",
            "ColumnDefinition",
            "ColumnConstraint",
            "TableConstraint",
            "ForeignKeyClause",
            "Default",
            "TableOption",
        ],
        example: "CREATE TABLE transfers (id INTEGER PRIMARY KEY,\n  \
                  source INTEGER REFERENCES accounts,\n  \
                  amount DECIMAL(10, 2) NOT NULL DEFAULT 0,\n  \
                  made TIMESTAMP DEFAULT CURRENT_TIMESTAMP);",
    },
    HelpTopic {
        name: "create as",
        aliases: &["create table as", "ctas", "as select"],
        about: "makes a table of a query's columns and rows",
        productions: &["CreateTableAs", "TableOption"],
        example: "CREATE TABLE rich AS SELECT owner, balance FROM accounts WHERE balance > 50;\n\
                  SELECT * FROM rich;",
    },
    HelpTopic {
        name: "create view",
        aliases: &["view", "drop view", "create or replace"],
        about: "names a query, to be read like a table, now and at any moment",
        productions: &["CreateView", "DropDefinition"],
        example: "CREATE VIEW owners (name) AS SELECT owner FROM accounts WHERE balance > 50;\n\
                  SELECT name FROM owners AS OF EVENT 3;\n\
                  DROP VIEW owners;",
    },
    HelpTopic {
        name: "trigger",
        aliases: &["create trigger", "drop trigger", "instead of", "raise"],
        about: "says what changes of rows do besides",
        productions: &[
            "CreateTrigger",
            "TriggerTime",
            "TriggerEvent",
            "Body",
            "BodyStatement",
            "Raise",
        ],
        example: "CREATE TRIGGER broke AFTER UPDATE OF balance ON accounts WHEN NEW.balance < 0\n  \
                  BEGIN SELECT RAISE(ABORT, 'no money'); END;\n\
                  CREATE TRIGGER paid AFTER UPDATE OF balance ON accounts\n  \
                  BEGIN UPDATE accounts SET owner = owner || '+' WHERE id = NEW.id; END;\n\
                  UPDATE accounts SET balance = balance + 1 WHERE id = 1;\n\
                  DROP TRIGGER broke;\n\
                  SELECT event, cause, change FROM _events WHERE cause IS NOT NULL;",
    },
    HelpTopic {
        name: "types",
        aliases: &["type", "typename", "integer", "text", "decimal", "real", "boolean", "date"],
        about: "what a column can hold: INTEGER, DECIMAL(p,s), DATE and others",
        productions: &["TypeName"],
        example: "CREATE TABLE every (i INTEGER, r REAL, d DECIMAL(10, 2), t TEXT, b BOOLEAN,\n  \
                  day DATE, at TIMESTAMP, bytes BLOB, document JSON, whatever ANY);\n\
                  SELECT CAST('12.50' AS DECIMAL(6, 2)), CAST('2026-03-01' AS DATE);",
    },
    HelpTopic {
        name: "create index",
        aliases: &["index", "unique"],
        about: "makes an index, which serves the past as well",
        productions: &["CreateIndex", "IndexedColumns", "IndexedColumn"],
        example: "CREATE INDEX by_owner ON accounts (owner);",
    },
    HelpTopic {
        name: "alter table",
        aliases: &[
            "alter",
            "rename",
            "add column",
            "drop column",
            "add constraint",
            "drop constraint",
        ],
        about: "changes or renames a table; the past keeps its shape",
        productions: &["Alter"],
        example: "ALTER TABLE accounts ADD COLUMN currency TEXT DEFAULT 'EUR';",
    },
    HelpTopic {
        name: "drop",
        aliases: &["drop table", "drop index"],
        about: "ends a table or an index; AS OF still reads it",
        productions: &["Drop"],
        example: "DROP TABLE IF EXISTS movements;",
    },
    HelpTopic {
        name: "begin",
        aliases: &["transaction", "transactions", "intent", "actor", "note"],
        about: "begins a transaction, which may say what it means",
        productions: &["Begin", "Annotations", "Annotation"],
        example: "BEGIN WITH (intent = 'MoneyDeposited', actor = 'amy');\n\
                  UPDATE accounts SET balance = balance + 25 WHERE id = 1;\n\
                  COMMIT;",
    },
    HelpTopic {
        name: "commit",
        aliases: &["end"],
        about: "makes everything since BEGIN durable, as one",
        productions: &["Commit"],
        example: "BEGIN;\nDELETE FROM accounts;\nCOMMIT;",
    },
    HelpTopic {
        name: "rollback",
        aliases: &[],
        about: "forgets everything since BEGIN, or behind a savepoint",
        productions: &["Rollback"],
        example: "BEGIN;\nDELETE FROM accounts;\nROLLBACK;",
    },
    HelpTopic {
        name: "savepoint",
        aliases: &["savepoints", "release", "rollback to"],
        about: "a place in a transaction to return to, or one of its own",
        productions: &["Savepoint", "Release", "Rollback"],
        example: "SAVEPOINT before_it;\nDELETE FROM accounts;\nROLLBACK TO before_it;\n\
                  RELEASE before_it;",
    },
    HelpTopic {
        name: "as of",
        aliases: &["before", "for system_time", "asof", "temporal", "time travel"],
        about: "reads a table, or a whole query, as it was at a point",
        productions: &["AsOf", "Temporal"],
        example: "SELECT * FROM accounts AS OF EVENT 3;\n\
                  SELECT * FROM accounts BEFORE 'now';\n\
                  SELECT owner, balance, _event FROM accounts FOR SYSTEM_TIME ALL;",
    },
    HelpTopic {
        name: "points",
        aliases: &[
            "point",
            "event",
            "tx",
            "timestamp",
            "moment",
            "start",
            "latest",
            "range",
            "since",
            "after",
        ],
        about: "a moment: an event, a transaction, a time, a tag, a snapshot",
        productions: &["Point", "Label", "Range"],
        example: "SELECT count(*) FROM accounts AS OF EVENT -1;\n\
                  SELECT count(*) FROM accounts AS OF TAG opened;\n\
                  SELECT count(*) FROM accounts AS OF 'now';",
    },
    HelpTopic {
        name: "history",
        aliases: &["history of"],
        about: "every change of every matching row, with what it was and became",
        productions: &["History", "HistoryOf", "Changes"],
        example: "HISTORY OF accounts WHERE owner = 'Ada';\n\
                  HISTORY OF accounts BETWEEN EVENT 2 AND EVENT 3;\n\
                  SELECT event, actor, change FROM (HISTORY OF accounts) AS h;",
    },
    HelpTopic {
        name: "events",
        aliases: &["log"],
        about: "the log as rows",
        productions: &["Events"],
        example: "EVENTS FOR accounts SINCE EVENT 3;\n\
                  EVENTS AFTER EVENT 2 TO LATEST LIMIT 2;",
    },
    HelpTopic {
        name: "replay",
        aliases: &[],
        about: "history step by step, each row before and after",
        productions: &["Replay"],
        example: "REPLAY accounts BETWEEN EVENT 2 AND EVENT 4;",
    },
    HelpTopic {
        name: "tag",
        aliases: &["tags", "label"],
        about: "a name for a point",
        productions: &["Tag"],
        example: "TAG 'before the sale' AT EVENT 3;\nSELECT * FROM accounts AS OF TAG 'before the sale';",
    },
    HelpTopic {
        name: "snapshot",
        aliases: &["snapshots"],
        about: "a file with the whole state, and a point to come back to",
        productions: &["Snapshot"],
        example: "SNAPSHOT 'monday';\nSELECT * FROM accounts AS OF SNAPSHOT 'monday';",
    },
    HelpTopic {
        name: "set",
        aliases: &["set as of", "set before"],
        about: "moves the session to a point; it reads there and cannot write",
        productions: &["Set"],
        example: "SET AS OF EVENT 3;\nSELECT * FROM accounts;\nSET BEFORE EVENT 3;\nSET AS OF LATEST;",
    },
    HelpTopic {
        name: "show",
        aliases: &["show tables", "show events", "show tags", "show snapshots", "tables"],
        about: "lists what there is",
        productions: &["Show"],
        example: "SHOW TABLES;\nSHOW TAGS;",
    },
    HelpTopic {
        name: "describe",
        aliases: &["schema", "desc"],
        about: "the columns of a table, now or at a moment",
        productions: &["Describe"],
        example: "DESCRIBE accounts;",
    },
    HelpTopic {
        name: "explain",
        aliases: &["explain analyze", "plan"],
        about: "how a statement would run, and with ANALYZE how it ran",
        productions: &["Explain"],
        example: "EXPLAIN SELECT * FROM accounts WHERE id = 1;",
    },
    HelpTopic {
        name: "verify",
        aliases: &["check", "integrity"],
        about: "reads every file again and holds it against the log",
        productions: &["Verify"],
        example: "VERIFY;",
    },
    HelpTopic {
        name: "pragma",
        aliases: &[],
        about: "answers what tools ask SQLite of schema and settings",
        productions: &["Pragma", "PragmaValue"],
        example: "PRAGMA table_info(accounts);\n  PRAGMA foreign_keys = ON;",
    },
    HelpTopic {
        name: "vacuum",
        aliases: &["reindex", "analyze", "maintenance"],
        about: "VACUUM, REINDEX do nothing here; ANALYZE counts for joins",
        productions: &["Maintenance"],
        example: "VACUUM;",
    },
    HelpTopic {
        name: "help",
        aliases: &["topic"],
        about: "this list, or a topic of it",
        productions: &["Help"],
        example: "HELP as of;",
    },
    HelpTopic {
        name: "expressions",
        aliases: &["expression", "operators", "operator", "like", "between", "in", "is", "null"],
        about: "values and operators, the loosest first",
        productions: &[
            "Expression",
            "And",
            "Not",
            "Equality",
            "Comparison",
            "Bits",
            "Sum",
            "Product",
            "Concat",
            "Sign",
            "Operand",
            "Moment",
            "Constant",
        ],
        example: "SELECT owner || ': ' || balance FROM accounts\n  \
                  WHERE balance BETWEEN 0 AND 1000 AND owner NOT LIKE 'x%';",
    },
    HelpTopic {
        name: "dates",
        aliases: &[
            "date functions",
            "strftime",
            "datetime",
            "julianday",
            "unixepoch",
            "timediff",
            "modifiers",
        ],
        about: "days and moments: literals, arithmetic, SQLite's functions",
        productions: &["Moment"],
        example: "SELECT DATE '2026-03-01' - DATE '2026-02-01' AS days, DATE '2026-02-27' + 2;\n\
                  SELECT date('2026-01-15', 'start of month', '+1 month', '-1 day') AS last,\n  \
                  strftime('%Y-W%V', DATE '2026-01-15') AS week, unixepoch('now') AS now;",
    },
    HelpTopic {
        name: "functions",
        aliases: &["function", "aggregates", "filter"],
        about: "functions of a row, and aggregates with DISTINCT and FILTER",
        productions: &["Function"],
        example: "SELECT upper(owner), round(balance / 3.0, 2) FROM accounts;\n\
                  SELECT count(*), sum(balance) FILTER (WHERE balance > 50) FROM accounts;\n\
                  SELECT group_concat(owner, ', ' ORDER BY balance DESC) FROM accounts;",
    },
    HelpTopic {
        name: "windows",
        aliases: &["window", "over", "window functions", "partition by", "frame"],
        about: "functions of the rows around a row: ranks, running sums",
        productions: &["NamedWindow", "Window", "Frame", "FrameStart", "FrameEnd", "FrameBound"],
        example: "SELECT owner, balance, rank() OVER (ORDER BY balance DESC),\n  \
                  sum(balance) OVER (ORDER BY id ROWS 2 PRECEDING) AS of_three\n  \
                  FROM accounts;",
    },
    HelpTopic {
        name: "case",
        aliases: &["when", "then", "else"],
        about: "one value or another",
        productions: &["Case"],
        example: "SELECT owner, CASE WHEN balance < 60 THEN 'low' ELSE 'fine' END AS state\n  \
                  FROM accounts;",
    },
    HelpTopic {
        name: "cast",
        aliases: &[],
        about: "a value as another type",
        productions: &["Cast"],
        example: "SELECT CAST(balance AS TEXT) || ' coins' FROM accounts;",
    },
    HelpTopic {
        name: "parameters",
        aliases: &["parameter", "variable", "variables", "placeholder", "placeholders"],
        about: "$name and ? have their values from -v, .param or a program",
        productions: &["Parameter"],
        example: ".param set least 60\n\
                  SELECT owner FROM accounts WHERE balance >= $least;\n\
                  .param set n 3\n\
                  SELECT * FROM accounts AS OF EVENT $n;",
    },
    HelpTopic {
        name: "names",
        aliases: &["name", "identifiers", "quotes", "quoting"],
        about: "how names, texts and numbers are written",
        productions: &["Name", "PlainName", "QuotedName", "Text", "Blob", "Integer", "Real"],
        example: "SELECT 'it''s a text' AS \"a name\", x'0aff' AS bytes, 0xff AS number;",
    },
];

/// Every topic, statements first.
pub fn topics() -> impl Iterator<Item = &'static HelpTopic> {
    TOPICS.iter()
}

/// The topic of a name, in any case and with any blanks between its words.
pub fn topic(name: &str) -> Option<&'static HelpTopic> {
    let name = folded(name);
    TOPICS.iter().find(|topic| topic.names().any(|known| known == name))
}

/// A name in small letters, with one blank between words.
pub fn folded(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// All topics in columns, one line each.
pub fn overview() -> String {
    let width = TOPICS.iter().map(|topic| topic.name.len()).max().unwrap_or(0);
    let mut text = String::new();
    for HelpTopic { name, about, .. } in TOPICS {
        writeln!(text, "{name:width$}  {about}").expect("a String takes everything");
    }
    text.push_str("\nHELP and a topic: an example and its grammar. .help: the dot-commands.");
    text
}

impl HelpTopic {
    /// What it is called.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.name).chain(self.aliases.iter().copied())
    }

    /// The topics that explain what its productions name.
    fn see_also(&self) -> Vec<&'static str> {
        let shown = self.productions.iter().filter_map(|name| production(name));
        let words: Vec<&str> =
            shown.flat_map(|text| text.split(|c: char| !c.is_alphabetic())).collect();
        let others = TOPICS.iter().filter(|other| *other != self && other.name != "names");
        let explain = |other: &&HelpTopic| {
            other
                .productions
                .iter()
                .any(|name| words.contains(name) && !self.productions.contains(name))
        };
        others.filter(explain).map(|topic| topic.name).collect()
    }
}

impl fmt::Display for HelpTopic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: {}\n", self.name.to_uppercase(), self.about)?;
        self.example.lines().try_for_each(|line| writeln!(f, "  {line}"))?;
        let mut productions = self.productions.iter().filter_map(|name| production(name));
        productions.try_for_each(|text| write!(f, "\n{text}"))?;
        let others = self.see_also();
        if !others.is_empty() {
            write!(f, "\n\nSee also: {}", others.join(", "))?;
        }
        Ok(())
    }
}

/// The text of a production of the grammar.
pub fn production(name: &str) -> Option<&'static str> {
    let mut at = 0;
    let begins = |line: &str| line.strip_prefix(name)?.trim_start().strip_prefix("::=").map(|_| ());
    let lines = GRAMMAR.split_inclusive('\n').map(|line| {
        at += line.len();
        (at - line.len(), line)
    });
    let mut lines = lines.skip_while(|(_, line)| begins(line).is_none());
    let (start, first) = lines.next()?;
    // A production goes on in indented lines.
    let rest = lines.take_while(|(_, line)| line.starts_with(' ') && !line.trim().is_empty());
    let end = rest.last().map_or(start + first.len(), |(at, line)| at + line.len());
    Some(GRAMMAR[start..end].trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_topic_shows_productions_and_has_a_name_of_its_own() {
        let mut names = BTreeSet::new();
        for topic in topics() {
            for name in topic.names() {
                assert!(names.insert(name), "{name} stands twice");
                assert_eq!(folded(name), name);
            }
            for name in topic.productions {
                let text = production(name).unwrap_or_else(|| panic!("no production {name}"));
                assert!(text.starts_with(name) && text.matches("::=").count() == 1, "{text}");
            }
            assert!(!topic.productions.is_empty() && !topic.example.is_empty());
        }
    }

    #[test]
    fn every_statement_is_explained() {
        let shown: BTreeSet<&str> = topics().flat_map(|topic| topic.productions).copied().collect();
        for (first, name) in crate::language::productions() {
            // CREATE is two statements.
            assert!(shown.contains(name) || name == "Create", "{name}");
            let word = first.text().to_lowercase();
            assert!(topic(&word).is_some() || topic(&format!("{word} of")).is_some(), "{word}");
        }
    }

    #[test]
    fn topics_are_found_by_any_of_their_names() {
        for (asked, found) in [
            ("SELECT", "select"),
            ("Order   BY", "select"),
            ("as of", "as of"),
            ("point", "points"),
            ("create", "create table"),
        ] {
            assert_eq!(topic(asked).map(|topic| topic.name), Some(found), "{asked}");
        }
        assert_eq!(topic("selct"), None);
    }

    #[test]
    fn a_topic_reads_well() {
        let topic = topic("tag").expect("a topic");
        insta::assert_snapshot!(topic, @"
        TAG: a name for a point

          TAG 'before the sale' AT EVENT 3;
          SELECT * FROM accounts AS OF TAG 'before the sale';

        Tag       ::= 'TAG' Label ( 'AT' Point )? Annotations?

        See also: begin, points
        ");
    }
}
