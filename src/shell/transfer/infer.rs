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
pub(super) enum Kind {
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

impl Kind {
    /// What a field of text is that is not NULL. A number that would not read back as it is written
    /// is a text: one with leading zeros or a plus, and one with more digits than a real has.
    pub(super) fn of_text(text: &str) -> Kind {
        match text.as_bytes().first() {
            Some(b'0'..=b'9' | b'-' | b'.') => match Kind::of_number(text) {
                Kind::Text => Kind::of_time(text),
                number => number,
            },
            _ if text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false") => {
                Kind::Boolean
            }
            _ => Kind::Text,
        }
    }

    /// What a value of a JSON object is.
    pub(super) fn of_json(raw: &str) -> Kind {
        match raw.as_bytes().first() {
            Some(b'n') => Kind::Nothing,
            Some(b't' | b'f') => Kind::Boolean,
            Some(b'{' | b'[') => Kind::Json,
            Some(b'"') => Kind::of_time(&raw[1..raw.len() - 1]),
            _ => Kind::of_number(raw),
        }
    }

    fn of_number(text: &str) -> Kind {
        if let Ok(integer) = text.parse::<i64>() {
            let large = integer.unsigned_abs() > MAX_EXACT;
            return if is_plain(text) { Kind::Integer { large } } else { Kind::Text };
        }
        let digits = text.strip_prefix('-').unwrap_or(text);
        let leading =
            digits.starts_with('0') && digits[1..].starts_with(|c: char| c.is_ascii_digit());
        let mantissa = digits.split(['e', 'E']).next().unwrap_or_default();
        let is_number = mantissa.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
            && mantissa.contains(|c: char| c.is_ascii_digit())
            && (mantissa.contains('.') || mantissa.len() < digits.len());
        let is_real = text.parse::<f64>().is_ok_and(|real| keeps_digits(real, mantissa));
        if is_number && !leading && is_real { Kind::Real } else { Kind::Text }
    }

    fn of_time(text: &str) -> Kind {
        if Date::parse(text).is_some() {
            Kind::Date
        } else if Timestamp::parse(text).is_some() {
            Kind::Timestamp
        } else {
            Kind::Text
        }
    }

    /// What holds both.
    pub(super) fn and(self, other: Kind) -> Kind {
        match (self, other) {
            (one, other) if one == other => one,
            (Kind::Nothing, one) | (one, Kind::Nothing) => one,
            (Kind::Integer { .. }, Kind::Integer { .. }) => Kind::Integer { large: true },
            (Kind::Integer { large: false }, Kind::Real)
            | (Kind::Real, Kind::Integer { large: false }) => Kind::Real,
            (Kind::Date, Kind::Timestamp) | (Kind::Timestamp, Kind::Date) => Kind::Timestamp,
            (Kind::Json, _) | (_, Kind::Json) => Kind::Json,
            _ => Kind::Text,
        }
    }

    /// The type of the column.
    pub(super) fn data_type(self) -> DataType {
        match self {
            Kind::Nothing | Kind::Text => DataType::Text,
            Kind::Integer { .. } => DataType::Integer,
            Kind::Real => DataType::Real,
            Kind::Boolean => DataType::Boolean,
            Kind::Date => DataType::Date,
            Kind::Timestamp => DataType::Timestamp,
            Kind::Json => DataType::Json,
        }
    }
}

/// The columns of a new table, as they are found.
#[derive(Debug, Default)]
pub(super) struct Columns {
    names: Vec<String>,
    kinds: Vec<Kind>,
}

impl Columns {
    /// Columns of these names. One without a name gets its number, one that comes again is told from
    /// the first by a number, too.
    pub(super) fn named<'a>(names: impl Iterator<Item = Field<'a>>) -> Columns {
        let mut columns = Columns::default();
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
        self.kinds.push(Kind::Nothing);
        self.names.len() - 1
    }

    /// Takes note of a value of a column.
    pub(super) fn note(&mut self, column: usize, kind: Kind) {
        if let Some(known) = self.kinds.get_mut(column) {
            *known = known.and(kind);
        }
    }

    /// Whether a column takes any text already: what else it has changes nothing.
    pub(super) fn is_settled(&self, column: usize) -> bool {
        self.kinds.get(column).is_none_or(|kind| matches!(kind, Kind::Text))
    }

    /// The statement that makes the table.
    pub(super) fn create(&self, table: &str) -> String {
        let column = |(name, kind): (&String, &Kind)| {
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
        let kinds = texts.iter().map(|text| Kind::of_text(text));
        kinds.fold(Kind::Nothing, Kind::and).data_type()
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
            let kinds = raws.iter().map(|raw| Kind::of_json(raw));
            kinds.fold(Kind::Nothing, Kind::and).data_type()
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
        let columns = Columns::named(names.iter().map(|name| name.map(Into::into)));
        assert_eq!(columns.names(), ["a", "column2", "A_2", "a_2_2", "column5"]);
    }
}
