//! The program and its parts from outside, in one binary because linking is what costs.

mod answer;
mod examples;
mod grammar;
mod history;
mod house;
mod oracle;
mod points;
mod readme;
mod shapes;
mod shell;
mod slt;
mod temporal;
