//! What is typed or pasted becomes statements and dot-commands.

use super::transcript::{continuation_prompt, main_prompt};
use crate::language::{
    Completeness, Keyword, Piece, PieceKind, Splitter, is_complete, productions,
};
use crate::shell::dot;

/// Reads lines and gives what is complete.
///
/// Between statements a line may be a bare word (`exit`), an indented dot-command, or a line of a
/// session that somebody copied: its prompts go, and so do the answers between them.
#[derive(Clone)]
pub(super) struct StatementReader {
    splitter: Splitter,
    /// Whether prompts were found.
    is_transcript: bool,
}

impl Default for StatementReader {
    fn default() -> StatementReader {
        // What is typed is there already, and the parser heeds how large it is.
        StatementReader { splitter: Splitter::with_limit(usize::MAX), is_transcript: false }
    }
}

/// Texts longer than this are not looked through again with every key.
const LONG: usize = 8 * 1024;

impl StatementReader {
    /// Reads whole lines; gives the statements and dot-commands that end in them.
    pub(super) fn read(&mut self, text: &str) -> Vec<Piece> {
        let mut pieces = Vec::new();
        for line in text.lines() {
            let is_between = !self.is_open();
            let line = if is_between { self.between(line) } else { self.inside(line) };
            if is_between && line.trim_start().starts_with('\\') {
                // No statement begins like this: it is a command of psql, which gets a word.
                let (text, kind) = (line.trim().to_string(), PieceKind::DotCommand);
                pieces.push(Piece { text, kind, line: 1, column: 1, offset: 0 });
                continue;
            }
            self.splitter.feed(&line);
            self.splitter.feed("\n");
            while let Some(piece) = self.splitter.next() {
                pieces.push(piece);
            }
        }
        pieces
    }

    /// Whether a statement, a quote or a comment is open.
    pub(super) fn is_open(&self) -> bool {
        !self.splitter.rest().is_empty()
    }

    /// What is open, without the end of its last line.
    pub(super) fn rest(&self) -> &str {
        self.splitter.rest().trim_end_matches('\n')
    }

    /// What is open, up to the beginning of the next line; nothing if it is too long to look through.
    pub(super) fn open_lines(&self) -> &str {
        let rest = self.splitter.rest();
        if rest.len() <= LONG { rest } else { "" }
    }

    /// What is open and the text behind it.
    pub(super) fn and(&self, text: &str) -> String {
        format!("{}{text}", self.splitter.rest())
    }

    /// What opened it: `(`, `'`, or `;` if only that is missing.
    pub(super) fn opened_by(&self) -> &'static str {
        match is_complete(self.open_lines()) {
            Completeness::Open(open) => open,
            Completeness::Complete | Completeness::Empty => ";",
        }
    }

    /// A line where nothing is open, as it is meant.
    fn between(&mut self, line: &str) -> String {
        let line = match main_prompt(line) {
            Some(length) => {
                self.is_transcript = true;
                &line[length..]
            }
            // An answer stands between two prompts.
            None if self.is_transcript => "",
            None => line,
        };
        word(line).unwrap_or_else(|| line.to_string())
    }

    /// A line of a statement, as it is meant.
    fn inside(&self, line: &str) -> String {
        let length = continuation_prompt(line).filter(|_| self.is_transcript).unwrap_or(0);
        line[length..].to_string()
    }
}

/// Whether Enter runs a text behind what was read before: something in it is complete, or nothing is
/// there to be completed.
pub(super) fn is_ready(before: &StatementReader, text: &str) -> bool {
    let mut entry = before.clone();
    !entry.read(text).is_empty() || !entry.is_open() || stray(before, text).is_some()
}

/// A line that means the shell and not the statement that is open.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct StrayLine {
    /// The statement without the line.
    pub(super) statement: String,
    /// The dot-command that the line means.
    pub(super) command: String,
    /// What opened what is open, as [`StatementReader::opened_by`] says it.
    pub(super) opened_by: &'static str,
}

/// What the last line of a text means, behind what was read before, if it stands alone in a statement
/// and is no part of it: `help` or `quit`, as those type it who forgot a `;`, or a dot-command. Inside a
/// text, a name or a comment a line is what it says.
pub(super) fn stray(before: &StatementReader, text: &str) -> Option<StrayLine> {
    let line = text.trim_end().rsplit('\n').next().unwrap_or_default();
    let begins_command = |mark| {
        line.trim_start().strip_prefix(mark).is_some_and(|rest: &str| {
            rest.starts_with(|c: char| c.is_ascii_alphabetic() || c == '?')
        })
    };
    let is_word = ALONE.iter().any(|word| word.eq_ignore_ascii_case(line.trim()));
    if !is_word && !begins_command('.') && !begins_command('\\') {
        return None;
    }
    let command = word(line)?;
    let whole = before.and(text);
    let (statement, _) = whole.trim_end().rsplit_once('\n')?;
    let mut entry = StatementReader::default();
    let is_open = entry.read(statement).is_empty() && entry.is_open();
    let opened_by = entry.opened_by();
    let is_outside = matches!(opened_by, ";" | "(" | "BEGIN");
    (is_open && is_outside).then(|| StrayLine {
        statement: statement.to_string(),
        command,
        opened_by,
    })
}

/// The words that are taken for a command in the middle of a statement; all of them are free as names
/// where anything else stands on their line.
const ALONE: &[&str] = &["exit", "quit", "help"];

