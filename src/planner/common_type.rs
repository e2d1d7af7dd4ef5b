//! The type that values of several expressions have in one column.

use super::exact_numbers::common_decimal;
use crate::types::DataType;

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
