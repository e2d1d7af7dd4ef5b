//! Characters that a text may hold and a terminal must not be given.

/// Whether a terminal would obey this character, or hide what follows it, instead of showing it:
/// C0 and C1 controls, DEL, line and paragraph separators, the marks that reorder text, and what takes
/// no room or looks like a blank and is none. The two joiners and the variation selectors stay: words
/// of many scripts and pictures are written with them.
pub fn is_control(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{feff}')
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
        || matches!(c, '\u{ad}' | '\u{34f}' | '\u{180e}' | '\u{200b}' | '\u{fff9}'..='\u{fffb}')
        || matches!(
            c,
            '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' | '\u{1d173}'..='\u{1d17a}'
        )
        || matches!(c, '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_stays_and_what_hides_is_none_of_it() {
        assert!("née 漢 \u{200c}\u{200d} \u{fe0f} →·".chars().all(|c| !is_control(c)));
        let hidden =
            "\0\n\t\u{1b}\u{7f}\u{9b}\u{200b}\u{202e}\u{2066}\u{feff}\u{ad}\u{3164}\u{e0041}";
        assert!(hidden.chars().all(is_control));
    }
}
