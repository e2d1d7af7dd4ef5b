//! An event-sourced database: every change is an event, every query can be asked as of any event.

pub mod executor;
pub mod language;
pub mod planner;
pub mod render;
pub mod session;
pub mod shell;
pub mod storage;
pub mod types;
