//! Texts as numbers: rows of a column that have the same code have the same text.
//!
//! A column of few different texts is grouped and joined by what stands beside it: a code of two bytes for
//! each row. What a code stands for, a group say, is found once by its text, and for all other rows by a look
//! into a list. Codes are made of a sealed chunk when somebody first asks for them, and stay with it. Those of
//! all chunks of a column are of one dictionary, so that what was found for one chunk serves the next.
//!
//! Codes say nothing about an order, and no answer depends on them: whoever has none compares texts.

use super::key_table::KeyTable;
use arrow_array::cast::AsArray;
use arrow_array::types::UInt16Type;
use arrow_array::{Array, ArrayRef, StringArray, UInt16Array};
use arrow_schema::ArrowError;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

/// The most texts of a dictionary, so that those of one more chunk surely have codes.
const MOST_TEXTS: usize = 1 << 15;

/// A text has to stand in so many rows on average, but for those of the first few chunks.
const ROWS_PER_TEXT: usize = 4;
const FREE_ROWS: usize = 1 << 15;

/// The texts of a column that have codes.
#[derive(Debug, Default)]
pub struct TextDictionary(Mutex<Interner>);

/// How far a dictionary has come.
#[derive(Debug)]
enum Interner {
    /// The texts so far, numbered as they came, and how many rows have them.
    Open(KeyTable, usize),
    /// There are too many different ones: no more codes are made.
    GivenUp,
}

impl Default for Interner {
    fn default() -> Interner {
        Interner::Open(KeyTable::default(), 0)
    }
}

/// The codes of the texts in one array.
#[derive(Clone, Debug)]
pub struct TextCodes {
    dictionary: Arc<TextDictionary>,
    /// A number of 16 bits for each row, never NULL.
    codes: ArrayRef,
    /// What all of them are below.
    end: usize,
}

impl TextDictionary {
    /// The codes of these texts, which are added; `None` where too many of them are different.
    pub fn encode(self: &Arc<TextDictionary>, texts: &StringArray) -> Option<TextCodes> {
        // Whoever panicked left a text behind that is whole.
        let mut interner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Interner::Open(known, rows) = &mut *interner else { return None };
        let codes = encoded(known, texts);
        *rows += texts.len();
        let end = known.len() + 1;
        let is_worth_it =
            known.len() <= MOST_TEXTS && known.len() * ROWS_PER_TEXT <= *rows + FREE_ROWS;
        let codes = codes.filter(|_| is_worth_it);
        if codes.is_none() {
            *interner = Interner::GivenUp;
        }
        let codes: ArrayRef = Arc::new(UInt16Array::from(codes?));
        Some(TextCodes { dictionary: Arc::clone(self), codes, end })
    }
}

/// A code for each row, 0 for NULL; `None` where there are not enough of them.
fn encoded(known: &mut KeyTable, texts: &StringArray) -> Option<Vec<u16>> {
    let mut codes = Vec::with_capacity(texts.len());
    let mut before = None;
    for text in texts {
        let code = match (text, before) {
            (None, _) => 0,
            (Some(text), Some((same, code))) if text == same => code,
            (Some(text), _) => u16::try_from(known.insert(text.as_bytes()).0 + 1).ok()?,
        };
        before = text.map(|text| (text, code));
        codes.push(code);
    }
    Some(codes)
}

impl TextCodes {
    /// The code of each row.
    pub fn values(&self) -> &[u16] {
        self.codes.as_primitive::<UInt16Type>().values()
    }

    /// The codes of rows of several columns, which are of one dictionary: `picks` names the column and the row
    /// of each.
    ///
    /// # Errors
    /// None but faults of ours.
    pub fn interleaved(
        all: &[&TextCodes],
        picks: &[(usize, usize)],
    ) -> Result<TextCodes, ArrowError> {
        let (mut end, mut values) = (0, Vec::with_capacity(all.len()));
        for codes in all {
            end = end.max(codes.end);
            values.push(codes.values());
        }
        let codes: Vec<u16> = picks.iter().map(|(column, row)| values[*column][*row]).collect();
        let first =
            all.first().ok_or_else(|| ArrowError::InvalidArgumentError("no codes".into()))?;
        let (dictionary, codes) =
            (Arc::clone(&first.dictionary), Arc::new(UInt16Array::from(codes)));
        Ok(TextCodes { dictionary, codes, end })
    }

