//! What is wrong with a file of a database, and what makes it right.

use crate::storage::error::Error;

/// What is wrong with a file.
#[derive(Debug)]
pub struct FileDamage {
    /// What is wrong, and where.
    pub error: Error,
    /// What makes it right.
    pub repair: Repair,
}

/// What makes a damaged file right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repair {
    /// None: what is good can be copied, the rest is lost.
    Salvage,
    /// Opening the database for writing: it notices, and makes the file anew by the time it closes.
    Reopen,
    /// Opening the database without the file, which is made anew or not needed: nothing in it is
    /// wrong by itself, so opening would believe it.
    Remove,
}
