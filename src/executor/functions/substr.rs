//! SQLite's `substr`: positions from 1, negative ones from the end, a negative length takes what stands
//! before; bytes of a blob, characters of anything else.

use super::super::arithmetic::to_integer;
use super::blob;
use crate::types::Value;
use std::ops::Range;

/// The part of the first argument from the second on, as long as the third says, by default to the end.
pub(super) fn substr(arguments: &[Value]) -> Value {
    let (start, length) = (to_integer(&arguments[1]), arguments.get(2).map(to_integer));
    match blob(&arguments[0]) {
        // SQLite does not tell an empty blob from none here.
        Some([]) => Value::Null,
        Some(bytes) => Value::Blob(bytes[clipped(start, length, bytes.len())].into()),
        None => {
            let text = arguments[0].to_text();
            Value::text(&text[character_range(&text, start, length)])
        }
    }
}

/// Which bytes of a text are so many characters from a position on. As in SQLite it ends before a NUL, as
/// its length does.
pub fn character_range(text: &str, start: i64, length: Option<i64>) -> Range<usize> {
    let text = text.split_once('\0').map_or(text, |(before, _)| before);
    if text.is_ascii() {
        return clipped(start, length, text.len());
    }
    let range = part(start, length, || text.chars().count());
    let behind = |text: &str, characters: usize| {
        text.char_indices().nth(characters).map_or(text.len(), |(at, _)| at)
    };
    let from = behind(text, range.start);
    from..from + behind(&text[from..], range.len())
}

/// The part of something with so many places.
fn clipped(start: i64, length: Option<i64>, places: usize) -> Range<usize> {
    let range = part(start, length, || places);
    range.start.min(places)..range.end.min(places)
}

/// The places of a part, counted from 0, which may lie beyond the last; how many there are is asked only
/// where a part is counted from the end.
fn part(start: i64, length: Option<i64>, places: impl FnOnce() -> usize) -> Range<usize> {
    // One before the text takes part of the length with it. Position 0 counts as one of these.
    let first = match start {
        0 => -1,
        1.. => start - 1,
        _ => i64::try_from(places()).unwrap_or(i64::MAX).saturating_add(start),
    };
    let other = length.map_or(i64::MAX, |length| first.saturating_add(length));
    let clip = |at: i64| usize::try_from(at.max(0)).unwrap_or(usize::MAX);
    clip(first.min(other))..clip(first.max(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_of_several_bytes_are_whole() {
        // Answers of SQLite 3.54.1.
        for (start, length, part) in [
            (2, None, "ß本cé"),
            (2, Some(2), "ß本"),
            (-2, Some(5), "cé"),
            (0, Some(2), "a"),
            (-7, Some(4), "aß"),
            (3, Some(-2), "aß"),
            (-1, Some(-2), "本c"),
            (-9, None, "aß本cé"),
            (9, Some(-6), "本cé"),
            (4, Some(9), "cé"),
            (i64::MIN, None, "aß本cé"),
            (i64::MIN, Some(i64::MAX), "aß本c"),
            (i64::MAX, None, ""),
        ] {
            let text = "aß本cé";
            assert_eq!(&text[character_range(text, start, length)], part, "{start} {length:?}");
        }
    }
}
