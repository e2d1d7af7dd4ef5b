//! What stands between the fields of a file, found by looking at its first lines.
//!
//! Nobody says it in the file, and a spreadsheet writes what its country's numbers leave free: a
//! semicolon where the comma stands in numbers. A separator is what comes equally often in every
//! record, outside of quotes. Where nothing does, it is the comma that gives the format its name.

use std::io::{self, Read};

/// What may stand between fields, the usual first.
const CANDIDATES: [char; 4] = [',', ';', '\t', '|'];

/// How many bytes of a file are looked at, and how many records of those.
const LOOKED_AT: u64 = 64 << 10;
const RECORDS: usize = 50;

/// What a separator is called in a sentence.
pub(super) fn called(separator: char) -> String {
    match separator {
        ',' => "commas".to_owned(),
        ';' => "semicolons".to_owned(),
        '\t' => "tabs".to_owned(),
        '|' => "bars".to_owned(),
        other => format!("'{other}'"),
    }
}

/// The separator of a file, behind the lines that are passed over.
pub(super) fn find(input: impl Read, skip: u64) -> io::Result<char> {
    let mut bytes = Vec::new();
    input.take(LOOKED_AT).read_to_end(&mut bytes)?;
    let is_whole = u64::try_from(bytes.len()).is_ok_and(|length| length < LOOKED_AT);
    let mut rest = bytes.as_slice();
    for _ in 0..skip {
        let end = rest.iter().position(|byte| *byte == b'\n').map_or(rest.len(), |at| at + 1);
        rest = &rest[end..];
    }
    Ok(of_records(&counts(rest, is_whole)))
}

/// How often each candidate comes in each record, outside of quotes. A record that is cut off at the end
/// says nothing.
fn counts(text: &[u8], is_whole: bool) -> Vec<[usize; 4]> {
    let mut records = Vec::new();
    let (mut counts, mut begins, mut is_quoted, mut is_empty) = ([0; 4], true, false, true);
    for byte in text {
        let candidate = CANDIDATES.iter().position(|c| u32::from(*c) == u32::from(*byte));
        match (byte, candidate) {
            // One of two in a row opens again what the other closed.
            (b'"', _) if is_quoted || begins => is_quoted = !is_quoted,
            _ if is_quoted => {}
            (b'\n', _) => {
                if !is_empty {
                    records.push(counts);
                }
                if records.len() == RECORDS {
                    return records;
                }
                (counts, is_empty) = ([0; 4], true);
            }
            (_, Some(candidate)) => counts[candidate] += 1,
            (_, None) => {}
        }
        begins = !is_quoted && (matches!(byte, b'\n' | b'"') || candidate.is_some());
        is_empty &= matches!(byte, b'\n' | b'\r');
    }
    if !is_empty && is_whole {
        records.push(counts);
    }
    records
}

/// The candidate that comes equally often in the most records; of several the most frequent.
fn of_records(records: &[[usize; 4]]) -> char {
    let Some(first) = records.first() else { return CANDIDATES[0] };
    let mut best = (0, 0, CANDIDATES[0]);
    for (at, candidate) in CANDIDATES.into_iter().enumerate() {
        let wanted = first[at];
        if wanted == 0 {
            continue;
        }
        let agree = records.iter().filter(|counts| counts[at] == wanted).count();
        let is_sure = agree == records.len() && agree > 1;
        let is_better = (agree, wanted) > (best.0, best.1);
        // Where two are as good the comma is a number's.
        if is_better || is_sure && (agree, wanted) == (best.0, best.1) {
            best = (agree, wanted, candidate);
        }
    }
    best.2
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> char {
        find(text.as_bytes(), 0).expect("memory can be read")
    }

    #[test]
    fn it_is_what_comes_equally_often_in_every_record() {
        for (text, separator) in [
            ("", ','),
            ("alone\n1\n", ','),
            ("a,b\n1,2\n", ','),
            ("id;name;price\n1;Ada;3,50\n2;\"Bob; Jr.\";4,00\n", ';'),
            ("a;b\n1,5;2\n3;4,5\n", ';'),
            // Both come once in each: one of them is a number's.
            ("1;3,50\n2;4,00\n", ';'),
            ("a\tb\tc\n1,0\t2\t3\n", '\t'),
            ("a|b\r\n1|2\r\n\r\n3|4", '|'),
            ("\"a \"\";\"\" b\",c\n\"x\ny;z\",1\n", ','),
            ("note,day\n\"one; two\",1\na;b;c,2\n", ','),
            // One line says nothing of a number.
            ("a;b,c", ','),
            // A record that is one short is told as one, between commas.
            ("a,b\n1,2\n3\n4;5\n", ','),
        ] {
            assert_eq!(found(text), separator, "{text:?}");
        }
        assert_eq!(find("# a,b,c\nx;y\n1;2\n".as_bytes(), 1).expect("memory"), ';');
    }

    #[test]
    fn only_the_first_of_a_long_file_is_looked_at() {
        let long = "a;b\n".repeat(100_000) + "c,d";
        assert_eq!(found(&long), ';');
        let open = format!("a;b\n1;2\n\"{}", "x,".repeat(100_000));
        assert_eq!(found(&open), ';');
    }
}
