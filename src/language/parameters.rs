//! Values that a statement is given beside its text, for `$name` and `?`.

use super::ast::ExpressionKind;
use super::lexer::tokenize;
use super::token::TokenKind;
use super::{ParseError, parse_expression};
use crate::types::{Literal, Span, Value};
use std::collections::BTreeMap;
use std::fmt;

/// The largest number behind a `?`, as in SQLite.
const MAX_NUMBER: u32 = 32_766;

/// What a statement calls a parameter. Names fold to small letters; which of `$`, `:` and `@` stands
/// before one makes no difference.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ParameterName {
    /// `?3`, or the third `?`; from 1.
    Numbered(u32),
    /// `$name`
    Named(String),
}

impl ParameterName {
    /// The name that a word is, with or without the mark before it; a `?` needs its number.
    pub fn parse(word: &str) -> Option<ParameterName> {
        if let Some(number) = word.strip_prefix('?') {
            let number = number.parse().ok()?;
            return (1..=MAX_NUMBER).contains(&number).then_some(ParameterName::Numbered(number));
        }
        let name = word.strip_prefix(['$', ':', '@']).unwrap_or(word);
        let first = name.bytes().next()?;
        let plain =
            super::lexer::begins_name(first) && name.bytes().all(super::lexer::continues_name);
        plain.then(|| ParameterName::Named(name.to_ascii_lowercase()))
    }

    /// The sentence that it has no value.
    pub fn has_no_value(&self) -> String {
        format!("the parameter {self} has no value")
    }
}

impl fmt::Display for ParameterName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ParameterName::Numbered(number) => write!(f, "?{number}"),
            ParameterName::Named(name) => write!(f, "${name}"),
        }
    }
}

/// Counts through the parameters of a text: each `?` is one more than the largest number before it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ParameterNumbering {
    last: u32,
}

impl ParameterNumbering {
    /// The name of the next parameter, from its token; `None` where its number is out of range.
    pub fn name(&mut self, word: &str) -> Option<ParameterName> {
        let name = match word {
            "?" => ParameterName::parse(&format!("?{}", self.last + 1)),
            _ => ParameterName::parse(word),
        };
        if let Some(ParameterName::Numbered(number)) = name {
            self.last = self.last.max(number);
        }
        name
    }
}

/// The values of parameters.
#[derive(Clone, Debug, Default)]
pub struct Parameters {
    values: BTreeMap<ParameterName, Literal>,
}

impl Parameters {
    /// No parameter at all.
    pub fn new() -> Parameters {
        Parameters::default()
    }

    /// Gives a parameter its value: what a literal stands for, or the text itself if it is none.
    ///
    /// # Errors
    /// A sentence where `name` is no name of a parameter.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), ParseError> {
        let Some(name) = ParameterName::parse(name) else {
            return Err(ParseError {
                code: "bad-parameter",
                message: format!("`{name}` is no name of a parameter"),
                span: Span::new(0, 0),
                help: Some("$name, :name, @name, name or ?1 is one".to_owned()),
                incomplete: false,
            });
        };
        let literal = match parse_expression(value).map(|expression| expression.kind) {
            Ok(ExpressionKind::Literal(literal)) => Some(literal),
            Ok(ExpressionKind::Moment { data_type, text }) => {
                data_type.accept(Value::Text(text)).ok().map(Literal::from)
            }
            _ => None,
        };
        let value = literal.unwrap_or_else(|| Value::text(value).into());
        self.values.insert(name, value);
        Ok(())
    }

    /// Gives `?1`, `?2` … their values. A real is the number that it prints as, beside a DECIMAL too.
    pub fn number(&mut self, values: &[Value]) {
        for (number, value) in (1..).zip(values) {
            self.values.insert(ParameterName::Numbered(number), Literal::given(value.clone()));
        }
    }

    /// Takes a value back; false if there was none.
    pub fn unset(&mut self, name: &str) -> bool {
        ParameterName::parse(name).is_some_and(|name| self.values.remove(&name).is_some())
    }

    /// Takes all values back.
    pub fn clear(&mut self) {
        self.values.clear();
    }

    /// The value of a parameter.
    pub fn find(&self, name: &ParameterName) -> Option<&Literal> {
        self.values.get(name)
    }

    /// The parameters that a text names, as often as it does, with their values.
    pub fn named_in(&self, text: &str) -> Vec<(ParameterName, &Literal)> {
        let mut numbering = ParameterNumbering::default();
        let marks = tokenize(text).tokens.into_iter();
        let marks = marks.filter(|token| token.kind == TokenKind::Parameter);
        marks
            .filter_map(|token| numbering.name(&text[token.span.start..token.span.end]))
            .filter_map(|name| self.values.get(&name).map(|value| (name, value)))
            .collect()
    }

    /// Every parameter with its value, numbers first.
    pub fn iter(&self) -> impl Iterator<Item = (&ParameterName, &Literal)> {
        self.values.iter()
    }
}

