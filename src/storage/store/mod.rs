//! The log as a thing: opened, appended to, read, looked up in.
//!
//! Operations flow in and become durable, numbered events ([`EventStore`]); questions about the log as
//! a whole are answered from two places: what happened to rows is looked up entry by entry in the
//! `index`, what happened to the database as a whole is few and kept in the [`schema_timeline`].
//!
//! * `found_log`, [`lock`]: where the log is, and the right to write to it;
//! * `recovery`: what is new in it checked, what a crash left cut off;
//! * `links`: each line held against those before it;
//! * `damage`: what ends all writing, and is remembered; `file_damage`: what is wrong with one file;
//! * `position`: where in which history a file stands that was made from the log;
//! * `staging`: what is to be written; `append`: what is being written; `event_reader`: events read back.

pub(crate) mod append;
pub(crate) mod damage;
mod event_reader;
mod event_store;
mod file_damage;
pub(super) mod found_log;
pub(crate) mod index;
pub(crate) mod links;
pub(super) mod lock;
mod position;
pub(crate) mod recovery;
pub(crate) mod schema_timeline;
mod staging;

pub use event_reader::EventReader;
pub(crate) use event_store::RereadTransaction;
pub use event_store::{EventStore, LostRange, TransactionInfo};
pub use file_damage::{FileDamage, Repair};
pub use position::{Anchor, ProjectionPosition};
pub use recovery::LogGap;
pub use schema_timeline::{SnapshotMarker, TagMarker};
