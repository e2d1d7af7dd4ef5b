//! What types the columns of a new table have: those that every value of the file fits.

use super::fields::Field;
use super::values::is_plain;
use crate::language::ast::Identifier;
use crate::types::{DataType, Date, Timestamp};

/// Reals hold every integer up to this.
const MAX_EXACT: u64 = 1 << 53;

/// Whether a real gives the digits back that it was read from, written with as many.
fn keeps_digits(real: f64, mantissa: &str) -> bool {
    let significant = |text: &str| -> Vec<u8> {
        let digits = text.bytes().filter(u8::is_ascii_digit);
        digits.skip_while(|digit| *digit == b'0').collect()
    };
    let written = significant(mantissa);
    let places = written.len().saturating_sub(1);
    let printed = format!("{real:.places$e}");
    let printed = printed.split('e').next().unwrap_or_default();
    real.is_finite() && places < 17 && significant(printed) == written
}

/// What was seen of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum InferredType {
    /// Nothing but NULL.
    Nothing,
    /// Integers; `large` if one of them is no real.
    Integer { large: bool },
    /// Numbers.
    Real,
    /// Truth values.
    Boolean,
    /// Days.
    Date,
    /// Days and moments.
    Timestamp,
    /// Objects, arrays and whatever stands beside them.
    Json,
    /// Anything.
    Text,
}

impl InferredType {
    /// What a field of text is that is not NULL. A number that would not read back as it is written
    /// is a text: one with leading zeros or a plus, and one with more digits than a real has.
    pub(super) fn of_text(text: &str) -> InferredType {
        match text.as_bytes().first() {
            Some(b'0'..=b'9' | b'-' | b'.') => {
                let number = InferredType::of_number(text);
                if number == InferredType::Text { InferredType::of_time(text) } else { number }
            }
            _ if text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false") => {
                InferredType::Boolean
            }
            _ => InferredType::Text,
        }
    }

    /// What a value of a JSON object is.
    pub(super) fn of_json(raw: &str) -> InferredType {
        match raw.as_bytes().first() {
            Some(b'n') => InferredType::Nothing,
            Some(b't' | b'f') => InferredType::Boolean,
            Some(b'{' | b'[') => InferredType::Json,
            Some(b'"') => InferredType::of_time(&raw[1..raw.len() - 1]),
            _ => InferredType::of_number(raw),
        }
    }

    fn of_number(text: &str) -> InferredType {
        if let Ok(integer) = text.parse::<i64>() {
            let large = integer.unsigned_abs() > MAX_EXACT;
            return if is_plain(text) {
                InferredType::Integer { large }
            } else {
                InferredType::Text
            };
        }
        let digits = text.strip_prefix('-').unwrap_or(text);
        let leading =
            digits.starts_with('0') && digits[1..].starts_with(|c: char| c.is_ascii_digit());
        let mantissa = digits.split(['e', 'E']).next().unwrap_or_default();
        let is_number = mantissa.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
            && mantissa.contains(|c: char| c.is_ascii_digit())
            && (mantissa.contains('.') || mantissa.len() < digits.len());
        let is_real = text.parse::<f64>().is_ok_and(|real| keeps_digits(real, mantissa));
        if is_number && !leading && is_real { InferredType::Real } else { InferredType::Text }
    }

    fn of_time(text: &str) -> InferredType {
        if Date::parse(text).is_some() {
            InferredType::Date
        } else if Timestamp::parse(text).is_some() {
            InferredType::Timestamp
        } else {
            InferredType::Text
        }
    }

    /// What holds both.
    pub(super) fn and(self, other: InferredType) -> InferredType {
        match (self, other) {
            (one, other) if one == other => one,
            (InferredType::Nothing, one) | (one, InferredType::Nothing) => one,
            (InferredType::Integer { .. }, InferredType::Integer { .. }) => {
                InferredType::Integer { large: true }
            }
            (InferredType::Integer { large: false }, InferredType::Real)
            | (InferredType::Real, InferredType::Integer { large: false }) => InferredType::Real,
            (InferredType::Date, InferredType::Timestamp)
            | (InferredType::Timestamp, InferredType::Date) => InferredType::Timestamp,
            (InferredType::Json, _) | (_, InferredType::Json) => InferredType::Json,
            (
                InferredType::Integer { .. }
                | InferredType::Real
                | InferredType::Boolean
                | InferredType::Date
                | InferredType::Timestamp
                | InferredType::Text,
                _,
            ) => InferredType::Text,
        }
    }

    /// The type of the column.
    pub(super) fn data_type(self) -> DataType {
        match self {
            InferredType::Nothing | InferredType::Text => DataType::Text,
            InferredType::Integer { .. } => DataType::Integer,
            InferredType::Real => DataType::Real,
            InferredType::Boolean => DataType::Boolean,
            InferredType::Date => DataType::Date,
            InferredType::Timestamp => DataType::Timestamp,
            InferredType::Json => DataType::Json,
        }
    }
}

