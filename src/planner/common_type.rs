//! The type that values of several expressions have in one column.

use super::exact_numbers::common_decimal;
use crate::types::{ColumnAffinity, DataType};

/// The common type of several: the one they all have, a DECIMAL that holds the values of INTEGERs and
/// other DECIMALs, else ANY. NULL literals have no say.
pub(super) fn common_type(types: impl IntoIterator<Item = Option<DataType>>) -> DataType {
    let mut common = None;
    for data_type in types.into_iter().flatten().map(DataType::without_affinity) {
        match common {
            None => common = Some(data_type),
            Some(other) if other == data_type => {}
            Some(other) => match common_decimal(other, data_type) {
                Some(decimal) => common = Some(decimal),
                None => return DataType::Any,
            },
        }
    }
    common.unwrap_or(DataType::Any)
}

/// The type of a column that two queries of a compound have in common. The affinity of a FLEXIBLE table's
/// column is kept, the first one, where the other side's values are of its kind, as in SQLite.
pub(super) fn compound_type(left: DataType, right: DataType) -> DataType {
    let ((kept @ DataType::Flexible(affinity), other)
    | (other, kept @ DataType::Flexible(affinity))) = (left, right)
    else {
        return common_type([Some(left), Some(right)]);
    };
    let is_like = match (affinity, other) {
        (ColumnAffinity::Decimal { .. }, other) => other == kept,
        (ColumnAffinity::Blob, _) => false,
        (ColumnAffinity::Text, other) => {
            matches!(other, DataType::Text | DataType::Flexible(ColumnAffinity::Text))
        }
        (
            ColumnAffinity::Integer | ColumnAffinity::Real | ColumnAffinity::Numeric,
            DataType::Flexible(other),
        ) => other.is_numeric() && !matches!(other, ColumnAffinity::Decimal { .. }),
        (ColumnAffinity::Integer | ColumnAffinity::Real | ColumnAffinity::Numeric, other) => {
            matches!(other, DataType::Integer | DataType::Real | DataType::Numeric)
        }
    };
    if is_like { kept } else { common_type([Some(left), Some(right)]) }
}
