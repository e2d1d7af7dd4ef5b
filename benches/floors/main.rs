//! What the works of each floor cost in instructions, one by one: where a path of `instructions` spends
//! them.
//!
//! `cargo bench --bench floors` needs `valgrind` on the path. Each work is a loop in this benchmark's own
//! binary, which `callgrind` counts twice, a shorter and a longer loop; the difference is divided by the
//! steps between. Databases are in memory. `FLOORS_ONLY`: only works whose name has it in it.

#![expect(clippy::print_stdout, reason = "a report for people")]

#[path = "../instructions/count.rs"]
mod count;
#[path = "../peers/process.rs"]
#[expect(dead_code, reason = "only the other benchmarks look at time, memory and answers")]
mod process;
#[path = "../peers/questions.rs"]
#[expect(dead_code, reason = "the other benchmarks ask for more")]
mod questions;
#[path = "../peers/workload.rs"]
#[expect(dead_code, reason = "the other benchmarks have more workloads")]
mod workload;
mod works;

use count::{count, valgrind_version};
use std::process::{Command, ExitCode};
use works::{WORKS, Work};

/// As in the binary.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The word by which the binary is asked to do a work, with its number and how often.
const WORD: &str = "do-work";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [word, work, times] = arguments.as_slice()
        && word == WORD
    {
        let [work, times] = [work, times].map(|text| text.parse::<usize>().expect("a number"));
        let mut step = (WORKS[work].begin)();
        (0..times).for_each(|_| step());
        return ExitCode::SUCCESS;
    }
    let Some(valgrind) = valgrind_version() else {
        println!(
            "skipped: no valgrind on the path (apt-get install valgrind, dnf install valgrind)"
        );
        return ExitCode::SUCCESS;
    };
    println!("asof {}, instructions, counted by {valgrind}\n", env!("CARGO_PKG_VERSION"));
    println!("{:<10} {:<60} {:>12}", "floor", "work", "instructions");
    let only = std::env::var("FLOORS_ONLY").unwrap_or_default();
    for (number, work) in WORKS.iter().enumerate().filter(|(_, work)| work.name.contains(&only)) {
        println!("{:<10} {:<60} {:>12.1}", work.floor, work.name, per_step(number, work));
    }
    ExitCode::SUCCESS
}

/// Counts two lengths of a work's loop; gives what is between them for each step.
fn per_step(number: usize, work: &Work) -> f64 {
    let directory = tempfile::tempdir().expect("a directory for the counts");
    let binary = std::env::current_exe().expect("the benchmark's own binary");
    let [fewer, more] = [1, 4].map(|length| {
        let times = (work.times * length).to_string();
        let mut command = Command::new(&binary);
        command.args([WORD, &number.to_string(), &times]);
        count(&command, "", 1, directory.path()).statements
    });
    (more as f64 - fewer as f64) / (work.times * 3 * work.steps) as f64
}