/// The columns of a new table, as they are found.
#[derive(Debug, Default)]
pub(super) struct InferredColumns {
    names: Vec<String>,
    kinds: Vec<InferredType>,
}

impl InferredColumns {
    /// Columns of these names. One without a name gets its number, one that comes again is told from
    /// the first by a number, too.
    pub(super) fn named<'a>(names: impl Iterator<Item = Field<'a>>) -> InferredColumns {
        let mut columns = InferredColumns::default();
        for (number, name) in (1..).zip(names) {
            let name = name.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty());
            let name = name.unwrap_or_else(|| format!("column{number}"));
            let mut unique = name.clone();
            let mut count = 1;
            while columns.place_of(&unique).is_some() {
                count += 1;
                unique = format!("{name}_{count}");
            }
            columns.add(&unique);
        }
        columns
    }

    /// The names.
    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    /// Which column has this name, in any case.
    pub(super) fn place_of(&self, name: &str) -> Option<usize> {
        let folded = crate::types::fold(name);
        self.names.iter().position(|known| *known == name || crate::types::fold(known) == folded)
    }

    /// A new column.
    pub(super) fn add(&mut self, name: &str) -> usize {
        self.names.push(name.to_owned());
        self.kinds.push(InferredType::Nothing);
        self.names.len() - 1
    }

    /// Takes note of a value of a column.
    pub(super) fn note(&mut self, column: usize, kind: InferredType) {
        if let Some(known) = self.kinds.get_mut(column) {
            *known = known.and(kind);
        }
    }

    /// Whether a column takes any text already: what else it has changes nothing.
    pub(super) fn is_settled(&self, column: usize) -> bool {
        self.kinds.get(column).is_none_or(|kind| matches!(kind, InferredType::Text))
    }

    /// The statement that makes the table.
    pub(super) fn create(&self, table: &str) -> String {
        let column = |(name, kind): (&String, &InferredType)| {
            format!("{} {}", Identifier::of(name), kind.data_type())
        };
        let columns: Vec<String> = self.names.iter().zip(&self.kinds).map(column).collect();
        format!("CREATE TABLE {} ({})", Identifier::of(table), columns.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(texts: &[&str]) -> DataType {
        let kinds = texts.iter().map(|text| InferredType::of_text(text));
        kinds.fold(InferredType::Nothing, InferredType::and).data_type()
    }

    #[test]
    fn a_type_is_one_that_every_field_fits() {
        use DataType::{Boolean, Date, Integer, Real, Text, Timestamp};
        let cases: [(&[&str], DataType); 23] = [
            (&[], Text),
            (&["1", "-20", "9223372036854775807"], Integer),
            (&["1", "2.5"], Real),
            (&["1e5", ".5", "-0.25"], Real),
            (&["9007199254740993", "0.5"], Text),
            (&["007"], Text),
            (&["00.5"], Text),
            (&["+49"], Text),
            (&["-0"], Text),
            (&["9223372036854775808"], Text),
            (&["0.12345678901234567890"], Text),
            (&["1e999"], Text),
            (&["90071992.54740993"], Text),
            (&["0.10000000000000001", "0.30000000000000004", "0.0", "1e22"], Real),
            (&["9999999999999.99", "1.50"], Real),
            (&["true", "FALSE"], Boolean),
            (&["true", "1"], Text),
            (&["2026-01-31"], Date),
            (&["2026-01-31", "2026-01-31 12:00:00"], Timestamp),
            (&["2026-02-30"], Text),
            (&["1.2.3"], Text),
            (&["inf"], Text),
            (&["-"], Text),
        ];
        for (texts, expected) in cases {
            assert_eq!(found(texts), expected, "{texts:?}");
        }
    }

    #[test]
    fn json_says_more_of_its_types() {
        let of = |raws: &[&str]| {
            let kinds = raws.iter().map(|raw| InferredType::of_json(raw));
            kinds.fold(InferredType::Nothing, InferredType::and).data_type()
        };
        assert_eq!(of(&["null", "1"]), DataType::Integer);
        assert_eq!(of(&["\"1\""]), DataType::Text);
        assert_eq!(of(&["\"2026-01-31\""]), DataType::Date);
        assert_eq!(of(&["{}", "1", "\"a\""]), DataType::Json);
        assert_eq!(of(&["true", "null"]), DataType::Boolean);
    }

    #[test]
    fn every_column_has_a_name_of_its_own() {
        let names = [Some("a"), None, Some(" A "), Some("a_2"), Some("")];
        let columns = InferredColumns::named(names.iter().map(|name| name.map(Into::into)));
        assert_eq!(columns.names(), ["a", "column2", "A_2", "a_2_2", "column5"]);
    }
}
