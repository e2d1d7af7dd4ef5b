//! A program that is asked, answers, and is asked again.

use crate::process::peak_memory;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Instant;

/// A process that waits for statements.
pub struct Conversation {
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

/// What the program says at the end of an answer, and what asks for it.
const END: &str = "the-end";
const ASK_FOR_END: &str = "SELECT 'the-end';\n";

impl Conversation {
    /// Starts a program and says to it what comes first.
    ///
    /// # Panics
    /// If it cannot be started.
    pub fn start(mut command: Command, settings: &str) -> Conversation {
        let process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut process = process.expect("the program starts");
        let input = process.stdin.take().expect("standard input is a pipe");
        let output = BufReader::new(process.stdout.take().expect("standard output is a pipe"));
        let mut conversation = Conversation { process, input, output };
        conversation.ask(settings);
        conversation
    }

    /// Hands a script to the program; gives the seconds until its last answer, and the answers.
    ///
    /// # Panics
    /// If the program ends before.
    pub fn ask(&mut self, script: &str) -> (f64, String) {
        let Conversation { input, output, .. } = self;
        let started = Instant::now();
        let mut answers = String::new();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                input.write_all(script.as_bytes()).expect("the program reads");
                input.write_all(ASK_FOR_END.as_bytes()).expect("the program reads");
            });
            while !answers.ends_with("the-end\n") {
                assert!(output.read_line(&mut answers).expect("text") > 0, "the program ended");
            }
        });
        answers.truncate(answers.len() - END.len() - 1);
        (started.elapsed().as_secs_f64(), answers)
    }

    /// Hands statements to the program, each when the answer of one line to the last is there; gives the
    /// seconds.
    ///
    /// # Panics
    /// If an answer is not the one that is expected.
    pub fn alternate(&mut self, statements: &[(String, String)]) -> f64 {
        let started = Instant::now();
        let mut answer = String::new();
        for (statement, expected) in statements {
            self.input.write_all(statement.as_bytes()).expect("the program reads");
            answer.clear();
            self.output.read_line(&mut answer).expect("text");
            assert_eq!(answer.trim_end(), expected);
        }
        started.elapsed().as_secs_f64()
    }

    /// Ends it; gives the most memory that it held, in KiB, where the system tells.
    ///
    /// # Panics
    /// If it fails.
    pub fn end(self) -> u64 {
        let Conversation { mut process, input, output } = self;
        let peak = peak_memory(process.id());
        drop((input, output));
        assert!(process.wait().expect("it ends").success(), "the program failed");
        peak
    }
}