    /// A number that all codes are below.
    pub fn end(&self) -> usize {
        self.end
    }

    /// Whether these are codes of a dictionary.
    pub fn are_of(&self, dictionary: &Arc<TextDictionary>) -> bool {
        Arc::ptr_eq(&self.dictionary, dictionary)
    }

    /// The dictionary.
    pub fn dictionary(&self) -> &Arc<TextDictionary> {
        &self.dictionary
    }

    /// Those of rows that were made of these by a change: some are left out, say.
    ///
    /// # Errors
    /// Those of the change.
    pub fn changed<E>(
        &self,
        change: impl FnOnce(&ArrayRef) -> Result<ArrayRef, E>,
    ) -> Result<TextCodes, E> {
        let (dictionary, codes) = (Arc::clone(&self.dictionary), change(&self.codes)?);
        Ok(TextCodes { dictionary, codes, end: self.end })
    }

    /// Those of some rows of several arrays, one behind the other; `None` where there are none, or they are
    /// of different dictionaries.
    pub fn joined<'a>(
        parts: impl Iterator<Item = (&'a TextCodes, Range<usize>)>,
    ) -> Option<TextCodes> {
        let mut parts = parts.peekable();
        let (first, rows) = parts.next()?;
        if parts.peek().is_none() {
            let codes = first.codes.slice(rows.start, rows.len());
            return Some(TextCodes { codes, ..first.clone() });
        }
        let (mut codes, mut end) = (first.values()[rows].to_vec(), first.end);
        for (other, rows) in parts {
            if !other.are_of(&first.dictionary) {
                return None;
            }
            codes.extend_from_slice(&other.values()[rows]);
            end = end.max(other.end);
        }
        let dictionary = Arc::clone(&first.dictionary);
        Some(TextCodes { dictionary, codes: Arc::new(UInt16Array::from(codes)), end })
    }

    /// About how many bytes they take.
    pub fn byte_size(&self) -> usize {
        size_of::<u16>() * self.codes.len()
    }
}

/// Which columns have codes. A column is known by its array, and not by its place: whoever hands arrays on may
/// hand these on with them, in whatever order, and where an array is a new one there is no code of it.
#[derive(Clone, Debug, Default)]
pub struct CodedColumns(Vec<(ArrayRef, TextCodes)>);

impl CodedColumns {
    /// No column.
    pub const NONE: CodedColumns = CodedColumns(Vec::new());

    /// Notes the codes of one more array.
    pub fn add(&mut self, array: &ArrayRef, codes: TextCodes) {
        debug_assert_eq!(array.len(), codes.codes.len(), "each row has a code");
        self.0.push((Arc::clone(array), codes));
    }

    /// The codes of an array, if it has some.
    pub fn of(&self, array: &ArrayRef) -> Option<&TextCodes> {
        self.0.iter().find(|(known, _)| Arc::ptr_eq(known, array)).map(|(_, codes)| codes)
    }

    /// Notes the codes of an array, in the place of others that it may have.
    pub fn set(&mut self, array: &ArrayRef, codes: TextCodes) {
        self.0.retain(|(known, _)| !Arc::ptr_eq(known, array));
        self.add(array, codes);
    }

    /// Notes all of these, too.
    pub fn extend(&mut self, others: CodedColumns) {
        self.0.extend(others.0);
    }

    /// All codes.
    pub fn codes(&self) -> impl Iterator<Item = &TextCodes> {
        self.0.iter().map(|(_, codes)| codes)
    }

    /// Those of columns that were made of others, each of the one in its place, by a change that is done to
    /// their codes, too: rows are left out, say.
    ///
    /// # Errors
    /// Those of the change.
    pub fn changed<E>(
        &self,
        before: &[ArrayRef],
        after: &[ArrayRef],
        change: impl Fn(&ArrayRef) -> Result<ArrayRef, E>,
    ) -> Result<CodedColumns, E> {
        let mut changed = CodedColumns::default();
        if self.0.is_empty() {
            return Ok(changed);
        }
        for (before, after) in before.iter().zip(after) {
            if let Some(codes) = self.of(before) {
                changed.add(after, codes.changed(&change)?);
            }
        }
        Ok(changed)
    }

