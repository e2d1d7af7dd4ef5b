//! What the value of a PRAGMA says, as SQLite reads it.

/// The number of 32 bits with which a text begins, also in hexadecimal digits, as SQLite reads it: 0 of
/// one that begins with none, or with one that is larger.
pub fn leading_number(text: &str) -> i32 {
    let digits_of = |text: &str, radix: u32| {
        let end = text.find(|c: char| !c.is_digit(radix)).unwrap_or(text.len());
        i64::from_str_radix(&text[..end], radix).unwrap_or(0)
    };
    let hexadecimal = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    if let Some(digits) = hexadecimal {
        return i32::try_from(digits_of(digits, 16)).unwrap_or(0);
    }
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    i32::try_from(sign * digits_of(digits, 10)).unwrap_or(0)
}

/// Whether the value of a switch turns it on: one of SQLite's words for it, or digits that begin with
/// another number than 0. Everything else turns it off, a number with a sign, too.
pub fn turns_on(value: &str) -> bool {
    match value.as_bytes().first() {
        Some(first) if first.is_ascii_digit() => leading_number(value) != 0,
        _ => ["on", "yes", "true"].iter().any(|word| value.eq_ignore_ascii_case(word)),
    }
}

#[cfg(test)]
mod tests {
    use super::{leading_number, turns_on};

    #[test]
    fn numbers_are_what_sqlite_reads() {
        let sqlite = rusqlite::Connection::open_in_memory().expect("a database");
        for text in [
            "7",
            "-3",
            "+5",
            "0",
            "007",
            "12abc",
            "abc",
            "",
            "2147483647",
            "2147483648",
            "-2147483648",
            "-2147483649",
            "99999999999999999999",
            "0x10",
            "0xff",
            "0xFFFFFFFF",
            "0x7fffffff",
            "0x1FFFFFFFF",
            "1.9",
            "-0x10",
            "0x",
            "-",
            "ON",
        ] {
            sqlite.execute_batch(&format!("PRAGMA user_version = '{text}'")).expect("set");
            let theirs = sqlite.query_row("PRAGMA user_version", [], |row| row.get::<_, i32>(0));
            assert_eq!(leading_number(text), theirs.expect("a number"), "{text}");
        }
    }

    #[test]
    fn switches_are_what_sqlite_makes_of_them() {
        let sqlite = rusqlite::Connection::open_in_memory().expect("a database");
        for text in [
            "on",
            "ON",
            "off",
            "yes",
            "no",
            "true",
            "TrUe",
            "false",
            "full",
            "extra",
            "normal",
            "",
            "o",
            "onn",
            "0",
            "1",
            "2",
            "00",
            "0001",
            "255",
            "256",
            "257",
            "511",
            "512",
            "2147483647",
            "2147483648",
            "0.5",
            "1.0",
            "1e3",
            "0x",
            "0xz",
            "0x0",
            "0x10",
            "0xFF",
            "0x100",
            "0x80000000",
            "0x1g",
            "9x9",
            "1é",
            "é",
            "-1",
            "+1",
            "-0",
            "delete",
        ] {
            sqlite.execute_batch(&format!("PRAGMA query_only = '{text}'")).expect("set");
            let theirs = sqlite.query_row("PRAGMA query_only", [], |row| row.get::<_, bool>(0));
            assert_eq!(turns_on(text), theirs.expect("a switch"), "{text}");
        }
    }
}
