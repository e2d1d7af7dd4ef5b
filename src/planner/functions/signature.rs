//! How functions are called: names and numbers of arguments, read from the usage that HELP shows.

/// How a function is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signature {
    /// Its name in lower case.
    pub name: &'static str,
    /// The name and its arguments: those in brackets may be left out, `…` is any number more.
    pub usage: &'static str,
    /// What it gives, in a few words.
    pub about: &'static str,
    /// The fewest arguments; `*` is none.
    pub least: usize,
    /// The most arguments.
    pub most: usize,
}

/// The most arguments of a function that takes any number of them.
pub(in crate::planner) const MANY: usize = 1000;

impl Signature {
    /// Reads name and arity from a usage as `substr(text, start [, length])`; what stands behind the
    /// parenthesis is no argument.
    pub(in crate::planner) const fn new(usage: &'static str, about: &'static str) -> Signature {
        let bytes = usage.as_bytes();
        let mut open = 0;
        while bytes[open] != b'(' {
            open += 1;
        }
        let (mut least, mut most, mut optional, mut at) = (0, 0, false, open + 1);
        while at < bytes.len() && bytes[at] != b')' {
            let begins_word =
                bytes[at].is_ascii_alphabetic() && !bytes[at - 1].is_ascii_alphabetic();
            match bytes[at] {
                b'[' => optional = true,
                b']' => optional = false,
                _ if begins_word => {
                    most += if most == MANY { 0 } else { 1 };
                    least += if optional { 0 } else { 1 };
                }
                _ if !bytes[at].is_ascii() => most = MANY,
                _ => {}
            }
            at += 1;
        }
        // A star is no argument.
        if bytes[open + 1] == b'*' {
            (least, most) = (0, 1);
        }
        let (name, _) = usage.split_at(open);
        Signature { name, usage, about, least, most }
    }

    /// Whether the function takes so many arguments.
    pub fn takes(&self, given: usize) -> bool {
        (self.least..=self.most).contains(&given)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_usage_says_how_many_arguments_there_are() {
        for (usage, least, most) in [
            ("pi()", 0, 0),
            ("abs(x)", 1, 1),
            ("substr(text, start [, length])", 2, 3),
            ("log([base,] x)", 1, 2),
            ("char([code, …])", 0, MANY),
            ("coalesce(x, y, …)", 2, MANY),
            ("iif(condition, x [, …, y])", 2, MANY),
            ("count(* or x)", 0, 1),
        ] {
            let read = Signature::new(usage, "");
            assert_eq!((read.least, read.most), (least, most), "{usage}");
            assert!(usage.starts_with(&format!("{}(", read.name)), "{usage}");
        }
    }
}
