//! What an expression has beside its type that counts where it is compared: SQLite's rules of who has
//! an affinity ("Datatypes In SQLite", §3.2).
//!
//! A column has one, of a table, a query or a view, here or of a query around; so have CAST and the
//! one value of a query. Every operator and function gives a value without any, and so does `+x`.

use crate::types::{ColumnAffinity, DataType};

/// What an expression has beside its type that counts where it is compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ComparisonTraits {
    /// Which side it pulls what it is compared with to.
    pub affinity: OperandAffinity,
}

/// Which side an operand of a comparison pulls the other to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OperandAffinity {
    /// To none.
    #[default]
    None,
    /// A text that is a number becomes one.
    Number,
    /// The same with all of its digits.
    Decimal,
    /// A word for truth becomes that.
    Truth,
    /// A number without affinity becomes a text.
    Text,
    /// A column that takes whatever comes: it pulls nothing and is not pulled to a text.
    Whatever,
}

impl ComparisonTraits {
    /// Those of a column of a type, and of a CAST to it.
    pub fn of_column(data_type: DataType) -> ComparisonTraits {
        ComparisonTraits { affinity: OperandAffinity::of(data_type) }
    }

    /// Those of a column that has the values of two queries' columns, and their common type.
    pub fn combined(self, other: ComparisonTraits, data_type: DataType) -> ComparisonTraits {
        let first = match self.affinity {
            OperandAffinity::None => other.affinity,
            OperandAffinity::Number
            | OperandAffinity::Decimal
            | OperandAffinity::Truth
            | OperandAffinity::Text
            | OperandAffinity::Whatever => self.affinity,
        };
        // Among values of all kinds there is no side to pull to.
        let is_one = first == OperandAffinity::None || first == OperandAffinity::of(data_type);
        ComparisonTraits { affinity: if is_one { first } else { OperandAffinity::Whatever } }
    }
}

impl OperandAffinity {
    /// That of a column of a type.
    pub fn of(data_type: DataType) -> OperandAffinity {
        match data_type {
            DataType::Text | DataType::Json | DataType::Flexible(ColumnAffinity::Text) => {
                OperandAffinity::Text
            }
            DataType::Decimal { .. } | DataType::Flexible(ColumnAffinity::Decimal { .. }) => {
                OperandAffinity::Decimal
            }
            DataType::Blob | DataType::Any | DataType::Flexible(ColumnAffinity::Blob) => {
                OperandAffinity::Whatever
            }
            DataType::Boolean => OperandAffinity::Truth,
            DataType::Integer
            | DataType::Real
            | DataType::Numeric
            | DataType::Flexible(
                ColumnAffinity::Integer | ColumnAffinity::Real | ColumnAffinity::Numeric,
            ) => OperandAffinity::Number,
            // Beside moments everything becomes one: that is a rule of its own.
            DataType::Date | DataType::Timestamp => OperandAffinity::None,
        }
    }
}
