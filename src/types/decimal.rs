//! Exact decimal numbers.

use super::DataType;
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
    /// Reads digits with an optional sign, point and exponent, exactly; `None` if the text is none of
    /// that or has more digits than fit.
    pub fn parse(text: &str) -> Option<Decimal> {
        Decimal::short(text).or_else(|| Digits::of(text)?.exact())
    }

    /// The same of a few digits, with a point among them or without, which most numbers are.
    fn short(text: &str) -> Option<Decimal> {
        // So many digits fit 64 bits.
        const MOST: usize = 18;
        if text.len() > MOST {
            return None;
        }
        let (mut mantissa, mut digits, mut whole) = (0_i64, 0_u8, None);
        for byte in text.bytes() {
            match byte {
                b'0'..=b'9' => {
                    mantissa = mantissa * 10 + i64::from(byte - b'0');
                    digits += 1;
                }
                b'.' if whole.is_none() => whole = Some(digits),
                _ => return None,
            }
        }
        let scale = digits - whole.unwrap_or(digits);
        (digits > 0).then_some(Decimal { mantissa: i128::from(mantissa), scale })
    }

    /// Reads a number and rounds it half away from zero to `scale` digits behind the point, however
    /// many it is written with; `None` if the text is no number or too large.
    pub fn parse_rounded(text: &str, scale: u8) -> Option<Decimal> {
        Digits::of(text)?.rounded(scale)
    }

    /// Reads a number for a comparison: exactly, or cut to its first 38 digits, the last of which then
    /// says that more follow. It is no 0 and no 5, as IBM's decimal arithmetic has it, so that beside
    /// a number of fewer digits it is on its own side, and equal to none of them. Only of numbers that
    /// have 38 digits, too, it counts as the one that it is cut to. `None` if the text is no number or
    /// too large.
    pub fn parse_leading(text: &str) -> Option<Decimal> {
        let digits = Digits::of(text)?;
        digits.exact().or_else(|| digits.leading())
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

    /// The type that has just so many digits.
    pub fn data_type(self) -> DataType {
        let digits = self.mantissa.unsigned_abs().checked_ilog10().unwrap_or(0) + 1;
        let precision = u8::try_from(digits).unwrap_or(MAX_PRECISION).max(self.scale);
        DataType::Decimal { precision: precision.min(MAX_PRECISION), scale: self.scale }
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

    /// The product, exactly; `None` on overflow. It has the digits behind the point of both, or 38 if
    /// those are more and the rest of them are zeros.
    pub fn checked_mul(self, other: Decimal) -> Option<Decimal> {
        let scale = self.scale.saturating_add(other.scale);
        if let Some(mantissa) = self.mantissa.checked_mul(other.mantissa)
            && scale <= MAX_PRECISION
        {
            return Some(Decimal { mantissa, scale });
        }
        let (a, b) = (self.without_zeros(), other.without_zeros());
        let mantissa = a.mantissa.checked_mul(b.mantissa)?;
        let product = Decimal { mantissa, scale: a.scale.saturating_add(b.scale) };
        product.rescale(scale.min(MAX_PRECISION))
    }

    /// The quotient, rounded half away from zero to `scale` digits behind the point, which must be at
    /// least this number's; `None` on overflow, and where the divisor is zero.
    ///
    /// Method: long division by hand. A remainder is below 2^127, so that twice of it fits.
    pub fn checked_div(self, divisor: Decimal, scale: u8) -> Option<Decimal> {
        debug_assert!(scale >= self.scale, "a quotient keeps the digits of its dividend");
        let by = divisor.mantissa.unsigned_abs();
        let dividend = self.mantissa.unsigned_abs();
        let (mut quotient, mut rest) = (dividend.checked_div(by)?, dividend.checked_rem(by)?);
        let digits = u32::from(scale) + u32::from(divisor.scale) - u32::from(self.scale);
        for _ in 0..digits {
            let (digit, left) = ten_times(rest, by);
            quotient = quotient.checked_mul(10)?.checked_add(digit)?;
            rest = left;
        }
        if rest >= by - rest {
            quotient = quotient.checked_add(1)?;
        }
        let negative = (self.mantissa < 0) != (divisor.mantissa < 0);
        Some(Decimal { mantissa: signed(quotient, negative)?, scale })
    }

    /// What is left of a division to an integer, exactly and with the sign of the dividend; `None`
    /// where the divisor is zero, and where the digits do not fit.
    pub fn checked_rem(self, divisor: Decimal) -> Option<Decimal> {
        let scale = self.scale.max(divisor.scale);
        let negative = self.mantissa < 0;
        let Some(divisor) = divisor.rescale(scale) else {
            // It is larger than what has so many digits behind the point.
            return Some(self);
        };
        let by = divisor.mantissa.unsigned_abs();
        let mut rest = self.mantissa.unsigned_abs().checked_rem(by)?;
        for _ in self.scale..scale {
            rest = ten_times(rest, by).1;
        }
        Some(Decimal { mantissa: signed(rest, negative)?, scale })
    }

    /// The nearest number with `scale` digits behind the point, the one farther from zero of two;
    /// `None` if it does not fit.
    pub fn round(self, scale: u8) -> Option<Decimal> {
        let cut = self.cut(scale)?;
        let Some(unit) = 10_i128.checked_pow(u32::from(self.scale.saturating_sub(scale))) else {
            return Some(cut);
        };
        let lost = self.mantissa % unit;
        let carry = if lost.unsigned_abs() >= unit.unsigned_abs() - lost.unsigned_abs() {
            lost.signum()
        } else {
            0
        };
        Some(Decimal { mantissa: cut.mantissa.checked_add(carry)?, scale })
    }

    /// The number with `scale` digits behind the point, the others cut off; `None` if it does not fit.
    pub fn cut(self, scale: u8) -> Option<Decimal> {
        if scale >= self.scale {
            return self.rescale(scale);
        }
        let unit = 10_i128.checked_pow(u32::from(self.scale - scale));
        Some(Decimal { mantissa: unit.map_or(0, |unit| self.mantissa / unit), scale })
    }

    /// The largest integer that is not above the number.
    pub fn floor(self) -> Option<Decimal> {
        let cut = self.cut(0)?;
        let below = self.mantissa < 0 && self.compare(&cut).is_ne();
        Some(Decimal { mantissa: cut.mantissa.checked_sub(i128::from(below))?, scale: 0 })
    }

    /// The smallest integer that is not below the number.
    pub fn ceil(self) -> Option<Decimal> {
        self.checked_neg()?.floor()?.checked_neg()
    }

    /// The same number without zeros at its end.
    fn without_zeros(self) -> Decimal {
        let Decimal { mut mantissa, mut scale } = self;
        while scale > 0 && mantissa % 10 == 0 {
            mantissa /= 10;
            scale -= 1;
        }
        Decimal { mantissa, scale }
    }

    /// The number with its sign changed; `None` on overflow.
    pub fn checked_neg(self) -> Option<Decimal> {
        Some(Decimal { mantissa: self.mantissa.checked_neg()?, scale: self.scale })
    }

    /// The nearest double.
    pub fn to_f64(self) -> f64 {
        // A quotient of two numbers that are doubles exactly is rounded once.
        const EXACT: u128 = 1 << 53;
        if self.mantissa.unsigned_abs() <= EXACT
            && let Some(unit) = POWERS_OF_TEN.get(usize::from(self.scale))
        {
            #[expect(clippy::cast_precision_loss, reason = "exact within 53 bits")]
            return self.mantissa as f64 / unit;
        }
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
        let (a, b) = (*self, *other);
        let scale = a.scale.max(b.scale);
        match (a.rescale(scale), b.rescale(scale)) {
            (Some(a), Some(b)) => { a.mantissa }.cmp(&{ b.mantissa }),
            // What cannot be written with the other's digits is farther from zero than that.
            (None, _) => { a.mantissa }.cmp(&0),
            (_, None) => 0.cmp(&{ b.mantissa }),
        }
    }
}

/// The powers of ten that are doubles exactly.
const POWERS_OF_TEN: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
];

