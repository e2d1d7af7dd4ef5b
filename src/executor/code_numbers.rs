//! Numbers of texts that are found by their codes: a look into a list for each row, and one at the text for each
//! code that is new.

use crate::types::text_codes::{TextCodes, TextDictionary};
use std::sync::Arc;

/// The number of a code of which nothing is known.
const UNKNOWN: usize = usize::MAX - 1;

/// Which number the text of each code has, as far as it is known.
#[derive(Debug, Default)]
pub struct CodeNumbers {
    /// What the codes are of; those of another dictionary begin anew.
    dictionary: Option<Arc<TextDictionary>>,
    /// The number of each code, or [`UNKNOWN`].
    numbers: Vec<usize>,
}

impl CodeNumbers {
    /// The number of each row's text. `look_up` finds that of a row whose code comes for the first time, row
    /// by row; it is never asked about a text of this dictionary again.
    pub fn number(
        &mut self,
        codes: &TextCodes,
        mut look_up: impl FnMut(usize) -> usize,
    ) -> Vec<usize> {
        self.expect(codes);
        let codes = codes.values();
        let number = |code: &u16| self.numbers[usize::from(*code)];
        let mut numbers: Vec<usize> = codes.iter().map(number).collect();
        if !numbers.contains(&UNKNOWN) {
            return numbers;
        }
        for (row, (number, code)) in numbers.iter_mut().zip(codes).enumerate() {
            let known = &mut self.numbers[usize::from(*code)];
            if *known == UNKNOWN {
                *known = look_up(row);
            }
            *number = *known;
        }
        numbers
    }

    /// Tells of each row whose code comes for the first time.
    pub fn first_rows(&mut self, codes: &TextCodes, mut first: impl FnMut(usize)) {
        self.expect(codes);
        for (row, code) in codes.values().iter().enumerate() {
            let known = &mut self.numbers[usize::from(*code)];
            if *known == UNKNOWN {
                *known = 0;
                first(row);
            }
        }
    }

    /// Has room for these codes.
    fn expect(&mut self, codes: &TextCodes) {
        if !self.dictionary.as_ref().is_some_and(|dictionary| codes.are_of(dictionary)) {
            self.dictionary = Some(Arc::clone(codes.dictionary()));
            self.numbers.clear();
        }
        if codes.end() > self.numbers.len() {
            self.numbers.resize(codes.end(), UNKNOWN);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::StringArray;

    #[test]
    fn each_text_of_a_dictionary_is_looked_up_once() {
        let (mut known, mut seen) = (CodeNumbers::default(), CodeNumbers::default());
        let dictionaries = [Arc::new(TextDictionary::default()), Arc::default()];
        let batches = [
            (0, vec![Some("a"), None, Some("b"), Some("a")], vec![0, 1, 2]),
            (0, vec![Some("b"), Some("c"), None], vec![1]),
            (0, vec![], vec![]),
            (1, vec![Some("c"), Some("c"), Some("b")], vec![0, 2]),
        ];
        for (dictionary, texts, expected) in batches {
            let array = StringArray::from(texts.clone());
            let codes = dictionaries[dictionary].encode(&array).expect("few");
            let mut looked_up = Vec::new();
            let number =
                |text: Option<&str>| text.map_or(9, |text| usize::from(text.as_bytes()[0]));
            let numbers = known.number(&codes, |row| {
                looked_up.push(row);
                number(texts[row])
            });
            assert_eq!(looked_up, expected);
            let mut first = Vec::new();
            seen.first_rows(&codes, |row| first.push(row));
            assert_eq!(first, expected);
            assert_eq!(numbers, texts.into_iter().map(number).collect::<Vec<usize>>());
        }
    }
}
