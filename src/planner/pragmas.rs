//! The vocabulary of PRAGMAs that answer: one table for names, columns and what HELP says of each. As in
//! SQLite each is a statement, `PRAGMA table_info(t)`, and a function in the place of a table,
//! `pragma_table_info('t')`. The session knows the answers.

use super::functions::Signature;
use crate::types::DataType;

/// What a PRAGMA asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pragma {
    /// The columns of a table, but those that are generated.
    TableInfo,
    /// All of them.
    TableXinfo,
    /// The tables and views.
    TableList,
    /// The indexes of a table.
    IndexList,
    /// The columns of an index.
    IndexInfo,
    /// The same, with their order and the number of a row.
    IndexXinfo,
    /// The foreign keys of a table.
    ForeignKeyList,
    /// The rows that do not find what they refer to.
    ForeignKeyCheck,
    /// What is wrong with the database, or `ok`.
    IntegrityCheck {
        /// Whether keys are asked, too.
        keys: bool,
    },
    /// The databases.
    DatabaseList,
    /// The collations.
    CollationList,
    /// The functions.
    FunctionList,
    /// The functions that give rows.
    ModuleList,
    /// The PRAGMAs.
    PragmaList,
    /// How the program was built.
    CompileOptions,
    /// How often the schema changed.
    SchemaVersion,
    /// What tells whether something changed.
    DataVersion,
    /// Whether foreign keys are held.
    ForeignKeys,
    /// Whether triggers fire themselves.
    RecursiveTriggers,
    /// A number that is part of the schema.
    Setting,
    /// What a session can turn on and off.
    Switch(PragmaSwitch),
    /// A number that a session can set.
    Number(i64),
    /// Whether a session turned it on, from which nothing follows; else this.
    Flag(bool),
    /// A number that is always so.
    Always(i64),
    /// What is always so.
    Word(&'static str),
    /// Whether a checkpoint was kept from its work, and how many pages wait for it: nothing ever does.
    WalCheckpoint,
}

/// What a session can turn on and off by a PRAGMA alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PragmaSwitch {
    /// LIKE tells capital letters from small ones.
    CaseSensitiveLike,
    /// Every foreign key is deferred, until the transaction ends.
    DeferForeignKeys,
    /// CHECK is not asked.
    IgnoreCheckConstraints,
    /// Nothing can be changed.
    QueryOnly,
}

/// One PRAGMA of the table.
#[derive(Clone, Copy, Debug)]
pub struct PragmaEntry {
    /// How it is called in the place of a table, and what it gives.
    pub signature: Signature,
    /// What it asks for.
    pub pragma: Pragma,
    /// Its columns; the last two are its arguments.
    pub columns: &'static [(&'static str, DataType)],
}

impl PragmaEntry {
    /// The name that the statement has.
    pub fn name(&self) -> &'static str {
        self.signature.name.trim_start_matches("pragma_")
    }

    /// The PRAGMA of a name, in any case.
    pub fn named(name: &str) -> Option<&'static PragmaEntry> {
        PRAGMAS.iter().find(|entry| entry.name().eq_ignore_ascii_case(name))
    }

    /// Its columns without its arguments.
    pub fn shown(&self) -> &'static [(&'static str, DataType)] {
        &self.columns[..self.columns.len() - self.signature.most]
    }
}

macro_rules! pragma {
    ($name:literal, $about:literal, $pragma:expr, [$($column:literal $type:ident),*]) => {
        PragmaEntry {
            signature: Signature::new(concat!("pragma_", $name, "([arg, schema])"), $about),
            pragma: $pragma,
            columns: &[
                $(($column, DataType::$type),)*
                ("arg", DataType::Text),
                ("schema", DataType::Text),
            ],
        }
    };
}

