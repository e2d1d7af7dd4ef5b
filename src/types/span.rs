//! A place in a text.

/// The bytes `start .. end` of a statement's text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Span {
    /// Offset of the first byte.
    pub start: usize,
    /// Offset behind the last byte.
    pub end: usize,
}

impl Span {
    /// The bytes `start .. end`.
    pub fn new(start: usize, end: usize) -> Span {
        Span { start, end }
    }

    /// The smallest span that holds both.
    pub fn to(self, other: Span) -> Span {
        Span { start: self.start.min(other.start), end: self.end.max(other.end) }
    }
}

/// A span in half of the room, for what there is much of: one of a text of at most 4 GiB, or none.
#[derive(Clone, Copy, Debug, Default)]
pub struct CompactSpan {
    start: u32,
    end: u32,
}

impl CompactSpan {
    /// The span; `None` where there is none.
    pub fn get(self) -> Option<Span> {
        let wide = |offset: u32| usize::try_from(offset).unwrap_or(usize::MAX);
        (self.end > 0).then(|| Span::new(wide(self.start), wide(self.end)))
    }
}

/// Where something stands says nothing about what it is: two things are equal wherever they stand.
impl PartialEq for CompactSpan {
    fn eq(&self, _: &CompactSpan) -> bool {
        true
    }
}

/// One that does not fit is none.
impl From<Span> for CompactSpan {
    fn from(span: Span) -> CompactSpan {
        match (u32::try_from(span.start), u32::try_from(span.end)) {
            (Ok(start), Ok(end)) => CompactSpan { start, end },
            (Ok(_) | Err(_), Ok(_) | Err(_)) => CompactSpan::default(),
        }
    }
}
