//! What an expression has beside its type that counts where it is compared: SQLite's rules of who has
//! an affinity and a collation ("Datatypes In SQLite", §3.2 and §7.1).
//!
//! A column has an affinity, of a table, a query or a view, here or of a query around; so have CAST and
//! the one value of a query. Every operator and function gives a value without any, and so does `+x`.
//!
//! A column has a collation, too, which `+` and CAST before it leave alone. One that COLLATE says comes
//! before that of any column, and through whatever stands around it.
//!
//! `NEW.a` and `OLD.a` in a trigger, and `excluded.a` in DO UPDATE, are values that the statement is
//! given, and have no affinity; those of a trigger have the collation of their column.

use crate::types::{Collation, ColumnAffinity, DataType};

/// What an expression has beside its type that counts where it is compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ComparisonTraits {
    /// Which side it pulls what it is compared with to.
    pub affinity: OperandAffinity,
    /// By what its texts are to compare, and who says so.
    pub collation: CollationDerivation,
}

/// By what the texts of an expression are to compare, and who says so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CollationDerivation {
    /// Nobody: that is left to what they are compared with.
    #[default]
    None,
    /// The column that they are of.
    Implicit(Collation),
    /// COLLATE.
    Explicit(Collation),
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
    /// What the last of several queries says of a value that may be another's, and be something else.
    Said(SaidAffinity),
}

/// An affinity that is said of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SaidAffinity {
    /// [`OperandAffinity::Number`]
    Number,
    /// [`OperandAffinity::Decimal`]
    Decimal,
    /// [`OperandAffinity::Truth`]
    Truth,
    /// [`OperandAffinity::Text`]
    Text,
}

impl ComparisonTraits {
    /// Those of a column of a type, and of a CAST to it.
    pub fn of_column(data_type: DataType) -> ComparisonTraits {
        let collation = CollationDerivation::None;
        ComparisonTraits { affinity: OperandAffinity::of(data_type), collation }
    }

    /// Those of a value that every use of it knows as a column: with a collation.
    pub fn as_column(self) -> ComparisonTraits {
        let collation = CollationDerivation::Implicit(self.collation.collation());
        ComparisonTraits { collation, ..self }
    }

    /// Those of a column's value that a trigger is given.
    pub fn as_argument(self) -> ComparisonTraits {
        ComparisonTraits { affinity: self.affinity.of_argument(), ..self }
    }

    /// Those of the one value of a query, which compares as what stands beside it.
    pub fn of_one_value(self) -> ComparisonTraits {
        ComparisonTraits { collation: CollationDerivation::None, ..self }
    }

    /// Those of a column that has the values of two queries' columns, and their common type.
    pub fn combined(self, other: ComparisonTraits, data_type: DataType) -> ComparisonTraits {
        let own = self.affinity.pull();
        let first = if own == OperandAffinity::None { other.affinity.pull() } else { own };
        // Among values of all kinds there is no side to pull to.
        let is_one = first == OperandAffinity::None || first == OperandAffinity::of(data_type);
        let collation = match self.collation {
            CollationDerivation::None => other.collation,
            CollationDerivation::Implicit(_) | CollationDerivation::Explicit(_) => self.collation,
        };
        let affinity = if is_one { first } else { OperandAffinity::Whatever };
        ComparisonTraits { affinity, collation }
    }
}

impl CollationDerivation {
    /// The collation by which the expression compares where nothing else is said.
    pub fn collation(self) -> Collation {
        match self {
            CollationDerivation::None => Collation::Binary,
            CollationDerivation::Implicit(collation) | CollationDerivation::Explicit(collation) => {
                collation
            }
        }
    }

    /// The collation by which this operand is compared with one on its right.
    pub fn beside(self, right: CollationDerivation) -> Collation {
        match (self, right) {
            (CollationDerivation::Explicit(collation), _)
            | (_, CollationDerivation::Explicit(collation))
            | (CollationDerivation::Implicit(collation), _) => collation,
            (CollationDerivation::None, right) => right.collation(),
        }
    }
}

impl OperandAffinity {
    /// That of a column's value that a statement is given. What SQLite has no type for, an exact number
    /// or a truth value, compares by its own rule everywhere.
    fn of_argument(self) -> OperandAffinity {
        match self {
            OperandAffinity::Decimal | OperandAffinity::Truth => self,
            OperandAffinity::None
            | OperandAffinity::Number
            | OperandAffinity::Text
            | OperandAffinity::Whatever
            | OperandAffinity::Said(_) => OperandAffinity::None,
        }
    }

    /// What it pulls another side to, whether its own values are that or not.
    pub fn pull(self) -> OperandAffinity {
        match self {
            OperandAffinity::Said(SaidAffinity::Number) => OperandAffinity::Number,
            OperandAffinity::Said(SaidAffinity::Decimal) => OperandAffinity::Decimal,
            OperandAffinity::Said(SaidAffinity::Truth) => OperandAffinity::Truth,
            OperandAffinity::Said(SaidAffinity::Text) => OperandAffinity::Text,
            OperandAffinity::None
            | OperandAffinity::Number
            | OperandAffinity::Decimal
            | OperandAffinity::Truth
            | OperandAffinity::Text
            | OperandAffinity::Whatever => self,
        }
    }

    /// The same of a value that may not be that yet.
    pub fn said(self) -> OperandAffinity {
        match self {
            OperandAffinity::Number => OperandAffinity::Said(SaidAffinity::Number),
            OperandAffinity::Decimal => OperandAffinity::Said(SaidAffinity::Decimal),
            OperandAffinity::Truth => OperandAffinity::Said(SaidAffinity::Truth),
            OperandAffinity::Text => OperandAffinity::Said(SaidAffinity::Text),
            OperandAffinity::None | OperandAffinity::Whatever | OperandAffinity::Said(_) => self,
        }
    }

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
