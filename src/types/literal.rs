//! Constants as a statement writes them, or is given them.

use super::{Decimal, Value};
use std::fmt;

/// A constant.
///
/// A number that is no INTEGER is two things: by itself the nearest REAL, and beside a DECIMAL the
/// number that its digits say. Which of them counts is known where the constant stands, so that both
/// are kept until then.
#[derive(Clone, Debug, PartialEq)]
pub struct Literal {
    /// What it is by itself.
    pub value: Value,
    /// All digits of a number whose `value` is the nearest real: a decimal, or the text where no
    /// decimal holds so many.
    pub exact: Option<Value>,
}

impl Literal {
    /// The number of these digits, with a point, an exponent or beyond 64 bits; infinity where it is
    /// beyond the largest real. `None` if they are none.
    pub fn number(digits: &str, negative: bool) -> Option<Literal> {
        let real = digits.parse::<f64>().ok()?;
        let exact = match Decimal::parse(digits) {
            Some(decimal) if negative => Value::Decimal(decimal.checked_neg()?),
            Some(decimal) => Value::Decimal(decimal),
            None if negative => Value::text(format!("-{digits}")),
            None => Value::text(digits),
        };
        let value = Value::real(if negative { -real } else { real });
        Some(Literal { value, exact: Some(exact) })
    }

    /// The number that these digits say.
    pub fn of_digits(digits: Decimal) -> Literal {
        Literal { value: Value::real(digits.to_f64()), exact: Some(Value::Decimal(digits)) }
    }

    /// A value given from outside. A real is the number that it prints as.
    pub fn given(value: Value) -> Literal {
        if let Value::Real(real) = value
            && real.is_finite()
            && let Some(number) = Literal::number(&format!("{:?}", real.abs()), real < 0.0)
        {
            return number;
        }
        Literal { value, exact: None }
    }

    /// What loses nothing where no type is asked for: the real, if its shortest text is this number,
    /// else all digits as far as a decimal holds them.
    pub fn lossless(self) -> Value {
        let Some(exact @ Value::Decimal(decimal)) = self.exact else { return self.value };
        let shortest = Decimal::parse(&self.value.to_text());
        match shortest {
            Some(shortest) if shortest.compare(&decimal).is_eq() => self.value,
            _ => exact,
        }
    }
}

impl From<Value> for Literal {
    fn from(value: Value) -> Literal {
        Literal { value, exact: None }
    }
}

/// Prints the constant as SQL with all of its digits, so that it reads back to it.
impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.exact {
            None => self.value.fmt(f),
            Some(Value::Text(digits)) => f.write_str(digits),
            // Without a point it would read back as an INTEGER.
            Some(Value::Decimal(decimal)) if decimal.scale == 0 && decimal.trunc().is_some() => {
                write!(f, "{decimal}.0")
            }
            Some(exact) => exact.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_a_real_and_its_digits() {
        let read = |digits: &str| Literal::number(digits, false).expect("a number");
        let shown = |digits: &str| {
            let literal = read(digits);
            format!("{} {literal} {}", literal.value, literal.clone().lossless())
        };
        assert_eq!(shown("0.10"), "0.1 0.10 0.1");
        assert_eq!(shown("2e3"), "2000.0 2000.0 2000.0");
        assert_eq!(
            shown("90071992.54740993"),
            "90071992.54740994 90071992.54740993 90071992.54740993"
        );
        assert_eq!(
            shown("12345678901234567890"),
            "1.2345678901234567e19 12345678901234567890 12345678901234567890"
        );
        let long = format!("0.{}", "3".repeat(50));
        assert_eq!(shown(&long), format!("0.3333333333333333 {long} 0.3333333333333333"));
        assert_eq!(shown("1e999"), "9.0e+999 1e999 9.0e+999");
        assert_eq!(Literal::number("0.50", true).map(|l| l.to_string()), Some("-0.50".into()));
        assert_eq!(Literal::given(Value::Real(-0.1)).to_string(), "-0.1");
        assert_eq!(Literal::given(Value::text("x")).to_string(), "'x'");
    }
    #[test]
    fn digits_are_the_real_that_they_read_as() {
        let mut state = 7_u64;
        for round in 0..20_000_u32 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let mantissa = i128::from(state.cast_signed() >> (round % 64));
            let decimal =
                Decimal { mantissa, scale: u8::try_from(round % 39).expect("it is small") };
            let Value::Real(real) = Literal::of_digits(decimal).value else { panic!("{decimal}") };
            let read = decimal.to_string().parse::<f64>().expect("a number");
            assert_eq!(real.to_bits(), (read + 0.0).to_bits(), "{decimal}");
        }
    }
}
