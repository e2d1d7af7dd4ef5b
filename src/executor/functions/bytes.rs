//! Functions that make blobs, or look at the bytes of a text.

use super::super::Error;
use super::super::arithmetic::to_integer;
use super::MAX_TEXT;
use crate::storage::Random;
use crate::types::Value;

/// So many zero bytes.
///
/// # Errors
/// `text-limit` of more than [`MAX_TEXT`].
pub(super) fn zeros(count: &Value) -> Result<Value, Error> {
    Ok(Value::Blob(vec![0; size("zeroblob", to_integer(count))?].into()))
}

/// So many random bytes, at least one.
///
/// # Errors
/// `text-limit` of more than [`MAX_TEXT`].
pub(super) fn random_bytes(count: &Value, random: &dyn Random) -> Result<Value, Error> {
    let mut bytes = vec![0; size("randomblob", to_integer(count).max(1))?];
    random.fill(&mut bytes);
    Ok(Value::Blob(bytes.into()))
}

/// Any integer.
pub(super) fn random_integer(random: &dyn Random) -> Value {
    let mut bytes = [0; 8];
    random.fill(&mut bytes);
    Value::Integer(i64::from_le_bytes(bytes))
}

fn size(function: &str, count: i64) -> Result<usize, Error> {
    let size = usize::try_from(count.max(0)).unwrap_or(usize::MAX);
    if size > MAX_TEXT {
        let message = format!("{function}() would make a blob of more than {MAX_TEXT} bytes");
        return Err(Error::failed("text-limit", message));
    }
    Ok(size)
}

/// The bytes that a text says in hexadecimal, between which these other characters may stand; NULL of
/// any other text.
pub(super) fn from_hexadecimal(text: &str, ignored: &str) -> Value {
    let mut bytes = Vec::with_capacity(text.len() / 2);
    let mut characters = text.chars().take_while(|c| *c != '\0');
    let digit = |c: char| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    while let Some(c) = characters.next() {
        match (digit(c), ignored.contains(c)) {
            (Some(high), _) => {
                let Some(low) = characters.next().and_then(digit) else { return Value::Null };
                bytes.push(high << 4 | low);
            }
            (None, true) => {}
            (None, false) => return Value::Null,
        }
    }
    Value::Blob(bytes.into())
}

/// Where the part begins among the bytes, from 1; 0 where it does not.
pub(super) fn position(bytes: &[u8], part: &[u8]) -> usize {
    if part.is_empty() {
        return 1;
    }
    bytes.windows(part.len()).position(|window| window == part).map_or(0, |at| at + 1)
}

/// The first letter of a text and three digits for how the rest sounds in English; `?000` without a
/// letter. A byte beyond ASCII counts as SQLite counts it: without its highest bit.
pub(super) fn soundex(text: &str) -> String {
    let bytes = text.as_bytes();
    let known = bytes.iter().position(|byte| *byte == 0).map_or(bytes, |end| &bytes[..end]);
    let Some(first) = known.iter().position(u8::is_ascii_alphabetic) else {
        return "?000".to_owned();
    };
    let mut sounds = String::from(char::from(known[first].to_ascii_uppercase()));
    let mut last = sound(known[first]);
    for byte in &known[first..] {
        let sound = sound(*byte);
        if sounds.len() < 4
            && sound != last
            && let Some(sound) = sound
        {
            sounds.push(sound);
        }
        last = sound;
    }
    format!("{sounds:0<4}")
}

/// The digit of the consonants that sound alike.
fn sound(byte: u8) -> Option<char> {
    match (byte & 0x7f).to_ascii_lowercase() {
        b'b' | b'f' | b'p' | b'v' => Some('1'),
        b'c' | b'g' | b'j' | b'k' | b'q' | b's' | b'x' | b'z' => Some('2'),
        b'd' | b't' => Some('3'),
        b'l' => Some('4'),
        b'm' | b'n' => Some('5'),
        b'r' => Some('6'),
        _ => None,
    }
}
