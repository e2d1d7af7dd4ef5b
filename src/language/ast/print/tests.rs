//! Trees of any shape, also those that no text spells without parentheses, print and parse back.

use crate::language::ast::{
    BinaryOperator, Expression, ExpressionKind, FunctionArguments, Identifier, MatchKind, TypeName,
    UnaryOperator,
};
use crate::language::parse_expression;
use crate::types::{Literal, Span, Value};
use proptest::prelude::*;

fn at(kind: ExpressionKind) -> Expression {
    Expression { kind, span: Span::default() }
}

fn name() -> impl Strategy<Value = Identifier> {
    let names = prop_oneof!["\\PC{0,6}", "[a-z_\"`\\[\\] ';]{0,5}", "true|cast|of|order|left|end"];
    (names, any::<bool>()).prop_map(|(name, quoted)| Identifier {
        name,
        span: Span::default(),
        quoted,
    })
}

fn leaf() -> impl Strategy<Value = Expression> {
    prop_oneof![
        any::<i64>().prop_map(|integer| ExpressionKind::Literal(Value::Integer(integer).into())),
        any::<f64>()
            .prop_filter("finite", |real| real.is_finite())
            .prop_map(|real| ExpressionKind::Literal(Literal::given(Value::real(real)))),
        "\\PC{0,5}".prop_map(|text| ExpressionKind::Literal(Value::text(text).into())),
        any::<bool>().prop_map(|value| ExpressionKind::Literal(Value::Boolean(value).into())),
        Just(ExpressionKind::Literal(Value::Null.into())),
        (proptest::option::of(name()), name())
            .prop_map(|(table, column)| ExpressionKind::Column { table, column }),
    ]
    .prop_map(at)
}

fn binary() -> impl Strategy<Value = BinaryOperator> {
    use BinaryOperator as B;
    proptest::sample::select(vec![
        B::Or,
        B::And,
        B::Equal,
        B::NotEqual,
        B::Less,
        B::GreaterEqual,
        B::Is,
        B::IsNot,
        B::Add,
        B::Subtract,
        B::Multiply,
        B::Modulo,
        B::Concat,
        B::Arrow,
        B::LongArrow,
        B::BitAnd,
        B::BitOr,
        B::ShiftLeft,
    ])
}

fn unary() -> impl Strategy<Value = UnaryOperator> {
    use UnaryOperator as U;
    proptest::sample::select(vec![U::Minus, U::Plus, U::Not, U::BitNot])
}

fn tree() -> impl Strategy<Value = Expression> {
    leaf().prop_recursive(6, 40, 4, |inner| {
        let boxed = inner.clone().prop_map(Box::new);
        let some = proptest::option::of(boxed.clone());
        prop_oneof![
            (unary(), boxed.clone())
                .prop_map(|(operator, operand)| ExpressionKind::Unary { operator, operand }),
            (binary(), boxed.clone(), boxed.clone()).prop_map(|(operator, left, right)| {
                ExpressionKind::Binary { operator, left, right }
            }),
            (boxed.clone(), any::<bool>(), boxed.clone(), boxed.clone()).prop_map(
                |(operand, negated, low, high)| {
                    ExpressionKind::Between { operand, negated, low, high }
                }
            ),
            (boxed.clone(), any::<bool>(), proptest::collection::vec(inner.clone(), 0..3))
                .prop_map(|(operand, negated, list)| {
                    let list = list.into_iter().collect();
                    ExpressionKind::InList { operand, negated, list }
                }),
            (boxed.clone(), any::<bool>(), boxed.clone(), some.clone()).prop_map(
                |(operand, negated, pattern, escape)| {
                    let kind = MatchKind::Like;
                    ExpressionKind::Match { kind, operand, negated, pattern, escape }
                }
            ),
            (some.clone(), inner.clone(), inner.clone(), some.clone()).prop_map(
                |(operand, when, then, otherwise)| {
                    let branches = vec![(when, then)];
                    ExpressionKind::Case { operand, branches, otherwise }
                }
            ),
            boxed.clone().prop_map(|operand| {
                let (name, arguments, span) = ("VARCHAR".to_owned(), vec![5], Span::default());
                let behind = "UNSIGNED".to_owned();
                let type_name = TypeName { name, arguments, behind, span };
                ExpressionKind::Cast { operand, type_name }
            }),
            (name(), any::<bool>(), proptest::collection::vec(inner, 1..3), some).prop_map(
                |(name, distinct, list, filter)| {
                    let arguments = FunctionArguments::List(list);
                    ExpressionKind::Function { name, distinct, arguments, filter }
                }
            ),
        ]
        .prop_map(at)
    })
}

proptest! {
    #[test]
    fn expressions_parse_back(tree in tree()) {
        let printed = tree.to_string();
        let again = parse_expression(&printed);
        prop_assert_eq!(again.as_ref(), Ok(&tree), "{}", printed);
        prop_assert_eq!(again.map(|tree| tree.to_string()), Ok(printed));
    }
}