    /// Those of them that are of these columns.
    #[must_use]
    pub fn among(mut self, columns: &[ArrayRef]) -> CodedColumns {
        self.0.retain(|(array, _)| columns.iter().any(|column| Arc::ptr_eq(column, array)));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(rows: impl Iterator<Item = Option<String>>) -> StringArray {
        rows.collect()
    }

    #[test]
    fn codes_are_equal_where_texts_are() {
        let dictionary = Arc::new(TextDictionary::default());
        let text = |row: usize| (row % 7 != 3).then(|| format!("text {}", row * row % 11 % 5));
        let all: Vec<Option<String>> = (0..300).map(text).collect();
        let parts = [&all[..100], &all[100..100], &all[100..]];
        let codes = parts.map(|part| {
            let codes = dictionary.encode(&texts(part.iter().cloned())).expect("few");
            assert!(codes.are_of(&dictionary) && codes.byte_size() == 2 * part.len());
            codes
        });
        let ranges = [(&codes[0], 40..100), (&codes[2], 0..7)];
        let joined = TextCodes::joined(ranges.into_iter()).expect("of the same texts");
        assert_eq!(joined.values(), [&codes[0].values()[40..], &codes[2].values()[..7]].concat());
        let other = Arc::new(TextDictionary::default());
        let other = other.encode(&texts(all.iter().cloned())).expect("few");
        let ranges = [(&codes[0], 40..100), (&other, 0..7)];
        assert!(TextCodes::joined(ranges.into_iter()).is_none());
        let codes = codes.map(|codes| codes.values().to_vec());
        let codes = codes.concat();
        for (one, code) in all.iter().zip(&codes) {
            for (other, other_code) in all.iter().zip(&codes) {
                assert_eq!(one == other, code == other_code);
            }
        }
    }

    #[test]
    fn too_many_texts_have_no_codes() {
        let dictionary = Arc::new(TextDictionary::default());
        let chunk =
            |chunk: usize| texts((0..4_096).map(|row| Some((chunk * 4_096 + row).to_string())));
        let with_codes = (0..9).take_while(|at| dictionary.encode(&chunk(*at)).is_some()).count();
        assert_eq!(with_codes, 2);
        assert!(dictionary.encode(&texts([None].into_iter())).is_none(), "it was given up");
        // Ten thousand of them in any order are not too many.
        let owners = Arc::new(TextDictionary::default());
        let chunk = |chunk: usize| {
            texts((0..4_096).map(|row| Some(((chunk * 4_096 + row) * 7_919 % 10_000).to_string())))
        };
        assert!((0..40).all(|at| owners.encode(&chunk(at)).is_some()));
    }

    #[test]
    fn codes_follow_their_columns() {
        let dictionary = Arc::new(TextDictionary::default());
        let array = texts(["a", "b", "a"].into_iter().map(|text| Some(text.to_owned())));
        let codes = dictionary.encode(&array).expect("few");
        let columns: [ArrayRef; 2] = [Arc::new(UInt16Array::from(vec![7; 3])), Arc::new(array)];
        let mut coded = CodedColumns::default();
        coded.add(&columns[1], codes);
        assert!(coded.of(&columns[0]).is_none());
        let cut = |array: &ArrayRef| Ok::<_, ()>(array.slice(1, 2));
        let after: Vec<ArrayRef> = columns.iter().map(|array| array.slice(1, 2)).collect();
        let changed = coded.changed(&columns, &after, cut).expect("no error");
        assert!(changed.of(&columns[1]).is_none());
        assert_eq!(changed.of(&after[1]).map(TextCodes::values), Some(&[2, 1][..]));
        assert_eq!(changed.clone().among(&after[..1]).codes().count(), 0);
        assert_eq!(changed.among(&after).codes().count(), 1);
    }
}
