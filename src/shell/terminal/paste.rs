//! Pasted texts: their line ends, and long ones set aside.
//!
//! A paste of thousands of lines would scroll through the screen at every key. It stands in the buffer
//! as one word instead, `⟦paste 1: 5000 lines⟧`, and is put back where the buffer is read.

/// A paste of more lines is set aside.
const MAX_LINES: usize = 100;

/// So is one that makes the buffer longer than this.
const MAX_BYTES: usize = 32 * 1024;

/// Texts that were set aside, since the last statement ran.
#[derive(Default)]
pub(super) struct PastedTexts(Vec<String>);

impl PastedTexts {
    /// What a pasted text is in a buffer of `length` bytes.
    pub(super) fn take(&mut self, text: &str, length: usize) -> String {
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        let text = text.strip_suffix('\n').unwrap_or(&text);
        self.set_aside(text, length)
    }

    /// The text, or its name if it is long.
    pub(super) fn set_aside(&mut self, text: &str, length: usize) -> String {
        let lines = text.split('\n').count();
        if lines <= MAX_LINES && length + text.len() <= MAX_BYTES {
            return text.to_string();
        }
        self.0.push(text.to_string());
        self.name(self.0.len() - 1)
    }

    /// A text with what was set aside back in its place.
    pub(super) fn expand(&self, text: String) -> String {
        let indices = 0..self.0.len();
        indices.rev().fold(text, |text, index| {
            let name = self.name(index);
            if text.contains(&name) { text.replacen(&name, &self.0[index], 1) } else { text }
        })
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    fn name(&self, index: usize) -> String {
        let lines = self.0[index].split('\n').count();
        let lines = if lines == 1 { "1 line".to_string() } else { format!("{lines} lines") };
        format!("⟦paste {}: {lines}⟧", index + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_pastes_are_themselves() {
        let mut pastes = PastedTexts::default();
        assert_eq!(pastes.take("SELECT\r\n1;\r", 0), "SELECT\n1;");
        assert_eq!(pastes.expand("x".into()), "x");
    }

    #[test]
    fn long_pastes_stand_by_name() {
        let mut pastes = PastedTexts::default();
        let many = "SELECT 1;\n".repeat(5000);
        assert_eq!(pastes.take(&many, 0), "⟦paste 1: 5000 lines⟧");
        assert_eq!(pastes.take("x", MAX_BYTES), "⟦paste 2: 1 line⟧");
        let text = pastes.expand("⟦paste 1: 5000 lines⟧\n⟦paste 2: 1 line⟧;".into());
        assert_eq!(text, format!("{many}x;"));
        pastes.clear();
        assert_eq!(pastes.expand("⟦paste 2: 1 line⟧".into()), "⟦paste 2: 1 line⟧");
    }
}