/// Whether a text begins as a statement does.
pub(super) fn begins_statement(text: &str) -> bool {
    let first = text.split(|c: char| !c.is_ascii_alphanumeric()).find(|word| !word.is_empty());
    let keyword = first.and_then(Keyword::find);
    keyword.is_some_and(|keyword| productions().any(|(first, _)| first == keyword))
}

/// Whether the last line of a text, behind what was read before, asks for the editor: `\e` or `.edit`.
pub(super) fn asks_for_editor(before: &StatementReader, text: &str) -> bool {
    let (has_more, last) = match text.trim_end().rsplit_once('\n') {
        Some((_, last)) => (true, last),
        None => (before.is_open(), text),
    };
    has_more && matches!(last.trim(), "\\e" | ".edit")
}

/// The whole statement for the editor, without the line that asks for it.
pub(super) fn to_edit(before: &StatementReader, text: &str) -> String {
    let mut whole = before.and(text);
    if asks_for_editor(before, text) {
        let whole_lines = whole.trim_end().rfind('\n').unwrap_or(0);
        whole.truncate(whole_lines);
    }
    whole
}

/// The dot-command that a line means which holds one known word, and perhaps arguments behind `\` or
/// `help`, or which is one behind blanks: no statement begins with a dot.
pub(super) fn word(line: &str) -> Option<String> {
    if line.trim_start().starts_with('.') {
        return Some(line.trim().to_string());
    }
    let line = line.trim().trim_end_matches(';').trim_end();
    let (first, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let (_, command) = dot::WORDS.iter().find(|(word, _)| word.eq_ignore_ascii_case(first))?;
    let takes_more = first.starts_with('\\') || *command == ".help";
    let command = format!("{command} {rest}");
    (rest.is_empty() || takes_more).then(|| command.trim_end().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<String> {
        StatementReader::default().read(text).into_iter().map(|piece| piece.text).collect()
    }

    #[test]
    fn an_entry_is_read_statement_by_statement() {
        assert_eq!(
            read("SELECT 1; SELECT\n2;\n.tables\nexit\nSELECT 3"),
            ["SELECT 1", "SELECT\n2", ".tables", ".exit"]
        );
        assert_eq!(
            read("\\copy t to 'x.csv'\nSELECT '\n\\l';"),
            ["\\copy t to 'x.csv'", "SELECT '\n\\l'"]
        );
        assert_eq!(read("SELECT 'a;\nexit\n.tables';"), ["SELECT 'a;\nexit\n.tables'"]);
    }

    #[test]
    fn a_transcript_loses_prompts_and_answers() {
        let text = "bank@3> SELECT owner\n   ...> FROM t;\n│ Ada │\n1 row\nbank@3> .tables\nt\n";
        assert_eq!(read(text), ["SELECT owner\nFROM t", ".tables"]);
        let text = "sqlite> select 1;\n1\nsqlite> select 2;";
        assert_eq!(read(text), ["select 1", "select 2"]);
        // A text of the user is not touched.
        assert_eq!(read("SELECT 'x\n   ...> y';"), ["SELECT 'x\n   ...> y'"]);
    }

    #[test]
    fn enter_runs_what_is_complete() {
        let none = StatementReader::default();
        for text in
            ["", "  ", "SELECT 1;", "SELECT 1; SELECT", ".tables", "exit", "-- note", "\\d t"]
        {
            assert!(is_ready(&none, text), "{text}");
        }
        for text in ["SELECT 1", "SELECT ';", "/* ;", "exit now", "SELECT (1"] {
            assert!(!is_ready(&none, text), "{text}");
        }
        let mut open = StatementReader::default();
        open.read("SELECT (1,");
        assert_eq!(open.opened_by(), "(");
        assert!(is_ready(&open, "2);"));
        assert!(!is_ready(&open, ""));
    }

    #[test]
    fn a_word_alone_in_a_statement_means_the_shell() {
        let open = |text| {
            let mut entry = StatementReader::default();
            assert!(entry.read(text).is_empty());
            entry
        };
        let command = |entry: &StatementReader, text| stray(entry, text).map(|stray| stray.command);
        for (text, meant) in [
            ("help", Some(".help")),
            (" QUIT ", Some(".quit")),
            ("exit", Some(".exit")),
            ("\\q", Some(".quit")),
            (".tables", Some(".tables")),
            ("hello\nquit", Some(".quit")),
            ("quit, exit", None),
            ("help FROM t", None),
            (".5", None),
            ("SELECT 1; quit", None),
        ] {
            assert_eq!(command(&open("hello"), text).as_deref(), meant, "{text}");
        }
        let stray = stray(&StatementReader::default(), "SELECT (1,\nquit").expect("a word");
        assert_eq!((stray.statement.as_str(), stray.opened_by), ("SELECT (1,", "("));
        // A text holds what it holds, and a complete statement is left alone.
        for before in ["SELECT 'a", "/* a", "SELECT \"a"] {
            assert_eq!(command(&open(before), "quit"), None, "{before}");
        }
        assert_eq!(command(&StatementReader::default(), "SELECT 1;\nquit"), None);
        assert!(begins_statement("select 1") && begins_statement("(SELECT"));
        assert!(!begins_statement("hello") && !begins_statement(""));
    }

    #[test]
    fn words_of_other_shells_mean_dot_commands() {
        let cases = [
            ("exit", Some(".exit")),
            (" QUIT ; ", Some(".quit")),
            ("\\d accounts", Some(".schema accounts")),
            ("  .tables", Some(".tables")),
            ("help as of;", Some(".help as of")),
            ("exit now", None),
            ("select", None),
            ("", None),
        ];
        for (line, command) in cases {
            assert_eq!(word(line).as_deref(), command, "{line}");
        }
    }
}
