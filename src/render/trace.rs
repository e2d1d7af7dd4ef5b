//! One event of a write, on a line: `#43 3f2a91c0 accounts 1: balance 100.00 → 70.00`.

use super::escape;
use crate::session::EventTrace;
use colored::Colorize;
use std::io::{self, Write};

/// Digits of a hash that are shown.
const DIGITS: usize = 8;

/// Draws an event of a write.
///
/// # Errors
/// The error of `out`, where it takes no more.
pub fn draw_trace(trace: &EventTrace, colour: bool, out: &mut dyn Write) -> io::Result<()> {
    let paint = |text: String, how: fn(&str) -> colored::ColoredString| match colour {
        true => how(&text).to_string(),
        false => text,
    };
    let mut line = format!("  {}", paint(format!("#{}", trace.event), |t| t.bold()));
    if let Some(hash) = &trace.hash {
        let digits: String = hash.chars().take(DIGITS).collect();
        line.push_str(&format!(" {}", paint(digits, |t| t.dimmed())));
    }
    writeln!(out, "{line} {}", escape(&trace.change))
}
