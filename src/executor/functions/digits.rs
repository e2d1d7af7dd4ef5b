//! A double as decimal digits by SQLite's own computation, which `format` shows down to its last digit.

/// What a double looks like in decimal.
pub(super) enum DecimalDigits {
    /// Beyond all numbers, on the negative side or not.
    Infinite(bool),
    /// `0.d1d2d3…` times ten to the power of `point`; at least one digit, no zeros at the end.
    Finite {
        /// Whether it is below zero.
        negative: bool,
        /// The characters `0` to `9`.
        digits: Vec<u8>,
        /// How many of them stand before the point.
        point: i64,
    },
}

/// Where digits are rounded.
#[derive(Clone, Copy)]
pub(super) enum DigitRounding {
    /// So many behind the point.
    BehindPoint(i64),
    /// So many in all, at least one.
    InAll(i64),
}

impl DecimalDigits {
    /// The digits of a double, at most `most` of them.
    pub(super) fn of(real: f64, rounding: DigitRounding, most: usize) -> DecimalDigits {
        let negative = real < 0.0;
        if real == 0.0 {
            return DecimalDigits::Finite { negative, digits: b"0".to_vec(), point: 1 };
        }
        if !real.is_finite() {
            return DecimalDigits::Infinite(negative);
        }
        let wanted = match rounding {
            DigitRounding::InAll(count) if count < 18 => i32::try_from(count + 1).unwrap_or(18),
            DigitRounding::InAll(_) | DigitRounding::BehindPoint(_) => 18,
        };
        let (value, exponent) = to_decimal(real.abs(), wanted);
        let mut digits = value.to_string().into_bytes();
        let mut point = i64::try_from(digits.len()).unwrap_or(i64::MAX) + i64::from(exponent);
        let keep = match rounding {
            DigitRounding::InAll(count) => count,
            DigitRounding::BehindPoint(count) => {
                let keep = point + count;
                if keep == 0 && digits[0] >= b'5' {
                    digits.insert(0, b'0');
                    point += 1;
                    1
                } else {
                    keep
                }
            }
        };
        let keep = usize::try_from(keep).unwrap_or(0);
        if keep > 0 && (keep < digits.len() || digits.len() > most) {
            let keep = match keep.min(most) {
                17 => shortest(real.abs(), &digits, point, exponent).unwrap_or(17),
                keep => keep,
            };
            point += i64::from(round(&mut digits, keep));
        }
        while digits.len() > 1 && digits.ends_with(b"0") {
            digits.pop();
        }
        DecimalDigits::Finite { negative, digits, point }
    }
}

/// Rounds to so many digits, half up; whether there is one more before them.
fn round(digits: &mut Vec<u8>, keep: usize) -> bool {
    let up = digits.get(keep).is_some_and(|digit| *digit >= b'5');
    digits.truncate(keep);
    if !up {
        return false;
    }
    for digit in digits.iter_mut().rev() {
        if *digit < b'9' {
            *digit += 1;
            return false;
        }
        *digit = b'0';
    }
    digits.insert(0, b'1');
    true
}

/// Fewer than 17 digits that read back as the same double, where the 17 look like 49.469999999999999
/// or 1.0000000000000002.
fn shortest(real: f64, digits: &[u8], point: i64, exponent: i32) -> Option<usize> {
    let number = |part: &[u8]| part.iter().fold(0_u64, |n, digit| n * 10 + u64::from(digit - b'0'));
    let (kept, value) = if digits[14] == b'9' && digits[15] == b'9' {
        let kept = digits[..14].iter().rposition(|digit| *digit != b'9').map_or(0, |at| at + 1);
        (kept, if kept == 0 { 1 } else { number(&digits[..kept]) + 1 })
    } else if usize::try_from(point).is_ok_and(|point| point >= digits.len())
        || digits[13..16] == *b"000"
    {
        let kept = digits[..13].iter().rposition(|digit| *digit != b'0').map_or(1, |at| at + 1);
        (kept, number(&digits[..kept]))
    } else {
        return None;
    };
    let power = i64::from(exponent) + i64::try_from(digits.len() - kept).unwrap_or(i64::MAX);
    let read: f64 = format!("{value}e{power}").parse().ok()?;
    (read.to_bits() == real.to_bits()).then_some(kept + 1)
}

