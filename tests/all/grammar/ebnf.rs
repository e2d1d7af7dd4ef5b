//! A reader of W3C EBNF, and sentences made from a grammar.

pub use crate::random::Dice;
use std::collections::BTreeMap;

/// The right-hand side of a production, or a part of one.
#[derive(Clone, Debug)]
pub enum Rule {
    /// A word or a mark between quotes.
    Literal(String),
    /// A set of characters.
    Class,
    /// Another production.
    Name(String),
    /// One behind the other.
    Sequence(Vec<Rule>),
    /// One of several.
    Choice(Vec<Rule>),
    /// A part so many times: `?` is 0 to 1, `*` 0 and more, `+` 1 and more.
    Repeat(Box<Rule>, usize, usize),
}

/// A grammar: productions by name, and the names in their order.
#[derive(Debug)]
pub struct Grammar {
    pub rules: BTreeMap<String, Rule>,
    /// The productions of one token each.
    pub tokens: Vec<String>,
}

/// Reads a grammar; the productions behind the comment "Tokens" are tokens.
pub fn read(text: &str) -> Grammar {
    let mut grammar = Grammar { rules: BTreeMap::new(), tokens: Vec::new() };
    let (syntax, tokens) = text.split_once("/* Tokens */").expect("a part for tokens");
    for (part, lexical) in [(syntax, false), (tokens, true)] {
        let marks = marks(part);
        let mut reader = Reader { marks: &marks, at: 0 };
        while reader.at < marks.len() {
            let name = reader.next();
            assert_eq!(reader.next(), "::=", "behind {name}");
            let rule = reader.choice();
            if lexical {
                grammar.tokens.push(name.clone());
            }
            assert!(grammar.rules.insert(name.clone(), rule).is_none(), "{name} stands twice");
        }
    }
    grammar
}

/// Cuts a grammar into its marks; comments are dropped, quotes and brackets kept.
fn marks(text: &str) -> Vec<String> {
    let mut marks = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '/' => rest.find("*/").expect("a comment ends") + 2,
            '\'' | '"' => rest[1..].find(first).expect("a quote ends") + 2,
            '[' => rest.find(']').expect("a set ends") + 1,
            ':' => 3,
            _ if first.is_ascii_alphabetic() => {
                rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len())
            }
            _ => 1,
        };
        if first != '/' {
            marks.push(rest[..length].to_owned());
        }
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
            Some('[') => Rule::Class,
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
            Rule::Literal(_) | Rule::Class | Rule::Name(_) => {}
        }
    }
}

impl Grammar {
    /// A sentence of a production as its tokens; `token` makes the text of a lexical production.
    pub fn sentence(
        &self,
        production: &str,
        dice: &mut Dice,
        token: &impl Fn(&str, &mut Dice) -> String,
    ) -> Vec<String> {
        let mut sentence = Vec::new();
        let rule = Rule::Name(production.to_owned());
        self.speak(&rule, dice, 25, token, &mut sentence);
        sentence
    }

    /// Without fuel, a choice takes its first alternative, which leads to an end, and repeats end.
    fn speak(
        &self,
        rule: &Rule,
        dice: &mut Dice,
        fuel: usize,
        token: &impl Fn(&str, &mut Dice) -> String,
        sentence: &mut Vec<String>,
    ) {
        let less = fuel.saturating_sub(1);
        match rule {
            Rule::Literal(text) => sentence.push(text.clone()),
            Rule::Class => panic!("sets stand in tokens only"),
            Rule::Name(name) if self.tokens.contains(name) => sentence.push(token(name, dice)),
            Rule::Name(name) => self.speak(&self.rules[name], dice, less, token, sentence),
            Rule::Sequence(parts) => {
                parts.iter().for_each(|part| self.speak(part, dice, fuel, token, sentence));
            }
            Rule::Choice(parts) => {
                let part = if fuel == 0 { &parts[0] } else { &parts[dice.roll(parts.len())] };
                self.speak(part, dice, fuel, token, sentence);
            }
            Rule::Repeat(part, least, most) => {
                let mut times = *least;
                while fuel > 0 && times < (*most).min(3) && dice.roll(3) == 0 {
                    times += 1;
                }
                (0..times).for_each(|_| self.speak(part, dice, less, token, sentence));
            }
        }
    }
}