/// Divides ten times `rest` by `by`: the digit and what is left. `rest` is below `by`, and that at
/// most 2^127.
fn ten_times(rest: u128, by: u128) -> (u128, u128) {
    let reduced = |digit: u128, rest: u128| {
        if rest >= by { (digit + 1, rest - by) } else { (digit, rest) }
    };
    let (digit, left) = reduced(0, rest * 2);
    let (digit, left) = reduced(digit * 2, left * 2);
    let (digit, left) = reduced(digit, left + rest);
    reduced(digit * 2, left * 2)
}

fn signed(magnitude: u128, negative: bool) -> Option<i128> {
    let mantissa = i128::try_from(magnitude).ok()?;
    Some(if negative { -mantissa } else { mantissa })
}

/// A number as it is written: the digits before and behind the point, and where `e` moves that.
struct Digits<'a> {
    negative: bool,
    whole: &'a [u8],
    fraction: &'a [u8],
    exponent: i64,
}

/// What was cut off a number.
struct Remainder {
    /// The first digit of it.
    first: u8,
    /// Whether anything but zeros was cut off.
    is_something: bool,
}

impl<'a> Digits<'a> {
    /// Splits a text; `None` if it is no number. An exponent is held at what no number of digits
    /// makes good.
    fn of(text: &'a str) -> Option<Digits<'a>> {
        const FAR: i64 = 1 << 40;
        let text = text.trim_matches(|c: char| c.is_ascii_whitespace());
        let (number, exponent) = match text.split_once(['e', 'E']) {
            Some((number, exponent)) => (number, exponent),
            None => (text, "0"),
        };
        let exponent_digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        let negative = number.starts_with('-');
        let number = number.strip_prefix(['+', '-']).unwrap_or(number);
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let empty = whole.len() + fraction.len() == 0 || exponent_digits.is_empty();
        if empty || ![whole, fraction, exponent_digits].into_iter().all(are_digits) {
            return None;
        }
        let far = if exponent.starts_with('-') { -FAR } else { FAR };
        let exponent = exponent.parse::<i64>().unwrap_or(far).clamp(-FAR, FAR);
        let (whole, fraction) = (whole.as_bytes(), fraction.as_bytes());
        Some(Digits { negative, whole, fraction, exponent })
    }

    fn digits(&self) -> impl DoubleEndedIterator<Item = u8> {
        self.whole.iter().chain(self.fraction).map(|byte| byte - b'0')
    }

    /// How many digits stand before the point once `e` has moved it; less than none where zeros stand
    /// behind it before the first digit.
    fn point(&self) -> i64 {
        i64::try_from(self.whole.len()).unwrap_or(i64::MAX).saturating_add(self.exponent)
    }

    /// How many digits behind the point are written.
    fn scale(&self) -> i64 {
        i64::try_from(self.fraction.len()).unwrap_or(i64::MAX).saturating_sub(self.exponent).max(0)
    }

    /// The digits up to `scale` behind the point as one integer, and what is cut off; `None` if they
    /// do not fit.
    fn cut(&self, scale: u8) -> Option<(u128, Remainder)> {
        let mut wanted = self.point().saturating_add(i64::from(scale));
        let mut remainder = Remainder { first: 0, is_something: false };
        let mut mantissa = 0_u128;
        for digit in self.digits() {
            if wanted > 0 {
                mantissa = mantissa.checked_mul(10)?.checked_add(u128::from(digit))?;
            } else {
                remainder.first = if wanted == 0 { digit } else { remainder.first };
                remainder.is_something |= digit != 0;
            }
            wanted -= 1;
        }
        if mantissa > 0 && wanted > 0 {
            let factor = 10_u128.checked_pow(u32::try_from(wanted).ok()?)?;
            mantissa = mantissa.checked_mul(factor)?;
        }
        Some((mantissa, remainder))
    }

    fn decimal(&self, mantissa: u128, scale: u8) -> Option<Decimal> {
        Some(Decimal { mantissa: signed(mantissa, self.negative)?, scale })
    }

    /// The number with the digits it is written with; without zeros at its end if they are too many.
    fn exact(&self) -> Option<Decimal> {
        let at_scale = |scale: u8| {
            let (mantissa, remainder) = self.cut(scale)?;
            if remainder.is_something { None } else { self.decimal(mantissa, scale) }
        };
        let written = self.scale();
        let zeros = self.digits().rev().take_while(|digit| *digit == 0).count();
        let is_zero = zeros == self.whole.len() + self.fraction.len();
        let needed = written.saturating_sub(i64::try_from(zeros).unwrap_or(i64::MAX)).max(0);
        let needed = if is_zero { 0 } else { needed };
        let scale = |digits: i64| u8::try_from(digits).ok().filter(|s| *s <= MAX_PRECISION);
        match scale(written).and_then(at_scale) {
            None => scale(needed).and_then(at_scale),
            written => written,
        }
    }

    /// The nearest number with so many digits behind the point, the one farther from zero of two.
    fn rounded(&self, scale: u8) -> Option<Decimal> {
        let (mantissa, remainder) = self.cut(scale)?;
        self.decimal(mantissa.checked_add(u128::from(remainder.first >= 5))?, scale)
    }

    /// The first 38 digits of a number that has more.
    fn leading(&self) -> Option<Decimal> {
        let zeros = self.digits().take_while(|digit| *digit == 0).count();
        let before = self.point().saturating_sub(i64::try_from(zeros).unwrap_or(i64::MAX));
        let most = i64::from(MAX_PRECISION);
        let scale = u8::try_from(most.saturating_sub(before).clamp(-1, most)).ok()?;
        let (mantissa, remainder) = self.cut(scale)?;
        let says_more = !remainder.is_something || !mantissa.is_multiple_of(5);
        self.decimal(if says_more { mantissa } else { mantissa + 1 }, scale)
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
#[path = "decimal/tests.rs"]
mod tests;
