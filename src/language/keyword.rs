//! The words of the language, in one table.
//!
//! The lexer looks words up here, the parser asks here which of them may be names, the printer which
//! names need quotes, and a test compares the table with the terminals of `grammar/asof.ebnf`.

use std::fmt;

/// Where a word may stand as a name without quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WordClass {
    /// Nowhere: one of SQLite's reserved words.
    Reserved,
    /// As a name, but not as an alias without AS: it could go on with the clause.
    NoAlias,
    /// As a name, but not in an expression: it means something of its own there.
    Special,
    /// Everywhere.
    Free,
}

macro_rules! keywords {
    ($($class:ident: $($name:ident $text:literal)*;)*) => {
        /// A word that some production knows.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum Keyword {
            $($(#[doc = $text] $name,)*)*
        }

        /// Every keyword with its text and its class, in the order of the enum.
        const WORDS: &[(Keyword, &str, WordClass)] =
            &[$($((Keyword::$name, $text, WordClass::$class),)*)*];
    };
}

keywords! {
    Reserved:
        Add "ADD" All "ALL" Alter "ALTER" And "AND" As "AS" Autoincrement "AUTOINCREMENT"
        Between "BETWEEN" Case "CASE" Check "CHECK" Collate "COLLATE" Commit "COMMIT"
        Constraint "CONSTRAINT" Create "CREATE" Default "DEFAULT" Deferrable "DEFERRABLE"
        Delete "DELETE" Distinct "DISTINCT" Drop "DROP" Else "ELSE" Escape "ESCAPE"
        Except "EXCEPT" Exists "EXISTS" Foreign "FOREIGN" From "FROM" Group "GROUP"
        Having "HAVING" In "IN" Index "INDEX" Insert "INSERT" Intersect "INTERSECT" Into "INTO"
        Is "IS" Isnull "ISNULL" Join "JOIN" Limit "LIMIT" Not "NOT" Nothing "NOTHING"
        Notnull "NOTNULL" Null "NULL" On "ON" Or "OR" Order "ORDER" Primary "PRIMARY"
        References "REFERENCES" Returning "RETURNING" Select "SELECT" Set "SET" Table "TABLE"
        Then "THEN" To "TO" Transaction "TRANSACTION" Union "UNION" Unique "UNIQUE"
        Update "UPDATE" Using "USING" Values "VALUES" When "WHEN" Where "WHERE";
    NoAlias:
        Cross "CROSS" Full "FULL" Indexed "INDEXED" Inner "INNER" Left "LEFT" Natural "NATURAL"
        Of "OF" Outer "OUTER" Right "RIGHT" With "WITH";
    Special:
        Cast "CAST" CurrentDate "CURRENT_DATE" CurrentTime "CURRENT_TIME"
        CurrentTimestamp "CURRENT_TIMESTAMP" False "FALSE"
        Raise "RAISE" True "TRUE";
    Free:
        Abort "ABORT" Action "ACTION" Actor "ACTOR" After "AFTER" Always "ALWAYS" Analyze "ANALYZE" Any "ANY" Asc "ASC" At "AT"
        Before "BEFORE" Begin "BEGIN" By "BY" Cascade "CASCADE" Column "COLUMN" Conflict "CONFLICT" Current "CURRENT"
        Date "DATE"
        Deferred "DEFERRED" Desc "DESC" Describe "DESCRIBE" Do "DO" Each "EACH" End "END" Event "EVENT" Events "EVENTS"
        Exclude "EXCLUDE" Exclusive "EXCLUSIVE" Explain "EXPLAIN" Fail "FAIL" Filter "FILTER" First "FIRST" Flexible "FLEXIBLE"
        FlexibleTypes "FLEXIBLE_TYPES" Following "FOLLOWING" For "FOR" ForeignKeys "FOREIGN_KEYS"
        Generated "GENERATED" Glob "GLOB" Groups "GROUPS" Help "HELP" History "HISTORY" Id "ID" If "IF" Ignore "IGNORE" Immediate "IMMEDIATE"
        Initially "INITIALLY" Instead "INSTEAD" Intent "INTENT" Key "KEY" Last "LAST" Latest "LATEST" Like "LIKE"
        Match "MATCH" Materialized "MATERIALIZED" Memory "MEMORY" No "NO" Note "NOTE" Nulls "NULLS"
        Off "OFF" Offset "OFFSET" Others "OTHERS" Over "OVER"
        Partition "PARTITION" Plan "PLAN" Pragma "PRAGMA" Preceding "PRECEDING" Query "QUERY"
        Range "RANGE" Recursive "RECURSIVE" RecursiveTriggers "RECURSIVE_TRIGGERS" Regexp "REGEXP" Reindex "REINDEX" Release "RELEASE" Rename "RENAME"
        Replace "REPLACE" Replay "REPLAY" Restrict "RESTRICT" Rewrites "REWRITES" Rollback "ROLLBACK" Row "ROW"
        Rowid "ROWID" Rows "ROWS" Savepoint "SAVEPOINT"
        Show "SHOW" Since "SINCE" Some "SOME" Snapshot "SNAPSHOT" Snapshots "SNAPSHOTS" Start "START"
        Stored "STORED" Strict "STRICT" SystemTime "SYSTEM_TIME" Tables "TABLES" Tag "TAG"
        Tags "TAGS" Temp "TEMP" Temporary "TEMPORARY" Ties "TIES" Timestamp "TIMESTAMP" Trigger "TRIGGER"
        Tx "TX" Unbounded "UNBOUNDED" Vacuum "VACUUM" Verbose "VERBOSE" Verify "VERIFY" View "VIEW" Virtual "VIRTUAL" Window "WINDOW"
        Within "WITHIN" Without "WITHOUT";
}

/// Slots of the hash table: a power of two, more than twice the words.
const SLOTS: usize = 512;

/// The words by hash, `u8::MAX` where there is none; computed by the compiler.
static TABLE: [u8; SLOTS] = table();

const fn table() -> [u8; SLOTS] {
    assert!(WORDS.len() < 255, "a slot is one byte");
    let mut slots = [u8::MAX; SLOTS];
    let mut index = 0_u8;
    while (index as usize) < WORDS.len() {
        let mut slot = hash(WORDS[index as usize].1.as_bytes());
        while slots[slot] != u8::MAX {
            slot = (slot + 1) % SLOTS;
        }
        slots[slot] = index;
        index += 1;
    }
    slots
}

/// Mixes the length, the first, the middle and the last two letters, case folded, of a word that has two.
const fn hash(word: &[u8]) -> usize {
    let length = word.len();
    assert!(length >= 2, "a word of one letter is looked for nowhere");
    let first = (word[0] | 0x20) as usize;
    let second = (word[length - 2] | 0x20) as usize;
    let middle = (word[length / 2] | 0x20) as usize;
    let last = (word[length - 1] | 0x20) as usize;
    (length * 37 + first * 61 + second * 7 + middle * 149 + last * 263) % SLOTS
}

/// Whether a word is a keyword's text in any case. Without the bit that small letters have more, only letters
/// are capitals; an underscore is one by itself.
fn is_in_any_case(word: &[u8], text: &[u8]) -> bool {
    let same = |(a, b): (&u8, &u8)| a == b || *b != b'_' && *a & !0x20 == *b;
    word.len() == text.len() && word.iter().zip(text).all(same)
}

impl Keyword {
    /// The keyword that a word is, in any case.
    pub fn find(word: &str) -> Option<Keyword> {
        Keyword::of_bytes(word.as_bytes())
    }

    /// The same of a word as its bytes.
    pub(super) fn of_bytes(word: &[u8]) -> Option<Keyword> {
        if word.len() < 2 {
            return None;
        }
        let mut slot = hash(word);
        loop {
            let (keyword, text, _) = WORDS.get(usize::from(TABLE[slot]))?;
            if is_in_any_case(word, text.as_bytes()) {
                return Some(*keyword);
            }
            slot = (slot + 1) % SLOTS;
        }
    }

    /// Every keyword.
    pub fn all() -> impl Iterator<Item = Keyword> {
        WORDS.iter().map(|(keyword, ..)| *keyword)
    }

    /// The word in capitals.
    pub fn text(self) -> &'static str {
        WORDS[self as usize].1
    }

    /// Where the word may stand as a name.
    pub fn class(self) -> WordClass {
        WORDS[self as usize].2
    }

    /// Whether it is never a name without quotes.
    pub fn is_reserved(self) -> bool {
        self.class() == WordClass::Reserved
    }
}

impl fmt::Display for Keyword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_finds_itself_in_any_case() {
        for (index, keyword) in Keyword::all().enumerate() {
            assert_eq!(keyword as usize, index);
            assert_eq!(Keyword::find(keyword.text()), Some(keyword));
            assert_eq!(Keyword::find(&keyword.text().to_lowercase()), Some(keyword));
            assert_eq!(Keyword::find(&format!("{keyword}x")), None);
        }
        assert_eq!(Keyword::find(""), None);
        assert_eq!(Keyword::find("kéy"), None);
    }

    #[test]
    fn words_of_time_are_names() {
        for word in
            ["EVENT", "TIMESTAMP", "SHOW", "DESCRIBE", "EXPLAIN", "HISTORY", "EVENTS", "TAG"]
        {
            let class = Keyword::find(word).map(Keyword::class);
            assert_eq!(class, Some(WordClass::Free), "{word}");
        }
    }
}
