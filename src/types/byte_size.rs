//! Amounts of memory as people write them.

use std::fmt;

/// A number of bytes, `64MB` or `100kB`: of 1,024 times 1,024 bytes each, as the systems count them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ByteSize(pub usize);

/// The units, each 1,024 of the one before.
const UNITS: [&str; 5] = ["B", "kB", "MB", "GB", "TB"];

impl ByteSize {
    /// The size that a text says: digits and a unit, `64MB`, `64 mb`, `64M` or `64MiB`; bytes without one.
    /// `None` of anything else, and of more than there are numbers for.
    pub fn parse(text: &str) -> Option<ByteSize> {
        let text = text.trim();
        let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let number: usize = text[..end].parse().ok()?;
        let unit = text[end..].trim_start().to_ascii_uppercase();
        let prefix = unit.strip_suffix("IB").or(unit.strip_suffix('B')).unwrap_or(&unit);
        let factor = ["", "K", "M", "G", "T"].iter().position(|known| *known == prefix)?;
        let factor = 1024_usize.checked_pow(u32::try_from(factor).ok()?)?;
        number.checked_mul(factor).map(ByteSize)
    }
}

/// By the largest unit of which it is a multiple.
impl fmt::Display for ByteSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mut number, mut unit) = (self.0, 0);
        while number > 0 && number.is_multiple_of(1024) && unit + 1 < UNITS.len() {
            number /= 1024;
            unit += 1;
        }
        write!(f, "{number}{}", UNITS[unit])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_as_people_write_them() {
        for (text, bytes) in [
            ("64MB", 64 << 20),
            ("64 mb", 64 << 20),
            ("64M", 64 << 20),
            ("64MiB", 64 << 20),
            ("100kB", 100 << 10),
            ("1g", 1 << 30),
            ("4096", 4096),
            (" 0 ", 0),
            ("7 B", 7),
        ] {
            let size = ByteSize::parse(text);
            assert_eq!(size, Some(ByteSize(bytes)), "{text}");
            let printed = size.map(|size| size.to_string()).unwrap_or_default();
            assert_eq!(ByteSize::parse(&printed), size, "{printed}");
        }
        for text in [
            "",
            "MB",
            "-1MB",
            "1.5MB",
            "64 parsecs",
            "1MBB",
            "99999999999999999999",
            "9999999999TB",
        ] {
            assert_eq!(ByteSize::parse(text), None, "{text}");
        }
        assert_eq!(ByteSize(1536).to_string(), "1536B");
        assert_eq!(ByteSize(3 << 30).to_string(), "3GB");
    }
}
