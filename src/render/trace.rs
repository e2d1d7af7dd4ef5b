//! One event of a write, on a line: `#43 3f2a91c0 UPDATE accounts row 1: balance 100.00 → 70.00`.

use super::cell::Cell;
use super::{Format, Mode, escape, literal};
use crate::session::{Trace, ValueChange};
use crate::types::Value;
use colored::Colorize;
use std::io::{self, Write};

/// Digits of a hash that are shown.
const DIGITS: usize = 8;

/// Draws an event of a write.
///
/// # Errors
/// Where `out` refuses.
pub fn draw_trace(trace: &Trace, colour: bool, out: &mut dyn Write) -> io::Result<()> {
    let paint = |text: String, how: fn(&str) -> colored::ColoredString| match colour {
        true => how(&text).to_string(),
        false => text,
    };
    let mut line = format!("  {}", paint(format!("#{}", trace.event), |t| t.bold()));
    if let Some(hash) = &trace.hash {
        let digits: String = hash.chars().take(DIGITS).collect();
        line.push_str(&format!(" {}", paint(digits, |t| t.dimmed())));
    }
    line.push_str(&format!(" {}", escape(&trace.what)));
    if let Some(row) = trace.row {
        line.push_str(&format!(" row {}", row.0));
    }
    let changes: Vec<String> = trace
        .changes
        .iter()
        .map(|ValueChange { column, old, new }| {
            let (old, new) = (old.as_ref().map(shown), new.as_ref().map(shown));
            let column = escape(column);
            match (old, new) {
                (Some(old), Some(new)) => {
                    format!("{column} {} {new}", paint(format!("{old} →"), |t| t.dimmed()))
                }
                (Some(old), None) => format!("{column} {}", paint(old, |t| t.dimmed())),
                (None, new) => format!("{column} {}", new.unwrap_or_default()),
            }
        })
        .collect();
    if !changes.is_empty() {
        line.push_str(&format!(": {}", changes.join(", ")));
    }
    writeln!(out, "{line}")
}

/// A value as a literal that cannot command a terminal.
fn shown(value: &Value) -> String {
    let mut bytes = Vec::new();
    literal::write_literal(Cell::from(value), &Format::new(Mode::Quote), &mut bytes);
    escape(&String::from_utf8_lossy(&bytes)).into_owned()
}
