//! Commands of other shells that have no counterpart of the same name, and what to use instead.

/// The commands of sqlite3, psql and DuckDB.
const FOREIGN: &[(&str, &str)] = &[
    (".archive", "asof keeps no archives: tar does"),
    (".auth", "there are no authorisations; --safe and --read-only refuse things"),
    (".backup", ".save copies the database, .dump prints it as SQL"),
    (".changes", ".receipts on tells what every write did"),
    (".check", "--check parses and binds a script and runs nothing"),
    (".clone", ".save copies the database, .dump prints it as SQL"),
    (".columns", ".mode box"),
    (".connection", "one session has one database; .open opens another"),
    (".constant", "colours follow NO_COLOR and --color"),
    (".crlf", "lines end with a line feed"),
    (".dbconfig", "there is nothing to configure"),
    (".dbinfo", ".stats, or SHOW SNAPSHOTS"),
    (".dbtotxt", "the log is text: see events.log"),
    (".eqp", "EXPLAIN or EXPLAIN ANALYZE before a statement"),
    (".excel", ".mode csv"),
    (".expert", "EXPLAIN ANALYZE before a statement"),
    (".explain", "EXPLAIN before a statement"),
    (".filectrl", "there is nothing of the kind"),
    (".fullschema", ".schema"),
    (".highlight", "colours follow NO_COLOR and --color"),
    (".imposter", "there is nothing of the kind"),
    (".intck", "VERIFY, or .verify"),
    (".iotrace", "EXPLAIN ANALYZE before a statement"),
    (".keyword", "colours follow NO_COLOR and --color"),
    (".limit", "limits are fixed"),
    (".lint", "--check parses and binds a script and runs nothing"),
    (".load", "there are no extensions"),
    (".maxrows", ".rows"),
    (".maxwidth", ".width"),
    (".nonce", "--safe refuses what touches files"),
    (".progress", "Ctrl-C stops a statement"),
    (".recover", "opening a database recovers it; the log is read as far as it is good"),
    (".restore", "AS OF reads every moment; .undo takes the last transaction back"),
    (".scanstats", "EXPLAIN ANALYZE before a statement"),
    (".selftest", "VERIFY, or .verify"),
    (".session", "every change is an event: .log lists them"),
    (".sha3sum", "the log is chained by hashes"),
    (".testcase", "compare the output of a script"),
    (".testctrl", "there is nothing of the kind"),
    (".timeout", "--busy-timeout S"),
    (".trace", ".echo on prints every statement"),
    (".unmodule", "there are no extensions"),
    (".version", "asof --version"),
    (".vfsinfo", ".stats"),
    (".vfslist", ".stats"),
    (".vfsname", ".stats"),
    ("\\H", ".mode html"),
    ("\\a", ".mode list, .mode box"),
    ("\\c", ".open opens another database"),
    ("\\copy", ".import and .export"),
    ("\\df", "HELP functions lists them"),
    ("\\dn", "a database has one schema: .tables"),
    ("\\ds", "a database has no sequences: .tables"),
    ("\\du", "a database has no users"),
    ("\\dv", "a database has no views yet: .tables"),
    ("\\encoding", "everything is UTF-8"),
    ("\\f", ".separator"),
    ("\\g", "end the statement with ;"),
    ("\\gdesc", "EXPLAIN before a statement"),
    ("\\gset", "-v NAME=VALUE"),
    ("\\gx", ".x on"),
    ("\\p", ".history"),
    ("\\password", "a database has no users"),
    ("\\prompt", ".param set NAME TEXT"),
    ("\\pset", ".mode, .headers, .nullvalue"),
    ("\\r", "Ctrl-C clears the line"),
    ("\\set", "-v NAME=VALUE, and .echo, .bail"),
    ("\\t", ".headers off"),
    ("\\unset", ".param unset NAME"),
    ("\\w", ".edit"),
    ("\\warn", ".print"),
    ("\\watch", "a shell's loop"),
];

/// What to use instead of a command of another shell.
pub(super) fn instead(name: &str) -> Option<&'static str> {
    FOREIGN.iter().find(|(foreign, _)| *foreign == name).map(|(_, instead)| *instead)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_names_nothing_twice() {
        assert!(FOREIGN.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }

    #[test]
    fn what_is_a_command_here_is_not_foreign() {
        for command in crate::shell::commands() {
            assert_eq!(instead(command.name), None, "{}", command.name);
        }
    }
}
