//! Lists that may be as long as a statement: of values to insert, of what IN looks for.

use super::{Expression, ExpressionKind};
use crate::types::{Literal, Span, Value};

/// Expressions side by side. A constant among them takes no more room than its value and its place:
/// a list of a million numbers is a few times as large as its text.
#[derive(Clone, Debug, Default)]
pub struct ExpressionList {
    items: Vec<Item>,
}

/// One expression of a list, as it is kept.
#[derive(Clone, Debug)]
struct Item {
    kind: ItemKind,
    start: u32,
    end: u32,
}

#[derive(Clone, Debug, PartialEq)]
enum ItemKind {
    /// A constant; a decimal is a number by its digits, since no literal is one by itself.
    Constant(Value),
    /// The word DEFAULT.
    Default,
    /// What is no constant, or one that has no place above.
    Expression(Box<Expression>),
}

// A list of the shortest constants has one for every two bytes of its text.
const _: () = assert!(size_of::<Item>() == 32);

/// One expression of a list.
#[derive(Clone, Debug, PartialEq)]
pub enum ListItem<'a> {
    /// A constant.
    Constant(Literal),
    /// The word DEFAULT, where it may stand: what a column has where nothing is given.
    Default,
    /// What is no constant.
    Expression(&'a Expression),
}

impl ExpressionList {
    /// An empty list with room for so many.
    pub fn with_capacity(count: usize) -> ExpressionList {
        ExpressionList { items: Vec::with_capacity(count) }
    }

    /// Gives back the room that nothing is in.
    pub fn shrink(&mut self) {
        self.items.shrink_to_fit();
    }

    /// Adds an expression.
    pub fn push(&mut self, expression: Expression) {
        let Expression { kind, span } = expression;
        match (kind, place(span)) {
            (ExpressionKind::Literal(literal), Some(place)) => match compact(literal) {
                Ok(value) => self.push_item(ItemKind::Constant(value), place),
                Err(literal) => {
                    let kind = ExpressionKind::Literal(literal);
                    self.push_item(
                        ItemKind::Expression(Box::new(Expression { kind, span })),
                        place,
                    );
                }
            },
            (kind, place) => {
                let expression = Box::new(Expression { kind, span });
                self.push_item(ItemKind::Expression(expression), place.unwrap_or_default());
            }
        }
    }

    /// Adds the word DEFAULT.
    pub fn push_default(&mut self, span: Span) {
        self.push_item(ItemKind::Default, place(span).unwrap_or_default());
    }

    fn push_item(&mut self, kind: ItemKind, (start, end): (u32, u32)) {
        self.items.push(Item { kind, start, end });
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = ListItem<'_>> {
        self.items.iter().map(Item::get)
    }

    /// All of them from an index on, in order.
    pub fn iter_from(&self, start: usize) -> impl Iterator<Item = ListItem<'_>> {
        self.items.get(start..).unwrap_or_default().iter().map(Item::get)
    }

    /// Those that are no constants, each with its index.
    pub fn others(&self) -> impl Iterator<Item = (usize, ListItem<'_>)> {
        let others = self.items.iter().enumerate();
        let others = others.filter(|(_, item)| !matches!(item.kind, ItemKind::Constant(_)));
        others.map(|(index, item)| (index, item.get()))
    }

    /// Where the one at an index stands.
    pub fn span(&self, index: usize) -> Option<Span> {
        self.items.get(index).map(Item::span)
    }
}

/// Lists are equal if they say the same, wherever they stand.
impl PartialEq for ExpressionList {
    fn eq(&self, other: &ExpressionList) -> bool {
        let mut pairs = self.items.iter().zip(&other.items);
        self.len() == other.len() && pairs.all(|(one, other)| one.kind == other.kind)
    }
}

impl FromIterator<Expression> for ExpressionList {
    fn from_iter<I: IntoIterator<Item = Expression>>(expressions: I) -> ExpressionList {
        let mut list = ExpressionList::default();
        expressions.into_iter().for_each(|expression| list.push(expression));
        list
    }
}

