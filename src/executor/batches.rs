//! Batches of an input, cut smaller where what is computed of one has no room.

use super::Error;
use super::datum::Batch;
use super::operator::BoxedOperator;

/// An input whose batches are cut in halves where a column that is computed of one has no room for its
/// values, down to single rows, of which every value has room.
pub struct BatchCutter {
    input: BoxedOperator,
    /// Parts of a batch that was cut, the next one last.
    parts: Vec<Batch>,
}

impl BatchCutter {
    /// The batches of this input.
    pub fn new(input: BoxedOperator) -> BatchCutter {
        BatchCutter { input, parts: Vec::new() }
    }

    /// What `compute` makes of the next batch, or of a part of it; `None` at the end. What it has
    /// begun when it finds a batch too large must not count.
    ///
    /// # Errors
    /// Those of the input and of `compute`.
    pub fn next<T>(
        &mut self,
        compute: impl FnMut(&Batch) -> Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        let next = match self.parts.pop() {
            None => self.input.next()?,
            part => part,
        };
        let Some(batch) = next else { return Ok(None) };
        first_part(batch, &mut self.parts, compute).map(Some)
    }
}

/// What `compute` makes of a batch: of all of it, or of one part after the other where it is too large.
///
/// # Errors
/// Those of `compute`.
pub fn each_part<T>(
    batch: &Batch,
    mut compute: impl FnMut(&Batch) -> Result<T, Error>,
) -> Result<Vec<T>, Error> {
    let (mut parts, mut computed) = (vec![batch.clone()], Vec::with_capacity(1));
    while let Some(part) = parts.pop() {
        computed.push(first_part(part, &mut parts, &mut compute)?);
    }
    Ok(computed)
}

/// What `compute` makes of a batch, or of the first part of it that is not too large; the other parts
/// go to `parts`, the next one last.
///
/// # Errors
/// Those of `compute`.
pub fn first_part<T>(
    mut batch: Batch,
    parts: &mut Vec<Batch>,
    mut compute: impl FnMut(&Batch) -> Result<T, Error>,
) -> Result<T, Error> {
    loop {
        match compute(&batch) {
            Err(error) if error.is_batch_too_large() && batch.rows > 1 => {
                let half = batch.rows / 2;
                parts.push(batch.slice(half, batch.rows - half));
                batch = batch.slice(0, half);
            }
            done => return done,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::executor::Operator;
    use crate::types::column::{array_of, value_at};
    use crate::types::{DataType, Value};
    use arrow_schema::ArrowError;

    struct Given(Vec<Batch>);

    impl Operator for Given {
        fn next(&mut self) -> Result<Option<Batch>, Error> {
            Ok(self.0.pop())
        }
    }

    #[test]
    fn a_batch_is_halved_until_it_has_room() {
        let numbers: Vec<Value> = (0..11).map(Value::Integer).collect();
        let column = array_of(DataType::Integer, numbers.iter()).expect("small");
        let whole = Batch::new(vec![column], 11);
        let mut cutter = BatchCutter::new(Box::new(Given(vec![whole.clone(), whole])));
        let mut seen = Vec::new();
        let room_for_two = |batch: &Batch| match batch.rows {
            0..=2 => Ok((0..batch.rows)
                .map(|row| value_at(&batch.columns[0], DataType::Integer, row))
                .collect()),
            rows => Err(Error::from(ArrowError::OffsetOverflowError(rows))),
        };
        while let Some(part) = cutter.next(room_for_two).expect("rows have room") {
            let part: Vec<Value> = part;
            seen.extend(part);
        }
        assert_eq!(seen, [numbers.clone(), numbers].concat());
        let one = Batch::new(Vec::new(), 1);
        let mut cutter = BatchCutter::new(Box::new(Given(vec![one])));
        let none = |_: &Batch| Err::<(), _>(Error::from(ArrowError::OffsetOverflowError(1)));
        assert!(cutter.next(none).is_err_and(|error| error.is_batch_too_large()));
    }
}
