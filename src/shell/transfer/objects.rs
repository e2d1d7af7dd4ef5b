//! JSON objects, read as a stream: those of one array, or one on each line.

use super::fields::Located;
use super::file_lines::{FileLines, INVALID, MAX_LINE};
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;
use std::io;

/// The objects of a file, each as it is written.
pub(super) struct ObjectReader {
    lines: FileLines,
    /// Where in the array the reading is; `None` where each line is an object.
    array: Option<ArrayState>,
}

/// Where in an array the reading is.
struct ArrayState {
    place: ArrayPosition,
    /// The next byte of the line.
    at: usize,
}

/// What may come next in an array.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ArrayPosition {
    /// The bracket that opens it.
    Before,
    /// The first element or the end.
    First,
    /// An element.
    Element,
    /// A comma or the end.
    Behind,
    /// Nothing.
    End,
}

/// What is wrong with a file of objects that no array holds together.
const LONE_OBJECT: &str =
    "expected an array of objects, [{…}, …]; --ndjson reads an object on each line";

/// What is wrong with a file of anything else.
const NO_ARRAY: &str = "expected an array of objects, [{…}, …]";

impl ObjectReader {
    /// The objects of one array.
    pub(super) fn of_array(lines: FileLines) -> ObjectReader {
        ObjectReader { lines, array: Some(ArrayState { place: ArrayPosition::Before, at: 0 }) }
    }

    /// One object on each line.
    pub(super) fn of_lines(lines: FileLines) -> ObjectReader {
        ObjectReader { lines, array: None }
    }

    /// How many bytes were read.
    pub(super) fn offset(&self) -> u64 {
        self.lines.offset()
    }

    /// The text of the next object; `None` at the end.
    pub(super) fn next(&mut self) -> io::Result<Option<Located<String>>> {
        match self.array.take() {
            None => self.next_line(),
            Some(mut array) => {
                let found = self.next_element(&mut array);
                self.array = Some(array);
                found
            }
        }
    }

    fn next_line(&mut self) -> io::Result<Option<Located<String>>> {
        while self.lines.advance()? {
            let text = self.lines.text().map(|text| text.trim().to_owned());
            if text.as_ref().is_ok_and(String::is_empty) {
                continue;
            }
            return Ok(Some(Located { line: self.lines.line(), what: text }));
        }
        Ok(None)
    }

    /// The next byte that is no white space; `None` at the end of the file.
    fn next_byte(&mut self, array: &mut ArrayState) -> io::Result<Option<u8>> {
        loop {
            let rest = self.lines.bytes().get(array.at..).unwrap_or_default();
            if let Some(skipped) = rest.iter().position(|byte| !byte.is_ascii_whitespace()) {
                array.at += skipped;
                return Ok(Some(rest[skipped]));
            }
            if !self.lines.advance_part()? {
                return Ok(None);
            }
            array.at = 0;
        }
    }

    fn next_element(&mut self, array: &mut ArrayState) -> io::Result<Option<Located<String>>> {
        let line = |objects: &ObjectReader| objects.lines.line().max(1);
        loop {
            if array.place == ArrayPosition::End {
                return Ok(None);
            }
            let Some(byte) = self.next_byte(array)? else {
                let place = std::mem::replace(&mut array.place, ArrayPosition::End);
                if place == ArrayPosition::Before {
                    return Ok(None);
                }
                let what = Err("the array is never closed".into());
                return Ok(Some(Located { line: line(self), what }));
            };
            let (next, expected) = match (array.place, byte) {
                (ArrayPosition::Before, b'[') => (ArrayPosition::First, ""),
                (ArrayPosition::First | ArrayPosition::Behind, b']') => {
                    array.at += 1;
                    array.place = ArrayPosition::End;
                    return match self.next_byte(array)? {
                        None => Ok(None),
                        Some(_) => {
                            let what = Err("text behind the end of the array".into());
                            Ok(Some(Located { line: line(self), what }))
                        }
                    };
                }
                (ArrayPosition::Behind, b',') => (ArrayPosition::Element, ""),
                (ArrayPosition::First | ArrayPosition::Element, _) => {
                    let line = line(self);
                    let what = self.element(array)?;
                    array.place =
                        if what.is_ok() { ArrayPosition::Behind } else { ArrayPosition::End };
                    return Ok(Some(Located { line, what }));
                }
                (ArrayPosition::Before, b'{') => (ArrayPosition::End, LONE_OBJECT),
                (ArrayPosition::Before, _) => (ArrayPosition::End, NO_ARRAY),
                (ArrayPosition::Behind | ArrayPosition::End, _) => {
                    (ArrayPosition::End, "expected , or ]")
                }
            };
            array.place = next;
            array.at += 1;
            if !expected.is_empty() {
                return Ok(Some(Located { line: line(self), what: Err(expected.into()) }));
            }
        }
    }

