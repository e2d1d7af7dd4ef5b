//! The program and its parts from outside, in one binary because linking is what costs.

mod alter;
mod answer;
mod examples;
mod follow;
mod grammar;
mod hidden;
mod history;
mod house;
mod naive;
mod newcomers;
mod oracle;
mod output;
mod picture;
mod points;
mod projections;
mod random;
mod random_sql;
mod readme;
mod schema;
mod shapes;
mod shell;
mod slt;
mod temporal;
mod terminal;
mod timeline;
mod transfer;
