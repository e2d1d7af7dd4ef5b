//! Numbers in text, and integers beside reals.

use super::Value;
use std::cmp::Ordering;

/// Orders an integer and a real by their exact values, without rounding either.
///
/// Method: compare with the real's integer part, which fits an `i64` once the extremes are gone,
/// then let the fraction decide.
pub fn compare_integer_real(integer: i64, real: f64) -> Ordering {
    const TWO_63: f64 = 9_223_372_036_854_775_808.0;
    if real >= TWO_63 {
        return Ordering::Less;
    }
    if real < -TWO_63 {
        return Ordering::Greater;
    }
    let whole = real.trunc();
    #[expect(clippy::cast_possible_truncation, reason = "within ±2^63, checked above")]
    let whole_integer = whole as i64;
    integer
        .cmp(&whole_integer)
        .then_with(|| 0.0_f64.partial_cmp(&(real - whole)).unwrap_or(Ordering::Equal))
}

/// Reads a whole text as an integer or a real, as SQLite's numeric affinity does: surrounding white
/// space is allowed, anything else besides the number is not. An integer beyond 64 bits is a real.
///
/// Gives `None` where the text is no finite number.
pub fn parse_number(text: &str) -> Option<Value> {
    whole_number(text).filter(|value| !matches!(value, Value::Real(r) if r.is_infinite()))
}

/// What SQLite takes for white space around a number: the vertical tab, too.
fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t'..='\r')
}

/// The same for what is only computed or compared with: infinity beyond the largest real.
pub fn whole_number(text: &str) -> Option<Value> {
    let text = text.trim_matches(is_space);
    let length = number_length(text.as_bytes());
    if length == 0 || length != text.len() { None } else { number(text) }
}

/// Reads the longest number that a text begins with, as SQLite's arithmetic on text does; 0 where
/// there is none, infinity beyond the largest real.
pub fn numeric_prefix(text: &str) -> Value {
    let text = text.trim_start_matches(is_space);
    number(&text[..number_length(text.as_bytes())]).unwrap_or(Value::Integer(0))
}

/// Reads the longest integer that a text begins with, as SQLite's casts and bit operators do: held at
/// the ends of 64 bits, 0 where there is none.
pub fn integer_prefix(text: &str) -> i64 {
    let text = text.trim_start_matches(is_space);
    let sign = usize::from(text.starts_with(['+', '-']));
    let digits = text[sign..].bytes().take_while(u8::is_ascii_digit).count();
    if digits == 0 {
        return 0;
    }
    // What is written as an integer fails to be one only by its size.
    let ends = if text.starts_with('-') { i64::MIN } else { i64::MAX };
    text[..sign + digits].parse().unwrap_or(ends)
}

fn number(text: &str) -> Option<Value> {
    if let Ok(integer) = text.parse::<i64>() {
        return Some(Value::Integer(integer));
    }
    text.parse::<f64>().ok().map(Value::real)
}

/// The length of the decimal number at the start of `bytes`: sign, digits, fraction, exponent.
fn number_length(bytes: &[u8]) -> usize {
    let digits = |from: usize| bytes[from..].iter().take_while(|b| b.is_ascii_digit()).count();
    let mut at = usize::from(matches!(bytes.first(), Some(b'+' | b'-')));
    let whole = digits(at);
    at += whole;
    let mut fraction = 0;
    if bytes.get(at) == Some(&b'.') {
        fraction = digits(at + 1);
        if whole + fraction > 0 {
            at += 1 + fraction;
        }
    }
    if whole + fraction == 0 {
        return 0;
    }
    if matches!(bytes.get(at), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
        let exponent = if at + 1 + sign <= bytes.len() { digits(at + 1 + sign) } else { 0 };
        if exponent > 0 {
            at += 1 + sign + exponent;
        }
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_and_reals_compare_exactly_beyond_53_bits() {
        let two_53 = 9_007_199_254_740_992_i64;
        assert_eq!(compare_integer_real(two_53 + 1, 9_007_199_254_740_992.0), Ordering::Greater);
        assert_eq!(compare_integer_real(two_53, 9_007_199_254_740_992.0), Ordering::Equal);
        assert_eq!(compare_integer_real(i64::MAX, 9_223_372_036_854_775_808.0), Ordering::Less);
        assert_eq!(compare_integer_real(i64::MIN, -9_223_372_036_854_775_808.0), Ordering::Equal);
        assert_eq!(compare_integer_real(-1, -1.5), Ordering::Greater);
        assert_eq!(compare_integer_real(1, 1.5), Ordering::Less);
    }

    #[test]
    fn text_is_a_number_only_as_a_whole() {
        let shown = |text: &str| parse_number(text).map(|v| v.to_text().into_owned());
        assert_eq!(shown(" 42 "), Some("42".into()));
        assert_eq!(shown("1e3"), Some("1000.0".into()));
        assert_eq!(shown(".5"), Some("0.5".into()));
        assert_eq!(shown("5."), Some("5.0".into()));
        assert_eq!(shown("9223372036854775808"), Some("9.223372036854776e18".into()));
        for text in ["", ".", "-", "1e", "0x10", "inf", "nan", "1 2", "1e999"] {
            assert_eq!(shown(text), None, "{text}");
        }
    }

    #[test]
    fn a_prefix_counts_for_arithmetic() {
        let shown = |text: &str| numeric_prefix(text).to_text().into_owned();
        assert_eq!(shown("12abc"), "12");
        assert_eq!(shown(" -1.5e2x"), "-150.0");
        assert_eq!(shown("1e"), "1");
        assert_eq!(shown("abc"), "0");
        assert_eq!(shown("-1e999x"), "-Inf");
        assert_eq!(integer_prefix("1e3"), 1);
        assert_eq!(integer_prefix(" -12.9x"), -12);
        assert_eq!(integer_prefix("-9223372036854775809"), i64::MIN);
        assert_eq!(integer_prefix("99999999999999999999"), i64::MAX);
        assert_eq!((integer_prefix("-"), integer_prefix("+5")), (0, 5));
    }
}
