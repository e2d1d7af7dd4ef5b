//! Floor 5: an outcome or an error becomes text.
//!
//! In flows a [`Rows`], a receipt or an error, out flow bytes to any writer; nothing here knows a
//! file, a terminal or a command line, all of that is said by a [`Format`]. Rows are drawn batch by
//! batch through `cell`'s typed columns, so that memory is constant in every mode; frames alone
//! hold a bounded page of rows to find their widths. Errors of every floor are drawn once, in
//! [`report`].
//!
//! Decisions: a value reads the same in every mode for people (a boolean is 1 or 0, a blob its SQL
//! literal, so that nothing is lost); NULL is empty in list and CSV where an empty text is `""`; in
//! JSON a boolean is a boolean, a decimal a number with all its digits, a JSON document itself, a
//! blob base64; lines end with `\n` everywhere.

mod boxes;
mod cell;
mod delimited;
mod escape;
mod format;
mod html;
mod json;
mod line;
mod literal;
mod mode;
mod report;
mod trace;
mod wrap;

pub use escape::{escape, width};
pub use format::{Format, Vertical};
pub use literal::text_literal;
pub use mode::{MODES, Mode, ModeEntry};
pub use report::{Diagnostic, ErrorFormat, ReportOptions, TextOrigin, notice, report};
pub use trace::draw_trace;
pub use wrap::{wrap, wrap_lines};

use crate::session::{Error, Replay, ReplayFrame, Rows};
use cell::Cells;
use colored::Colorize;
use std::io::{self, Write};
use std::time::Duration;

/// What was drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RenderSummary {
    /// How many rows.
    pub rows: usize,
}

/// Why rows were not drawn to their end.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// The query stopped; what was drawn before stands.
    #[error(transparent)]
    Query(#[from] Error),
    /// The output refused.
    #[error(transparent)]
    Output(#[from] io::Error),
}

/// Draws rows to their end.
///
/// `elapsed` is asked for the footer, after the last row; `None` where no time is to be shown.
///
/// # Errors
/// [`RenderError::Query`] where the query stops on its way, [`RenderError::Output`] where `out` refuses.
pub fn draw(
    rows: Rows,
    format: &Format,
    elapsed: &dyn Fn() -> Option<Duration>,
    out: &mut dyn Write,
) -> Result<RenderSummary, RenderError> {
    let mut rows = rows.with_first_batch()?;
    let failure = rows.take_failure();
    let count = match format.mode {
        Mode::Box | Mode::Table | Mode::Markdown => boxes::draw(rows, format, elapsed, out)?,
        Mode::List => delimited::draw(rows, format, &delimited::LIST, out)?,
        Mode::Csv => delimited::draw(rows, format, &delimited::CSV, out)?,
        Mode::Tsv => delimited::draw(rows, format, &delimited::TSV, out)?,
        Mode::Json => json::draw(rows, format, &json::ARRAY, out)?,
        Mode::Ndjson => json::draw(rows, format, &json::LINES, out)?,
        Mode::Line => line::draw(rows, format, out)?,
        Mode::Html => html::draw(rows, format, out)?,
        Mode::Insert => literal::draw_inserts(rows, format, out)?,
        Mode::Quote => literal::draw_literals(rows, format, out)?,
    };
    match failure {
        Some(error) => Err(error.into()),
        None => Ok(RenderSummary { rows: count }),
    }
}

/// Draws the frames of a replay to their end: a heading and the row before and after, as the mode
/// draws rows. The modes that programs read get plain rows, with the images as JSON.
///
/// # Errors
/// As [`draw`].
pub fn draw_replay(
    replay: Replay,
    format: &Format,
    elapsed: &dyn Fn() -> Option<Duration>,
    out: &mut dyn Write,
) -> Result<RenderSummary, RenderError> {
    if !format.mode.is_for_people() {
        return draw(replay.into_rows(), format, elapsed, out);
    }
    let inner = Format { footer: false, ..format.clone() };
    let mut count = 0;
    for frame in replay {
        let ReplayFrame { heading, rows } = frame?;
        if count > 0 {
            writeln!(out)?;
        }
        let heading = if format.terminal { escape(&heading) } else { heading.as_str().into() };
        let heading = if format.colour { heading.bold().to_string() } else { heading.into_owned() };
        writeln!(out, "{heading}")?;
        if let Some(rows) = rows {
            draw(rows, &inner, elapsed, out)?;
        }
        count += 1;
    }
    Ok(RenderSummary { rows: count })
}

/// Shows a duration in three digits: `1.1 ms`, `12.3 s`.
pub fn duration(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    if seconds < 0.001 {
        format!("{:.0} µs", seconds * 1e6)
    } else if seconds < 1.0 {
        format!("{:.1} ms", seconds * 1e3)
    } else {
        format!("{seconds:.2} s")
    }
}

/// Bytes on their way out: gathered in one buffer that is reused, handed on when it is full.
struct OutputBuffer<'a> {
    bytes: Vec<u8>,
    out: &'a mut dyn Write,
}

impl<'a> OutputBuffer<'a> {
    /// Bytes gathered before they are handed on.
    const FULL: usize = 64 * 1024;

    fn new(out: &'a mut dyn Write) -> OutputBuffer<'a> {
        OutputBuffer { bytes: Vec::with_capacity(Self::FULL + 4096), out }
    }

    /// Hands the bytes on if there are enough of them; called between rows.
    fn breathe(&mut self) -> io::Result<()> {
        if self.bytes.len() >= Self::FULL { self.flush() } else { Ok(()) }
    }

    /// Hands all bytes on.
    fn flush(&mut self) -> io::Result<()> {
        self.out.write_all(&self.bytes)?;
        self.bytes.clear();
        Ok(())
    }
}

/// Calls `row` for each row with its number from 0 and its batch's typed columns; gives the count.
fn each_row(
    mut rows: Rows,
    buffer: &mut OutputBuffer<'_>,
    mut row: impl FnMut(&mut Vec<u8>, usize, &[Cells<'_>], usize),
) -> Result<usize, RenderError> {
    let columns = rows.columns.clone();
    let mut count = 0;
    if let Some(values) = rows.take_direct_row() {
        let cells: Vec<Cells<'_>> = values.iter().map(Cells::One).collect();
        row(&mut buffer.bytes, count, &cells, 0);
        count += 1;
        buffer.breathe()?;
    }
    for batch in rows {
        let batch = match batch {
            Ok(batch) => batch,
            Err(error) => {
                buffer.flush()?;
                return Err(error.into());
            }
        };
        let cells = Cells::of_batch(&columns, &batch);
        for index in 0..batch.rows {
            row(&mut buffer.bytes, count, &cells, index);
            count += 1;
            buffer.breathe()?;
        }
    }
    Ok(count)
}

#[cfg(test)]
mod tests;