/// Every PRAGMA that answers, in the order of their names.
#[rustfmt::skip] // An entry is a line.
pub const PRAGMAS: &[PragmaEntry] = &[
    pragma!("analysis_limit", "accepted; only kept for who asks", Pragma::Number(0), ["analysis_limit" Integer]),
    pragma!("application_id", "whose file it is: a number in the schema", Pragma::Setting, ["application_id" Integer]),
    pragma!("auto_vacuum", "accepted; only kept for who asks", Pragma::Number(0), ["auto_vacuum" Integer]),
    pragma!("automatic_index", "accepted; only kept for who asks", Pragma::Flag(true), ["automatic_index" Integer]),
    pragma!("busy_timeout", "accepted; only kept for who asks", Pragma::Number(0), ["timeout" Integer]),
    pragma!("cache_size", "accepted; only kept for who asks", Pragma::Number(-2000), ["cache_size" Integer]),
    pragma!("cache_spill", "accepted; only kept for who asks", Pragma::Number(483), ["cache_spill" Integer]),
    pragma!("case_sensitive_like", "whether LIKE tells A from a", Pragma::Switch(PragmaSwitch::CaseSensitiveLike), ["case_sensitive_like" Integer]),
    pragma!("cell_size_check", "accepted; only kept for who asks", Pragma::Flag(false), ["cell_size_check" Integer]),
    pragma!("checkpoint_fullfsync", "accepted; only kept for who asks", Pragma::Flag(false), ["checkpoint_fullfsync" Integer]),
    pragma!("collation_list", "the collations", Pragma::CollationList, ["seq" Integer, "name" Text]),
    pragma!("compile_options", "how the program was built", Pragma::CompileOptions, ["compile_options" Text]),
    pragma!("count_changes", "accepted; only kept for who asks", Pragma::Flag(false), ["count_changes" Integer]),
    pragma!("data_version", "the last event", Pragma::DataVersion, ["data_version" Integer]),
    pragma!("database_list", "the databases", Pragma::DatabaseList, ["seq" Integer, "name" Text, "file" Text]),
    pragma!("defer_foreign_keys", "whether foreign keys wait for COMMIT, until it", Pragma::Switch(PragmaSwitch::DeferForeignKeys), ["defer_foreign_keys" Integer]),
    pragma!("empty_result_callbacks", "accepted; only kept for who asks", Pragma::Flag(false), ["empty_result_callbacks" Integer]),
    pragma!("encoding", "how texts are kept", Pragma::Word("UTF-8"), ["encoding" Text]),
    pragma!("foreign_key_check", "rows that do not find what they refer to", Pragma::ForeignKeyCheck, ["table" Text, "rowid" Integer, "parent" Text, "fkid" Integer]),
    pragma!("foreign_key_list", "the foreign keys of a table", Pragma::ForeignKeyList, ["id" Integer, "seq" Integer, "table" Text, "from" Text, "to" Text, "on_update" Text, "on_delete" Text, "match" Text]),
    pragma!("foreign_keys", "whether foreign keys are held", Pragma::ForeignKeys, ["foreign_keys" Integer]),
    pragma!("freelist_count", "accepted; only kept for who asks", Pragma::Number(0), ["freelist_count" Integer]),
    pragma!("full_column_names", "accepted; only kept for who asks", Pragma::Flag(false), ["full_column_names" Integer]),
    pragma!("fullfsync", "accepted; only kept for who asks", Pragma::Flag(false), ["fullfsync" Integer]),
    pragma!("function_list", "the functions", Pragma::FunctionList, ["name" Text, "builtin" Integer, "type" Text, "enc" Text, "narg" Integer, "flags" Integer]),
    pragma!("hard_heap_limit", "accepted; only kept for who asks", Pragma::Number(0), ["hard_heap_limit" Integer]),
    pragma!("ignore_check_constraints", "whether CHECK is not asked", Pragma::Switch(PragmaSwitch::IgnoreCheckConstraints), ["ignore_check_constraints" Integer]),
    pragma!("index_info", "the columns of an index", Pragma::IndexInfo, ["seqno" Integer, "cid" Integer, "name" Text]),
    pragma!("index_list", "the indexes of a table", Pragma::IndexList, ["seq" Integer, "name" Text, "unique" Integer, "origin" Text, "partial" Integer]),
    pragma!("index_xinfo", "the columns of an index, with their order", Pragma::IndexXinfo, ["seqno" Integer, "cid" Integer, "name" Text, "desc" Integer, "coll" Text, "key" Integer]),
    pragma!("integrity_check", "ok, or damage and rows that break constraints", Pragma::IntegrityCheck { keys: true }, ["integrity_check" Text]),
    pragma!("journal_mode", "how changes are kept", Pragma::Word("wal"), ["journal_mode" Text]),
    pragma!("journal_size_limit", "accepted; only kept for who asks", Pragma::Number(-1), ["journal_size_limit" Integer]),
    pragma!("legacy_alter_table", "accepted; only kept for who asks", Pragma::Flag(false), ["legacy_alter_table" Integer]),
    pragma!("locking_mode", "accepted; only kept for who asks", Pragma::Word("exclusive"), ["locking_mode" Text]),
    pragma!("max_page_count", "accepted; only kept for who asks", Pragma::Number(4_294_967_294), ["max_page_count" Integer]),
    pragma!("mmap_size", "accepted; only kept for who asks", Pragma::Number(0), ["mmap_size" Integer]),
    pragma!("module_list", "the functions that give rows", Pragma::ModuleList, ["name" Text]),
    pragma!("page_count", "accepted; only kept for who asks", Pragma::Number(0), ["page_count" Integer]),
    pragma!("page_size", "accepted; only kept for who asks", Pragma::Number(4096), ["page_size" Integer]),
    pragma!("pragma_list", "these names", Pragma::PragmaList, ["name" Text]),
    pragma!("query_only", "whether nothing can be changed", Pragma::Switch(PragmaSwitch::QueryOnly), ["query_only" Integer]),
    pragma!("quick_check", "integrity_check but for keys", Pragma::IntegrityCheck { keys: false }, ["quick_check" Text]),
    pragma!("read_uncommitted", "accepted; only kept for who asks", Pragma::Flag(false), ["read_uncommitted" Integer]),
    pragma!("recursive_triggers", "whether triggers fire themselves", Pragma::RecursiveTriggers, ["recursive_triggers" Integer]),
    pragma!("reverse_unordered_selects", "always 0: rows are not turned around", Pragma::Always(0), ["reverse_unordered_selects" Integer]),
    pragma!("schema_version", "how often the schema changed", Pragma::SchemaVersion, ["schema_version" Integer]),
    pragma!("secure_delete", "accepted; only kept for who asks", Pragma::Number(0), ["secure_delete" Integer]),
    pragma!("short_column_names", "accepted; only kept for who asks", Pragma::Flag(true), ["short_column_names" Integer]),
    pragma!("soft_heap_limit", "accepted; only kept for who asks", Pragma::Number(0), ["soft_heap_limit" Integer]),
    pragma!("synchronous", "accepted; only kept for who asks", Pragma::Number(2), ["synchronous" Integer]),
    pragma!("table_info", "the columns of a table", Pragma::TableInfo, ["cid" Integer, "name" Text, "type" Text, "notnull" Integer, "dflt_value" Text, "pk" Integer]),
    pragma!("table_list", "the tables and views", Pragma::TableList, ["schema" Text, "name" Text, "type" Text, "ncol" Integer, "wr" Integer, "strict" Integer]),
    pragma!("table_xinfo", "the columns of a table, also generated ones", Pragma::TableXinfo, ["cid" Integer, "name" Text, "type" Text, "notnull" Integer, "dflt_value" Text, "pk" Integer, "hidden" Integer]),
    pragma!("temp_store", "accepted; only kept for who asks", Pragma::Number(0), ["temp_store" Integer]),
    pragma!("threads", "accepted; only kept for who asks", Pragma::Number(0), ["threads" Integer]),
    pragma!("trusted_schema", "accepted; only kept for who asks", Pragma::Flag(true), ["trusted_schema" Integer]),
    pragma!("user_version", "a number in the schema, of the application's own", Pragma::Setting, ["user_version" Integer]),
    pragma!("wal_autocheckpoint", "accepted; only kept for who asks", Pragma::Number(1000), ["wal_autocheckpoint" Integer]),
    pragma!("wal_checkpoint", "always 0, 0, 0: what is committed waits for nothing", Pragma::WalCheckpoint, ["busy" Integer, "log" Integer, "checkpointed" Integer]),
    pragma!("writable_schema", "accepted; only kept for who asks", Pragma::Flag(false), ["writable_schema" Integer]),
];