    /// The element that begins here: up to where its brackets are closed, or to a comma.
    fn element(&mut self, array: &mut ArrayState) -> io::Result<Result<String, String>> {
        let mut bytes = Vec::new();
        let start = self.lines.offset_of(array.at);
        let (mut depth, mut is_closed, mut in_string, mut escaped) = (0_usize, false, false, false);
        loop {
            let rest = self.lines.bytes().get(array.at..).unwrap_or_default();
            let end = rest.iter().position(|byte| {
                if in_string {
                    (in_string, escaped) = (escaped || *byte != b'"', !escaped && *byte == b'\\');
                    return false;
                }
                match byte {
                    b'"' => in_string = true,
                    b'[' | b'{' => depth += 1,
                    b']' | b'}' if depth > 0 => {
                        depth -= 1;
                        is_closed = depth == 0;
                        return is_closed;
                    }
                    b']' | b'}' | b',' => return depth == 0,
                    _ => {}
                }
                false
            });
            // A bracket that closes the element is part of it, what comes behind a number is not.
            let taken = end.map_or(rest.len(), |end| end + usize::from(is_closed));
            bytes.extend_from_slice(&rest[..taken]);
            array.at += taken;
            if end.is_some() {
                break;
            }
            if bytes.len() > MAX_LINE {
                return Ok(Err("an element of more than 64 MiB".into()));
            }
            bytes.extend_from_slice(self.lines.ending().as_bytes());
            if !self.lines.advance_part()? {
                return Ok(Err("the array is never closed".into()));
            }
            array.at = 0;
        }
        let text = String::from_utf8(bytes).map(|text| text.trim_end().to_owned());
        Ok(text.map_err(|error| {
            let before = u64::try_from(error.utf8_error().valid_up_to()).unwrap_or(u64::MAX);
            format!("{INVALID} {}", start.saturating_add(before))
        }))
    }
}

/// Hands each key of an object to `visit`, with its value as it is written.
///
/// # Errors
/// The first that `visit` gives, or why the text is no object.
pub(super) fn each_key(
    text: &str,
    mut visit: impl FnMut(&str, &str) -> Result<(), String>,
) -> Result<(), String> {
    let mut refused = None;
    let mut each = |key: &str, value: &str| -> Result<(), ()> {
        visit(key, value).map_err(|reason| refused = Some(reason))
    };
    let keys = ObjectKeys(&mut each);
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let read = keys.deserialize(&mut deserializer).and_then(|()| deserializer.end());
    match (refused, read) {
        (Some(reason), _) => Err(reason),
        (None, Ok(())) => Ok(()),
        (None, Err(error)) if error.is_data() => {
            Err("expected an object: {\"column\": value}".into())
        }
        (None, Err(error)) => {
            // Its line is one of the element, which is counted otherwise here.
            let message = error.to_string();
            let message = message.split(" at line ").next().unwrap_or_default();
            Err(format!("{message} at column {} of it", error.column()))
        }
    }
}

type KeyVisit<'v> = &'v mut dyn FnMut(&str, &str) -> Result<(), ()>;

/// The keys of an object, handed on one by one.
struct ObjectKeys<'v>(KeyVisit<'v>);

impl<'de> DeserializeSeed<'de> for ObjectKeys<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for ObjectKeys<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<ObjectKey<'de>>()? {
            let value: &RawValue = map.next_value()?;
            (self.0)(&key.0, value.get()).map_err(|()| A::Error::custom("refused"))?;
        }
        Ok(())
    }
}

/// A key, borrowed where nothing in it was escaped.
#[derive(serde::Deserialize)]
struct ObjectKey<'a>(#[serde(borrow)] Cow<'a, str>);

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, array: bool) -> Vec<(u64, Result<String, String>)> {
        let lines = FileLines::new(Box::new(std::io::Cursor::new(text.as_bytes().to_vec())));
        let mut objects =
            if array { ObjectReader::of_array(lines) } else { ObjectReader::of_lines(lines) };
        let mut all = Vec::new();
        while let Some(found) = objects.next().expect("memory can be read") {
            all.push((found.line, found.what));
        }
        all
    }

    #[test]
    fn elements_of_an_array_come_one_by_one() {
        let text = "\u{feff}[{\"a\": \"],}\\\"\\\\\"},\n\n {\"b\":\n [1, {}]} , 3\n]\n";
        let expected = [
            (1, Ok("{\"a\": \"],}\\\"\\\\\"}".to_owned())),
            (3, Ok("{\"b\":\n [1, {}]}".to_owned())),
            (4, Ok("3".to_owned())),
        ];
        assert_eq!(read(text, true), expected);
        for empty in ["[]", " [\n] ", "", "\n"] {
            assert_eq!(read(empty, true), [], "{empty:?}");
        }
    }

    #[test]
    fn an_array_that_is_none_is_refused_where_it_ends_to_be_one() {
        let cases = [
            ("{}", 1, LONE_OBJECT),
            ("\nnull", 2, NO_ARRAY),
            ("[{}\n{}]", 2, "expected , or ]"),
            ("[{}\n", 1, "the array is never closed"),
            ("[{}]\nx", 2, "text behind the end of the array"),
            ("[{\"a\":", 1, "the array is never closed"),
        ];
        for (text, line, wrong) in cases {
            let last = read(text, true).pop().expect("something is wrong");
            assert_eq!(last, (line, Err(wrong.to_owned())), "{text:?}");
        }
    }

    #[test]
    fn keys_come_in_order_with_their_values_as_written() {
        let mut seen = Vec::new();
        let text = r#"{"a":1.50,"b\u00e9":[1, 2],"a":null}"#;
        let read = each_key(text, |key, value| {
            seen.push(format!("{key}={value}"));
            Ok(())
        });
        assert_eq!((read, seen.join(" ").as_str()), (Ok(()), "a=1.50 bé=[1, 2] a=null"));
        assert_eq!(each_key("{\"a\":1}", |_, _| Err("no".into())), Err("no".to_owned()));
        for text in ["[1]", "3", "\"a\"", "null"] {
            let wrong = each_key(text, |_, _| Ok(())).expect_err(text);
            assert!(wrong.starts_with("expected an object"), "{wrong}");
        }
        let wrong = each_key("{\"a\":}", |_, _| Ok(())).expect_err("no value");
        assert_eq!(wrong, "expected value at column 6 of it");
    }
}