/// A positive double as `digits × 10^exponent` with at least so many digits, at most 18: those behind
/// are cut, but of 18 the last is rounded.
fn to_decimal(real: f64, digits: i32) -> (u64, i32) {
    let bits = real.to_bits();
    let fraction = bits & 0x000f_ffff_ffff_ffff;
    let biased = i32::try_from(bits >> 52 & 0x7ff).unwrap_or(0);
    let (mantissa, exponent) = if biased == 0 {
        let zeros = fraction.leading_zeros();
        (fraction << zeros, -1074 - i32::try_from(zeros).unwrap_or(0))
    } else {
        (fraction << 11 | 1 << 63, biased - 1086)
    };
    let power = digits - 1 - binary_to_decimal(exponent + 63);
    let (factor, _) = power_of_ten(power);
    let product = (u128::from(mantissa) * u128::from(factor)) >> 64;
    let product = u64::try_from(product).unwrap_or(u64::MAX);
    let shift = -(exponent + decimal_to_binary(power) + 2);
    if digits == 18 {
        let half = product >> shift;
        (((half + (half << 1 & 2)) >> 1), -power)
    } else {
        (product >> (shift + 1), -power)
    }
}

/// ⌊log2(10^power)⌋.
fn decimal_to_binary(power: i32) -> i32 {
    (power * 108_853) >> 15
}

/// ⌊log10(2^power)⌋.
fn binary_to_decimal(power: i32) -> i32 {
    (power * 78_913) >> 18
}

/// The first 64 binary digits of 10^power and the 32 behind them, for a power from -348 to 347.
fn power_of_ten(power: i32) -> (u64, u32) {
    if power == -1 {
        return (0xcccc_cccc_cccc_cccc, 0xcccc_cccc);
    }
    if (0..27).contains(&power) {
        return (small_power(power), 0);
    }
    let (step, rest) = (power.div_euclid(27), power.rem_euclid(27));
    let (high, low) = STEPS[usize::try_from(step + 13).unwrap_or(0)];
    if rest == 0 {
        return (high, low);
    }
    let factor = u128::from(small_power(rest));
    let product = u128::from(high) * factor + ((u128::from(low) * factor) >> 32);
    let [high, low] = [product >> 64, product >> 32 & 0xffff_ffff];
    let (high, low) = (u64::try_from(high).unwrap_or(0), u32::try_from(low).unwrap_or(0));
    if high >> 63 == 0 { (high << 1 | u64::from(low >> 31), low << 1 | 1) } else { (high, low) }
}

/// The first 64 binary digits of 10^power, for a power from 0 to 26.
fn small_power(power: i32) -> u64 {
    let power = 10_u128.pow(u32::try_from(power).unwrap_or(0));
    u64::try_from(power << power.leading_zeros() >> 64).unwrap_or(u64::MAX)
}

/// The first 96 binary digits of 10^(27 n), for n from -13 to 12; 10^-1 in the place of 10^0.
const STEPS: [(u64, u32); 26] = [
    (0x8049_a4ac_0c58_11ae, 0x205b_896d),
    (0xcf42_894a_5dce_35ea, 0x5206_4cad),
    (0xa76c_5823_38ed_2621, 0xaf2a_f2b8),
    (0x873e_4f75_e222_4e68, 0x5a77_44a7),
    (0xda7f_5bf5_9096_6848, 0xaf39_a475),
    (0xb080_392c_c434_9dec, 0xbd8d_794e),
    (0x8e93_8662_882a_f53e, 0x547e_b47b),
    (0xe658_29b3_046b_0afa, 0x0cb4_a5a3),
    (0xba12_1a46_50e4_ddeb, 0x92f3_4d62),
    (0x964e_858c_91ba_2655, 0x3a6a_07f9),
    (0xf2d5_6790_ab41_c2a2, 0xfae2_7299),
    (0xc428_d05a_a475_1e4c, 0xaa97_e14c),
    (0x9e74_d1b7_91e0_7e48, 0x775e_a265),
    (0xcccc_cccc_cccc_cccc, 0xcccc_cccc),
    (0xcecb_8f27_f420_0f3a, 0x0000_0000),
    (0xa70c_3c40_a64e_6c51, 0x9990_90b6),
    (0x86f0_ac99_b4e8_dafd, 0x69a0_28bb),
    (0xda01_ee64_1a70_8de9, 0xe80e_6f48),
    (0xb01a_e745_b101_e9e4, 0x5ec0_5dd0),
    (0x8e41_ade9_fbeb_c27d, 0x1458_8f14),
    (0xe5d3_ef28_2a24_2e81, 0x8f16_68c9),
    (0xb9a7_4a06_37ce_2ee1, 0x6d95_3e2c),
    (0x95f8_3d0a_1fb6_9cd9, 0x4abd_af10),
    (0xf24a_01a7_3cf2_dccf, 0xbc63_3b39),
    (0xc3b8_3581_09e8_4f07, 0x0a86_2f81),
    (0x9e19_db92_b4e3_1ba9, 0x6c07_a2c2),
];
