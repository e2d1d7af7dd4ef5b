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

/// The words by hash, each as its first bytes and its index, computed by the compiler. No word's first
/// bytes are 0.
static TABLE: [(u64, u8); SLOTS] = table();

const fn table() -> [(u64, u8); SLOTS] {
    assert!(WORDS.len() < 255, "an index is one byte");
    let mut slots = [(0, 0); SLOTS];
    let mut index = 0_u8;
    while (index as usize) < WORDS.len() {
        let first = first_bytes(WORDS[index as usize].1.as_bytes());
        let mut slot = hash(first);
        while slots[slot].0 != 0 {
            slot = (slot + 1) % SLOTS;
        }
        slots[slot] = (first, index);
        index += 1;
    }
    slots
}

/// How many bytes of a word are compared at once.
const FIRST: usize = 8;

/// The bit that small letters have more than capitals. Of what a name is made of, only `_` changes by it,
/// too, and becomes nothing else that a name is made of.
const SMALL: u64 = 0x2020_2020_2020_2020;

/// The first bytes of a word with small letters, as one number; 0 behind its end.
const fn first_bytes(word: &[u8]) -> u64 {
    let mut first = [0; FIRST];
    let mut at = 0;
    while at < FIRST && at < word.len() {
        first[at] = word[at] | 0x20;
        at += 1;
    }
    u64::from_le_bytes(first)
}

/// The same of a word of a text, which is read at once where so many bytes are left of the text.
#[inline]
fn first_bytes_at(text: &[u8], start: usize, length: usize) -> u64 {
    match text.get(start..).and_then(|rest| rest.first_chunk()) {
        Some(first) => {
            let others = 8 * FIRST.saturating_sub(length);
            (u64::from_le_bytes(*first) | SMALL) & (u64::MAX >> others)
        }
        None => first_bytes_of_last(text, start, length),
    }
}

/// The same of one of the last words.
#[cold]
#[inline(never)]
fn first_bytes_of_last(text: &[u8], start: usize, length: usize) -> u64 {
    first_bytes(&text[start..start + length])
}

/// Whether words are one in any case.
#[cold]
#[inline(never)]
fn is_same(one: &[u8], other: &[u8]) -> bool {
    one.eq_ignore_ascii_case(other)
}

/// Mixes all bytes into the highest, which are the slot.
const fn hash(first: u64) -> usize {
    let [high, low, ..] = first.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes();
    u16::from_be_bytes([high, low]) as usize % SLOTS
}

impl Keyword {
    /// The keyword that a word is, in any case.
    pub fn find(word: &str) -> Option<Keyword> {
        if word.is_empty() {
            return None;
        }
        let found = Keyword::at(word.as_bytes(), 0, word.len());
        found.filter(|keyword| keyword.text().eq_ignore_ascii_case(word))
    }

    /// The same of so many bytes of a text, which are what a name is made of.
    #[inline(always)]
    pub(super) fn at(text: &[u8], start: usize, length: usize) -> Option<Keyword> {
        let first = first_bytes_at(text, start, length);
        let mut slot = hash(first);
        loop {
            let (known, index) = TABLE[slot];
            if known == 0 {
                return None;
            }
            let (keyword, capitals, _) = WORDS[usize::from(index)];
            let is_it = known == first
                && capitals.len() == length
                && (length <= FIRST || is_same(&text[start..start + length], capitals.as_bytes()));
            if is_it {
                return Some(keyword);
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
        assert_eq!(Keyword::find("foreign\u{7f}keys"), None);
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
