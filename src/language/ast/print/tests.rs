//! Trees of any shape, also those that no text spells without parentheses, print and parse back.

use crate::language::ast::{
    BinaryOperator, Expression, ExpressionKind, FrameBound, FrameExclusion, FrameUnit,
    FunctionArguments, FunctionCall, Identifier, MatchKind, ObjectName, OrderItem, Over,
    SourceSpan, TypeName, UnaryOperator, Window, WindowFrame,
};
use crate::language::parse_expression;
use crate::types::{Literal, SchemaName, Span, Value};
use proptest::prelude::*;

fn at(kind: ExpressionKind) -> Expression {
    Expression { kind, span: Span::default() }
}

fn name() -> impl Strategy<Value = Identifier> {
    let names = prop_oneof!["\\PC{0,6}", "[a-z_\"`\\[\\] ';]{0,5}", "true|cast|of|order|left|end"];
    (names, any::<bool>()).prop_map(|(name, quoted)| Identifier {
        name: name.into(),
        span: Span::default(),
        quoted,
    })
}

fn object_name() -> impl Strategy<Value = ObjectName> {
    let schemas = [None, Some(SchemaName::Main), Some(SchemaName::Temporary)];
    (proptest::sample::select(schemas.to_vec()), name())
        .prop_map(|(schema, identifier)| ObjectName { schema, identifier })
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
        (proptest::option::of(object_name()), name()).prop_map(|(table, column)| {
            ExpressionKind::Column { table: table.map(Box::new), column }
        }),
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
                ExpressionKind::Cast { operand, type_name: Some(Box::new(type_name)) }
            }),
            proptest::collection::vec(inner.clone(), 2..4).prop_map(ExpressionKind::Row),
            (call(inner.clone()), proptest::option::of(over(inner))).prop_map(|(call, over)| {
                ExpressionKind::Function(Box::new(FunctionCall { over, ..call }))
            }),
        ]
        .prop_map(at)
    })
}

fn order_by(inner: BoxedStrategy<Expression>) -> BoxedStrategy<Vec<OrderItem>> {
    let item = (inner, any::<bool>(), proptest::option::of(any::<bool>()));
    let item = item.prop_map(|(expression, descending, nulls_first)| OrderItem {
        expression,
        descending,
        nulls_first,
    });
    proptest::collection::vec(item, 0..3).boxed()
}

fn call(inner: BoxedStrategy<Expression>) -> BoxedStrategy<FunctionCall> {
    let list = proptest::collection::vec(inner.clone(), 1..3);
    let filter = proptest::option::of(inner.clone());
    let orders = (order_by(inner.clone()), order_by(inner));
    let parts = (name(), any::<bool>(), list, orders, filter);
    let call = parts.prop_map(|(name, distinct, list, (order_by, within_group), filter)| {
        let arguments = FunctionArguments::List(list);
        FunctionCall { name, distinct, arguments, order_by, within_group, filter, over: None }
    });
    call.boxed()
}

fn over(inner: BoxedStrategy<Expression>) -> BoxedStrategy<Over> {
    let base =
        prop_oneof![name(), "(?i)partition|rows|range|groups|window".prop_map(Identifier::of)];
    let partition_by = proptest::collection::vec(inner.clone(), 0..3);
    let frame = proptest::option::of(frame(inner.clone()));
    let window = (proptest::option::of(base), partition_by, order_by(inner), frame);
    let window = window.prop_map(|(base, partition_by, order_by, frame)| {
        let span = SourceSpan::default();
        Over::Window(Box::new(Window { base, partition_by, order_by, frame, span }))
    });
    prop_oneof![name().prop_map(Over::Name), window].boxed()
}

fn frame(inner: BoxedStrategy<Expression>) -> BoxedStrategy<WindowFrame> {
    use FrameExclusion as X;
    let bound = || {
        let column = Just("unbounded").prop_map(|name| {
            at(ExpressionKind::Column { table: None, column: Identifier::of(name) })
        });
        let offset = || prop_oneof![inner.clone(), column.clone()];
        prop_oneof![
            offset().prop_map(FrameBound::Preceding),
            Just(FrameBound::CurrentRow),
            offset().prop_map(FrameBound::Following),
        ]
    };
    let unit = prop_oneof![Just(FrameUnit::Rows), Just(FrameUnit::Range), Just(FrameUnit::Groups)];
    let start = prop_oneof![bound(), Just(FrameBound::UnboundedPreceding)];
    let end = prop_oneof![bound(), Just(FrameBound::UnboundedFollowing)];
    let exclusion =
        prop_oneof![Just(X::NoOthers), Just(X::CurrentRow), Just(X::Group), Just(X::Ties)];
    let frame = (unit, start, end, exclusion).prop_map(|(unit, start, end, exclusion)| {
        let span = SourceSpan::default();
        WindowFrame { unit, start, end, exclusion, span }
    });
    frame.boxed()
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
