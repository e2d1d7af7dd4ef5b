//! Exact decimal numbers.

use std::cmp::Ordering;
use std::fmt;

/// The most digits a decimal has.
pub const MAX_PRECISION: u8 = 38;

/// The number `mantissa / 10^scale`, exactly.
///
/// It is packed, since its rare 16 bytes would else set the size and the alignment of every value.
#[derive(Clone, Copy, Debug)]
#[repr(Rust, packed)]
pub struct Decimal {
    /// All digits as one integer.
    pub mantissa: i128,
    /// How many of the digits stand behind the point, at most 38.
    pub scale: u8,
}

impl From<i64> for Decimal {
    fn from(integer: i64) -> Decimal {
        Decimal { mantissa: i128::from(integer), scale: 0 }
    }
}

impl Decimal {
    /// Reads digits with an optional sign, point and exponent; `None` if the text is none of that
    /// or has more digits than fit.
    pub fn parse(text: &str) -> Option<Decimal> {
        let text = text.trim_matches(|c: char| c.is_ascii_whitespace());
        let (digits, exponent) = match text.split_once(['e', 'E']) {
            Some((digits, exponent)) => (digits, exponent.parse::<i32>().ok()?),
            None => (text, 0),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let joined = format!("{whole}{fraction}");
        if joined.trim_start_matches(['+', '-']).is_empty() || fraction.starts_with(['+', '-']) {
            return None;
        }
        let mantissa = joined.parse::<i128>().ok()?;
        let scale = i32::try_from(fraction.len()).ok()?.checked_sub(exponent)?;
        if scale >= 0 {
            let parsed = Decimal { mantissa, scale: 0 };
            return match u8::try_from(scale) {
                Ok(scale) if scale <= MAX_PRECISION => Some(Decimal { mantissa, scale }),
                _ if mantissa == 0 => Some(parsed),
                _ => None,
            };
        }
        let factor = 10_i128.checked_pow(u32::try_from(-scale).ok()?)?;
        Some(Decimal { mantissa: mantissa.checked_mul(factor)?, scale: 0 })
    }

    /// The same number with `scale` digits behind the point; `None` if that would lose a digit or
    /// does not fit.
    pub fn rescale(self, scale: u8) -> Option<Decimal> {
        if scale >= self.scale {
            let factor = 10_i128.checked_pow(u32::from(scale - self.scale))?;
            return Some(Decimal { mantissa: self.mantissa.checked_mul(factor)?, scale });
        }
        let factor = 10_i128.checked_pow(u32::from(self.scale - scale))?;
        (self.mantissa % factor == 0).then_some(Decimal { mantissa: self.mantissa / factor, scale })
    }

    /// Whether the number has at most `precision` digits.
    pub fn fits(self, precision: u8) -> bool {
        10_u128
            .checked_pow(u32::from(precision))
            .is_none_or(|limit| self.mantissa.unsigned_abs() < limit)
    }

    /// The sum, exactly; `None` on overflow.
    pub fn checked_add(self, other: Decimal) -> Option<Decimal> {
        let scale = self.scale.max(other.scale);
        let mantissa = self.rescale(scale)?.mantissa.checked_add(other.rescale(scale)?.mantissa)?;
        Some(Decimal { mantissa, scale })
    }

    /// The product, exactly; `None` on overflow.
    pub fn checked_mul(self, other: Decimal) -> Option<Decimal> {
        let scale = self.scale.checked_add(other.scale).filter(|s| *s <= MAX_PRECISION)?;
        Some(Decimal { mantissa: self.mantissa.checked_mul(other.mantissa)?, scale })
    }

    /// The number with its sign changed; `None` on overflow.
    pub fn checked_neg(self) -> Option<Decimal> {
        Some(Decimal { mantissa: self.mantissa.checked_neg()?, scale: self.scale })
    }

    /// The nearest double.
    pub fn to_f64(self) -> f64 {
        self.to_string().parse().unwrap_or(f64::INFINITY)
    }

    /// The difference to a double, which counts as the decimal it prints as (from 2^53 on, where
    /// doubles are integers, as the integer it is). `None` where the difference has too many digits.
    pub fn minus_real(self, real: f64) -> Option<Decimal> {
        const WHOLE: std::ops::Range<f64> = 9_007_199_254_740_992.0..1.7e38;
        #[expect(clippy::cast_possible_truncation, reason = "within i128, as WHOLE says")]
        let other = if WHOLE.contains(&real.abs()) {
            Decimal { mantissa: real as i128, scale: 0 }
        } else {
            Decimal::parse(&format!("{real:?}"))?
        };
        self.checked_add(other.checked_neg()?)
    }

    /// Orders a decimal and a double.
    pub fn compare_real(self, real: f64) -> Ordering {
        self.to_f64().partial_cmp(&real).unwrap_or(Ordering::Equal).then_with(|| {
            self.minus_real(real).map_or(Ordering::Equal, |residue| { residue.mantissa }.cmp(&0))
        })
    }

    /// The integer part, cut towards zero; `None` if it does not fit 64 bits.
    pub fn trunc(self) -> Option<i64> {
        let factor = 10_i128.checked_pow(u32::from(self.scale))?;
        i64::try_from(self.mantissa / factor).ok()
    }

    /// Orders two decimals by value.
    pub fn compare(&self, other: &Decimal) -> Ordering {
        let scale = self.scale.max(other.scale);
        match (self.rescale(scale), other.rescale(scale)) {
            (Some(a), Some(b)) => { a.mantissa }.cmp(&{ b.mantissa }),
            // One side is too large to be written with the other's digits: the integer parts differ.
            _ => self.to_f64().partial_cmp(&other.to_f64()).unwrap_or(Ordering::Equal),
        }
    }
}

/// Prints all `scale` digits behind the point.
impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.mantissa.unsigned_abs().to_string();
        let scale = usize::from(self.scale);
        let padded = format!("{digits:0>width$}", width = scale + 1);
        let (whole, fraction) = padded.split_at(padded.len() - scale);
        let sign = if self.mantissa < 0 { "-" } else { "" };
        if scale == 0 { write!(f, "{sign}{whole}") } else { write!(f, "{sign}{whole}.{fraction}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_read_print_and_rescale() {
        let shown = |text: &str| Decimal::parse(text).map(|d| d.to_string());
        assert_eq!(shown("0.99"), Some("0.99".into()));
        assert_eq!(shown("-0.05"), Some("-0.05".into()));
        assert_eq!(shown("1.5e1"), Some("15".into()));
        assert_eq!(shown("1e-2"), Some("0.01".into()));
        for text in ["", ".", "-", "1.-5", "abc", "1e99"] {
            assert_eq!(shown(text), None, "{text}");
        }
        let price = Decimal { mantissa: 99, scale: 2 };
        assert_eq!(price.rescale(4).map(|d| d.mantissa), Some(9900));
        assert!(price.rescale(1).is_none());
        assert_eq!(price.compare(&Decimal { mantissa: 990, scale: 3 }), Ordering::Equal);
        assert!(price.fits(2) && !price.fits(1));
    }
}
