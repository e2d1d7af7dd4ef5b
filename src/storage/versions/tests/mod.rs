//! Versions against the most naive thing that could be right: maps of rows, and replay from event 1.

mod chunks;
mod counters;
mod epochs;
mod histories;
mod model;
mod runs;
mod savepoints;
