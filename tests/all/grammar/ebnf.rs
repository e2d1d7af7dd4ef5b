//! A reader of W3C EBNF.

use std::collections::BTreeMap;

/// The right-hand side of a production, or a part of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rule {
    /// A word or a mark between quotes.
    Literal(String),
    /// A set of characters, in its brackets.
    Class(String),
    /// Another production.
    Name(String),
    /// One behind the other.
    Sequence(Vec<Rule>),
    /// One of several.
    Choice(Vec<Rule>),
    /// A part so many times: `?` is 0 to 1, `*` 0 and more, `+` 1 and more.
    Repeat(Box<Rule>, usize, usize),
}

/// A grammar.
#[derive(Debug)]
pub struct Grammar {
    /// The productions by name.
    pub rules: BTreeMap<String, Rule>,
    /// The parts between comments: the first words of the comment, and the productions in order.
    pub sections: Vec<(String, Vec<String>)>,
    /// The productions of one token each.
    pub tokens: Vec<String>,
}

/// Reads a grammar; the productions behind the comment "Tokens" are tokens.
pub fn read(text: &str) -> Grammar {
    let mut grammar = Grammar { rules: BTreeMap::new(), sections: Vec::new(), tokens: Vec::new() };
    for section in text.split("/*").skip(1) {
        let (comment, part) = section.split_once("*/").expect("a comment ends");
        let title = comment.split(['.', ',', ':', ';']).next().unwrap_or(comment).trim();
        let mut names = Vec::new();
        let marks = marks(part);
        let mut reader = Reader { marks: &marks, at: 0 };
        while reader.at < marks.len() {
            let name = reader.next();
            assert_eq!(reader.next(), "::=", "behind {name}");
            let rule = reader.choice();
            names.push(name.clone());
            assert!(grammar.rules.insert(name.clone(), rule).is_none(), "{name} stands twice");
        }
        if title == "Tokens" {
            grammar.tokens.clone_from(&names);
        }
        grammar.sections.push((title.to_owned(), names));
    }
    assert!(!grammar.tokens.is_empty(), "a part for tokens");
    grammar
}

/// Cuts a part of a grammar into its marks; quotes and brackets are kept.
fn marks(text: &str) -> Vec<String> {
    let mut marks = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '\'' | '"' => rest[1..].find(first).expect("a quote ends") + 2,
            '[' => rest.find(']').expect("a set ends") + 1,
            ':' => 3,
            _ if first.is_ascii_alphabetic() => {
                rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len())
            }
            _ => 1,
        };
        marks.push(rest[..length].to_owned());
        rest = rest[length..].trim_start();
    }
    marks
}

struct Reader<'a> {
    marks: &'a [String],
    at: usize,
}

impl Reader<'_> {
    fn peek(&self, ahead: usize) -> &str {
        self.marks.get(self.at + ahead).map_or("", String::as_str)
    }

    fn next(&mut self) -> String {
        self.at += 1;
        self.marks[self.at - 1].clone()
    }

    fn choice(&mut self) -> Rule {
        let mut parts = vec![self.sequence()];
        while self.peek(0) == "|" {
            self.at += 1;
            parts.push(self.sequence());
        }
        if parts.len() == 1 { parts.remove(0) } else { Rule::Choice(parts) }
    }

    fn sequence(&mut self) -> Rule {
        let mut parts = Vec::new();
        while !matches!(self.peek(0), "" | "|" | ")") && self.peek(1) != "::=" {
            let part = self.part();
            let (least, most) = match self.peek(0) {
                "?" => (0, 1),
                "*" => (0, usize::MAX),
                "+" => (1, usize::MAX),
                _ => {
                    parts.push(part);
                    continue;
                }
            };
            self.at += 1;
            parts.push(Rule::Repeat(Box::new(part), least, most));
        }
        if parts.len() == 1 { parts.remove(0) } else { Rule::Sequence(parts) }
    }

    fn part(&mut self) -> Rule {
        let mark = self.next();
        match mark.chars().next() {
            Some('(') => {
                let inner = self.choice();
                assert_eq!(self.next(), ")");
                inner
            }
            Some('\'' | '"') => Rule::Literal(mark[1..mark.len() - 1].to_owned()),
            Some('[') => Rule::Class(mark),
            _ => Rule::Name(mark),
        }
    }
}

impl Rule {
    /// Calls `visit` with this rule and every part of it.
    pub fn walk(&self, visit: &mut impl FnMut(&Rule)) {
        visit(self);
        match self {
            Rule::Sequence(parts) | Rule::Choice(parts) => {
                parts.iter().for_each(|part| part.walk(visit));
            }
            Rule::Repeat(part, ..) => part.walk(visit),
            Rule::Literal(_) | Rule::Class(_) | Rule::Name(_) => {}
        }
    }
}