/// The error for a parameter without a value.
pub(super) fn unknown(name: &ParameterName, span: Span) -> ParseError {
    ParseError {
        code: "unknown-parameter",
        message: name.has_no_value(),
        span,
        help: Some(format!(".param set {name} VALUE gives it one")),
        incomplete: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::{parse_statement, parse_statement_with};

    fn given(pairs: &[(&str, &str)]) -> Parameters {
        let mut parameters = Parameters::new();
        for (name, value) in pairs {
            parameters.set(name, value).expect("a name");
        }
        parameters
    }

    #[test]
    fn values_are_literals_or_texts() {
        let parameters = given(&[
            ("a", "5"),
            ("$b", "-1.5"),
            (":c", "'5'"),
            ("@D", "it is"),
            ("e", "NULL"),
            ("?2", "x'0f'"),
            ("f", "1 + 1"),
        ]);
        let shown: Vec<String> =
            parameters.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let meant =
            ["?2=x'0f'", "$a=5", "$b=-1.5", "$c='5'", "$d='it is'", "$e=NULL", "$f='1 + 1'"];
        assert_eq!(shown.join(" ").to_lowercase(), meant.join(" ").to_lowercase());
        for bad in ["", "$", "?", "?0", "?99999", "5x", "a b", "$$a"] {
            let error = Parameters::new().set(bad, "1").expect_err(bad);
            assert_eq!(error.code, "bad-parameter", "{bad}");
        }
    }

    #[test]
    fn a_statement_reads_its_parameters_where_they_stand() {
        let parameters = given(&[("name", "Ada"), ("?1", "1"), ("?2", "2"), ("?6", "6")]);
        let text = "SELECT $NAME, :name, ?, ?, ?6, -?1 FROM t WHERE a IN (@name) LIMIT ?1";
        let tree =
            parse_statement_with(text, &parameters).expect("it parses").expect("a statement");
        insta::assert_snapshot!(tree, @"SELECT 'Ada', 'Ada', 1, 2, 6, -(1) FROM t WHERE a IN ('Ada') LIMIT 1");
        let plain = parse_statement(text).expect("it parses").expect("a statement");
        insta::assert_snapshot!(plain, @"SELECT $name, $name, ?1, ?2, ?6, -?1 FROM t WHERE a IN ($name) LIMIT ?1");
        assert_eq!(parse_statement(&plain.to_string()), Ok(Some(plain)));
        let error = parse_statement_with("SELECT ?6, ?", &parameters).expect_err("?7 has no value");
        assert_eq!((error.code, error.span), ("unknown-parameter", Span::new(11, 12)));
        assert_eq!(error.message, "the parameter ?7 has no value");
    }

    #[test]
    fn a_point_is_what_its_parameter_says() {
        let parameters = given(&[
            ("n", "3"),
            ("back", "-2"),
            ("t", "yesterday"),
            ("r", "1.5"),
            ("d", "DATE '2026-01-31'"),
        ]);
        for (point, read, plain) in [
            ("EVENT $n", "EVENT 3", "EVENT $n"),
            ("EVENT :back", "EVENT -2", "EVENT $back"),
            ("@n", "EVENT 3", "$n"),
            ("$t", "'yesterday'", "$t"),
            ("TX $n", "TX 3", "TX $n"),
            ("TIMESTAMP $t", "TIMESTAMP 'yesterday'", "TIMESTAMP $t"),
            ("$d", "TIMESTAMP '2026-01-31'", "$d"),
            ("TAG $t", "TAG 'yesterday'", "TAG $t"),
            ("SNAPSHOT $n", "SNAPSHOT 3", "SNAPSHOT $n"),
            ("SNAPSHOT $t", "SNAPSHOT 'yesterday'", "SNAPSHOT $t"),
        ] {
            let tree = |text: &str| parse_statement_with(text, &parameters).expect(point);
            let text = format!("SELECT 1 FROM t BEFORE {point}");
            let shown = tree(&text).expect("a statement").to_string();
            assert_eq!(shown, format!("SELECT 1 FROM t BEFORE {read}"));
            let kept = parse_statement(&text).expect(point).expect("a statement");
            assert_eq!(kept.to_string(), format!("SELECT 1 FROM t BEFORE {plain}"));
            assert_eq!(parse_statement(&kept.to_string()), Ok(Some(kept)));
        }
        for (point, message) in [
            ("EVENT $t", "$t is 'yesterday', and not the number of an event"),
            ("$r", "$r is 1.5, and not the number of an event, or a time in quotes"),
            ("$back", "$back is -2, and not the number of an event, or a time in quotes"),
            ("TAG $n", "$n is 3, and not the name of a tag"),
            ("TX $t", "$t is 'yesterday', and not the number of a transaction"),
            ("$none", "the parameter $none has no value"),
        ] {
            let text = format!("HISTORY OF t FROM {point}");
            let error = parse_statement_with(&text, &parameters).expect_err(point);
            assert_eq!(error.message, message);
            assert_eq!(
                &text[error.span.start..error.span.end],
                &point[point.find('$').expect("$")..]
            );
        }
    }

    #[test]
    fn parameters_are_refused_where_they_would_not_be_constant() {
        let parameters = given(&[("a", "5")]);
        for text in [
            "CREATE TABLE t (a CHECK (a > $a))",
            "CREATE TABLE t (a DEFAULT ($a))",
            "ALTER TABLE t ADD a GENERATED ALWAYS AS ($a)",
            "SELECT ?0",
        ] {
            for error in [
                parse_statement_with(text, &parameters).expect_err(text),
                parse_statement(text).expect_err(text),
            ] {
                assert!(matches!(error.code, "unsupported" | "bad-parameter"), "{text}: {error:?}");
                assert!(!error.message.is_empty() && error.span.end > error.span.start, "{text}");
            }
        }
    }
}