impl Item {
    fn get(&self) -> ListItem<'_> {
        match &self.kind {
            ItemKind::Constant(Value::Decimal(digits)) => {
                ListItem::Constant(Literal::of_digits(*digits))
            }
            ItemKind::Constant(value) => ListItem::Constant(value.clone().into()),
            ItemKind::Default => ListItem::Default,
            ItemKind::Expression(expression) => ListItem::Expression(expression),
        }
    }

    fn span(&self) -> Span {
        let end = |place: u32| usize::try_from(place).unwrap_or(usize::MAX);
        match &self.kind {
            ItemKind::Expression(expression) => expression.span,
            ItemKind::Constant(_) | ItemKind::Default => Span::new(end(self.start), end(self.end)),
        }
    }
}

impl ListItem<'_> {
    /// The item as a tree of its own; `None` of DEFAULT, which is none.
    pub fn to_expression(&self, span: Span) -> Option<Expression> {
        match self {
            ListItem::Constant(literal) => {
                Some(Expression { kind: ExpressionKind::Literal(literal.clone()), span })
            }
            ListItem::Default => None,
            ListItem::Expression(expression) => Some(Expression::clone(expression)),
        }
    }
}

/// A place as short as it is kept; statements are far smaller than what it can name.
fn place(span: Span) -> Option<(u32, u32)> {
    u32::try_from(span.start).ok().zip(u32::try_from(span.end).ok())
}

/// The one value that tells a constant; the constant itself where that takes two.
fn compact(literal: Literal) -> Result<Value, Literal> {
    match literal {
        Literal { value: Value::Decimal(_), exact: None } => Err(literal),
        Literal { value, exact: None } => Ok(value),
        Literal { exact: Some(Value::Decimal(digits)), .. } => {
            debug_assert_eq!(Literal::of_digits(digits), literal, "a number is what it says");
            Ok(Value::Decimal(digits))
        }
        Literal { exact: Some(_), .. } => Err(literal),
    }
}

/// The rows of VALUES, all of one length.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ValueRows {
    width: usize,
    list: ExpressionList,
}

impl ValueRows {
    /// Rows of so many values each, one behind the other in a list.
    ///
    /// # Panics
    /// If the list is not made of such rows.
    pub fn new(width: usize, list: ExpressionList) -> ValueRows {
        assert!(width > 0 && list.len().is_multiple_of(width), "all rows have {width} values");
        ValueRows { width, list }
    }

    /// How many values each row has.
    pub fn width(&self) -> usize {
        self.width
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.list.len() / self.width.max(1)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The values of all rows, one row behind the other.
    pub fn values(&self) -> &ExpressionList {
        &self.list
    }

    /// Where a value of a row stands, both counted from 0, or the whole row.
    pub fn span(&self, row: usize, value: Option<usize>) -> Option<Span> {
        let first = row.checked_mul(self.width)?;
        match value.filter(|value| *value < self.width) {
            Some(value) => self.list.span(first + value),
            None => Some(self.list.span(first)?.to(self.list.span(first + self.width - 1)?)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::parse_expression;

    #[test]
    fn what_a_list_keeps_is_what_was_put_in() {
        let texts = [
            "NULL",
            "TRUE",
            "-7",
            "9223372036854775808",
            "1.50",
            "-0.0",
            "5e3",
            "1e-300",
            "0.123456789012345678901234567890123456789012345",
            "'it''s'",
            "x'0f'",
            "a + 1",
            "DATE '2026-01-31'",
        ];
        let expression = |text: &str| parse_expression(text).expect(text);
        let list: ExpressionList = texts.into_iter().map(expression).collect();
        assert_eq!((list.len(), list.is_empty()), (texts.len(), false));
        for (index, (item, text)) in list.iter().zip(texts).enumerate() {
            let span = list.span(index).expect("it is there");
            assert_eq!(span, Span::new(0, text.len()));
            let kept = item.to_expression(span).expect("it is no DEFAULT");
            assert_eq!(
                (&kept, kept.to_string()),
                (&expression(text), expression(text).to_string())
            );
        }
        assert_eq!(list, texts.into_iter().map(expression).collect());
        assert_ne!(list, texts.into_iter().rev().map(expression).collect());
        let constants = list.items.iter().filter(|item| matches!(item.kind, ItemKind::Constant(_)));
        assert!(constants.count() >= 9, "constants take no trees");
    }
}
