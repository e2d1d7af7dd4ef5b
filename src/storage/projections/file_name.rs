//! From a table's name to the name of its row file.
//!
//! The name in lower case, every byte outside `[a-z0-9_-]` as `%` and two hexadecimal digits, and
//! `.db`. What is longer than [`MAX_STEM`] is cut and ends in `~` and the table's identity. So two
//! tables of one schema never share a file, not even where a file system folds case or Unicode, and
//! nothing that a user types is a path.

use crate::storage::log::text::push_hex;
use crate::storage::row_file_signature::{ENDING, is_plain, is_row_file};
use crate::types::{TableSchema, fold};

/// What a file under its temporary name ends in.
pub(crate) const TEMPORARY: &str = ".tmp";

/// The most bytes of an encoded name.
const MAX_STEM: usize = 200;

/// The name of a table's row file in the data directory.
pub fn row_file_name(table: &TableSchema) -> String {
    let mut stem = Vec::new();
    // Where the name may be cut: not inside an escape.
    let mut cut = 0;
    for byte in fold(&table.name).bytes() {
        if is_plain(byte) {
            stem.push(byte);
        } else {
            stem.push(b'%');
            push_hex(&mut stem, &[byte]);
        }
        if stem.len() <= MAX_STEM {
            cut = stem.len();
        }
    }
    let stem = String::from_utf8_lossy(&stem);
    match stem.len() <= MAX_STEM {
        true => format!("{stem}{ENDING}"),
        false => format!("{}~{}{ENDING}", &stem[..cut], table.id),
    }
}

/// Whether a file is what a crash left of a rewritten row file.
pub(crate) fn is_leftover(name: &str) -> bool {
    name.strip_suffix(TEMPORARY).is_some_and(is_row_file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::tests::table;
    use crate::types::DataType;
    use std::collections::HashSet;
    use std::path::{Component, Path};

    fn name(table_name: &str) -> String {
        row_file_name(&table(9, table_name, &[("a", DataType::Any)]))
    }

    #[test]
    fn names_are_readable_where_they_can_be() {
        assert_eq!(name("users"), "users.db");
        assert_eq!(name("Order-Items_2"), "order-items_2.db");
        assert_eq!(name("a b"), "a%20b.db");
        assert_eq!(name("café"), "caf%c3%a9.db");
        assert_eq!(name("50%"), "50%25.db");
        assert_eq!(name("_catalog"), "_catalog.db");
    }

    #[test]
    fn hostile_names_stay_inside_the_directory_and_apart() {
        let long = "x".repeat(300);
        let escapes = "é".repeat(70);
        let hostile = [
            "../../x",
            "/etc/x",
            "a/b",
            "a\\b",
            "C:x",
            ".",
            "..",
            "...",
            "nul\0x",
            "x ",
            "x.",
            " ",
            "\u{202E}gnp",
            "e\u{301}",
            "\u{e9}",
            "\u{1F600}",
            "*",
            "?",
            "a~1",
            "~",
            "%2e",
            "x",
            "snapshots/snapshot_1",
            "events.log",
            "a\nb",
            "\u{1b}[2J",
            &long,
            &escapes,
        ];
        let mut seen = HashSet::new();
        for table_name in hostile {
            let file = name(table_name);
            let mut parts = Path::new(&file).components();
            assert!(matches!(parts.next(), Some(Component::Normal(_))), "{file}");
            assert!(parts.next().is_none() && file.len() < 240, "{file}");
            assert!(is_row_file(&file) && is_leftover(&format!("{file}.tmp")), "{file}");
            assert!(seen.insert(file), "{table_name}");
        }
        assert_eq!(name("T"), name("t"));
        assert_eq!(name(&long), format!("{}~9.db", "x".repeat(200)));
        // 33 letters are 198 bytes, and the next escape would be cut in its middle.
        assert_eq!(name(&escapes), format!("{}~9.db", "%c3%a9".repeat(33)));
        for foreign in ["notes.txt", "users.db~", "Users.db", "a b.db", "users.db.bak", "users"] {
            assert!(!is_row_file(foreign), "{foreign}");
        }
    }

    #[test]
    fn names_are_cut_at_the_limit() {
        for (length, cut) in [(MAX_STEM - 1, false), (MAX_STEM, false), (MAX_STEM + 1, true)] {
            assert_eq!(name(&"y".repeat(length)).contains('~'), cut, "{length}");
        }
    }
}
