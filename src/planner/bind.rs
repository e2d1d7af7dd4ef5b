//! Names become positions, and every expression gets its static type.

use super::comparison_traits::{CollationDerivation, ComparisonTraits};
use super::exact_numbers::{self, common};
use super::expression::{BoundExpression, BoundKind, Comparison, PatternKind, SubqueryRole};
use super::notices::suggest_type;
use super::plan::AggregateCall;
use super::row_value::ComparisonOperand;
use super::scope::Scope;
use super::select::SelectedColumn;
use super::subquery::SubqueryBinder;
use super::window::WindowBinder;
use super::{Error, coerce, collation, flexible, row_value};
use crate::language::ast::{
    CurrentTime, Expression, ExpressionKind, Identifier, ListItem, MatchKind, ObjectName,
    SelectItem, TypeName, UnaryOperator,
};
use crate::types::{ColumnAffinity, CompactSpan, DataType, Span, Value, with_stack};

/// Binds expressions over one scope.
pub(super) struct Binder<'a, 'p> {
    /// What names can mean.
    pub scope: &'a Scope,
    /// What else a bare name can mean: the aliases of a SELECT.
    pub aliases: &'a [SelectedColumn],
    /// The items of a SELECT that are bound once a bare name means one by its alias.
    pub items: &'a [SelectItem],
    /// Where aggregates are gathered; `None` where they make no sense.
    pub aggregates: Option<&'a mut Vec<AggregateCall>>,
    /// Where window functions are gathered; `None` where they make no sense.
    pub windows: Option<WindowBinder<'a>>,
    /// The clause that is bound, for errors: `WHERE`.
    pub clause: &'static str,
    /// What queries inside are bound with; `None` where there can be none.
    pub subqueries: Option<SubqueryBinder<'a, 'p>>,
}

pub(super) fn boxed(expression: BoundExpression) -> Box<BoundExpression> {
    Box::new(expression)
}

pub(super) fn boolean(kind: BoundKind) -> BoundExpression {
    BoundExpression::new(kind, DataType::Boolean)
}

/// The type of a cast or a column; ANY where none was written.
pub(super) fn data_type(type_name: &TypeName) -> Result<DataType, Error> {
    let known = DataType::from_sql(&type_name.name, &type_name.arguments);
    known.ok_or_else(|| no_such_digits(type_name))
}

/// The type of a column of a FLEXIBLE table, by the type that was written.
pub(super) fn flexible_type(type_name: Option<&TypeName>) -> Result<DataType, Error> {
    let affinity = match type_name {
        None => Some(ColumnAffinity::Blob),
        Some(type_name) => ColumnAffinity::of(&type_name.name, &type_name.arguments),
    };
    let wrong = || type_name.map_or_else(|| unreachable!("no type has digits"), no_such_digits);
    affinity.map(DataType::Flexible).ok_or_else(wrong)
}

fn no_such_digits(type_name: &TypeName) -> Error {
    let help = "DECIMAL(p,s) has 1 to 38 digits, at most all of them behind the point";
    Error::new("type", format!("{} has no such digits", type_name.name), type_name.span)
        .help(Some(help.into()))
}

/// The day or moment that a literal is.
fn moment(data_type: DataType, text: &str, span: Span) -> Result<Value, Error> {
    data_type.accept(Value::text(text)).map_err(|rejected| {
        let help = if data_type == DataType::Date {
            "a DATE is 'YYYY-MM-DD'"
        } else {
            "a TIMESTAMP is 'YYYY-MM-DD HH:MM:SS', with or without an offset behind it"
        };
        Error::new("type", format!("{} is no {data_type}", rejected.value), span)
            .help(Some(help.into()))
    })
}

/// The time of the statement, by one of its words.
fn current_time(word: CurrentTime) -> BoundExpression {
    let data_type = match word {
        CurrentTime::Date => DataType::Date,
        CurrentTime::Time => DataType::Text,
        CurrentTime::Timestamp => DataType::Timestamp,
    };
    BoundExpression::new(BoundKind::CurrentTime(word), data_type)
}

/// The type of a cast, which means nothing where its name does not, but in a FLEXIBLE session: there
/// it makes numbers, as in SQLite.
fn cast_type(type_name: &TypeName, is_flexible: bool) -> Result<DataType, Error> {
    let data_type = data_type(type_name)?;
    if data_type == DataType::Any && !DataType::is_name(&type_name.name) {
        if is_flexible {
            return Ok(DataType::Numeric);
        }
        let message = format!("there is no type \"{}\"", type_name.name);
        return Err(
            Error::new("unknown-type", message, type_name.span).help(suggest_type(&type_name.name))
        );
    }
    Ok(data_type)
}

impl<'a> Binder<'a, '_> {
    /// A binder of what names nothing but columns.
    pub fn new(scope: &'a Scope, clause: &'static str) -> Binder<'a, 'static> {
        let (aggregates, windows, subqueries) = (None, None, None);
        Binder { scope, aliases: &[], items: &[], aggregates, windows, clause, subqueries }
    }

    /// Binds an expression.
    pub fn bind(&mut self, expression: &Expression) -> Result<BoundExpression, Error> {
        let mut bound = with_stack(|| self.bind_kind(expression))?;
        if bound.place.get().is_none() {
            bound.place = self.place(expression.span);
        }
        Ok(bound)
    }

    /// Where an expression stands in the statement. What a view has inside stands where that is named;
    /// what is kept with a table stands nowhere.
    pub(super) fn place(&self, span: Span) -> CompactSpan {
        let Some(subqueries) = &self.subqueries else { return CompactSpan::default() };
        subqueries.planning.place(span).into()
    }

    /// What an operator means in the session. What is kept with a table means the same in all of them.
    pub(super) fn pattern_kind(&self, kind: MatchKind) -> PatternKind {
        let subqueries = self.subqueries.as_ref();
        let catalog = subqueries.map(|subqueries| &*subqueries.planning.catalog);
        PatternKind::of(kind, catalog.is_some_and(|catalog| catalog.is_like_case_sensitive()))
    }

    fn bind_kind(&mut self, expression: &Expression) -> Result<BoundExpression, Error> {
        let span = expression.span;
        match &expression.kind {
            ExpressionKind::Literal(literal) => Ok(BoundExpression::constant(literal)),
            ExpressionKind::Moment { data_type, text } => {
                moment(*data_type, text, span).map(BoundExpression::of)
            }
            ExpressionKind::Parameter { index, data_type, exact } => {
                let kind = BoundKind::Parameter { index: *index, exact: *exact };
                Ok(BoundExpression::new(kind, *data_type))
            }
            ExpressionKind::Variable(name) => {
                Err(Error::new("unknown-parameter", name.has_no_value(), span))
            }
            ExpressionKind::CurrentTime(word) => Ok(current_time(*word)),
            ExpressionKind::Column { table, column } => self.column(table.as_deref(), column),
            ExpressionKind::Unary { operator, operand } => self.unary(*operator, operand),
            ExpressionKind::Binary { operator, left, right } => {
                self.binary(*operator, left, right, span)
            }
            ExpressionKind::Between { operand, negated, low, high } => {
                Ok(not_if(*negated, self.between(operand, low, high, span)?))
            }
            ExpressionKind::Row(_) => Err(row_value::misplaced(span)),
            ExpressionKind::Quantified { operand, operator, quantifier, query } => {
                self.quantified(operand, *operator, *quantifier, query, span)
            }
            ExpressionKind::Subquery(query) => self.subquery(SubqueryRole::Scalar, query, span),
            ExpressionKind::Exists(query) => self.subquery(SubqueryRole::Exists, query, span),
            ExpressionKind::InQuery { operand, negated, query } => {
                let found = self.in_query(operand, query, span)?;
                Ok(not_if(*negated, found))
            }
            ExpressionKind::InList { operand, negated, list } => {
                self.in_list(operand, list, *negated, span)
            }
            ExpressionKind::Match { kind, operand, negated, pattern, escape } => {
                Ok(boolean(BoundKind::Match {
                    kind: self.pattern_kind(*kind),
                    operand: boxed(self.bind(operand)?),
                    pattern: boxed(self.bind(pattern)?),
                    escape: self.optional(escape.as_deref())?,
                    negated: *negated,
                }))
            }
            ExpressionKind::Case { operand, branches, otherwise } => {
                self.case(operand.as_deref(), branches, otherwise.as_deref())
            }
            ExpressionKind::Collate { operand, collation } => {
                let mut operand = self.bind(operand)?;
                let collation = collation::named(collation)?;
                operand.traits.collation = CollationDerivation::Explicit(collation);
                Ok(operand)
            }
            ExpressionKind::Cast { operand, type_name } => {
                let data_type = match type_name {
                    None => DataType::Numeric,
                    Some(type_name) => cast_type(type_name, self.is_flexible())?,
                };
                Ok(cast(self.bind(operand)?, data_type))
            }
            ExpressionKind::Raise { action, message } => {
                self.raise(*action, message.as_deref(), span)
            }
            ExpressionKind::Function(call) => self.function(call, span),
        }
    }

    /// Binds an item of a list.
    pub(super) fn item(&mut self, item: &ListItem<'_>) -> Result<BoundExpression, Error> {
        match item {
            ListItem::Constant(literal) => Ok(BoundExpression::constant(literal)),
            ListItem::Expression(expression) => self.bind(expression),
            ListItem::Default => unreachable!("DEFAULT stands in VALUES only"),
        }
    }

    /// Binds a condition.
    pub fn condition(&mut self, expression: &Expression) -> Result<BoundExpression, Error> {
        Ok(truth(self.bind(expression)?))
    }

    fn optional(
        &mut self,
        expression: Option<&Expression>,
    ) -> Result<Option<Box<BoundExpression>>, Error> {
        expression.map(|expression| self.bind(expression).map(boxed)).transpose()
    }

    fn column(
        &mut self,
        table: Option<&ObjectName>,
        column: &Identifier,
    ) -> Result<BoundExpression, Error> {
        let outer = self.outer();
        let is_elsewhere = table.is_some_and(|table| self.scope.relation(table).is_none());
        if is_elsewhere
            && let Some(found) = outer.map(|outer| outer.find(table, column)).transpose()?.flatten()
        {
            return Ok(found);
        }
        if let Some(found) = self.scope.find(table, column)? {
            return Ok(found);
        }
        let alias =
            table.is_none().then(|| self.aliases.iter().find(|item| item.is_called(&column.name)));
        if table.is_none()
            && let Some(expression) = self.item_called(&column.name)
        {
            // The items know no aliases.
            let items = std::mem::take(&mut self.items);
            let bound = self.bind(expression);
            self.items = items;
            return bound;
        }
        match alias.flatten() {
            Some(item) => Ok(item.expression.clone()),
            None => match outer.map(|outer| outer.find(table, column)).transpose()?.flatten() {
                Some(found) => Ok(found),
                None => Err(self.scope.unknown(table, column)),
            },
        }
    }

    /// What has this alias among the items that are not bound yet.
    fn item_called(&self, name: &str) -> Option<&'a Expression> {
        self.items.iter().find_map(|item| match item {
            SelectItem::Expression { expression, alias: Some(alias) }
                if alias.name.eq_ignore_ascii_case(name) =>
            {
                Some(expression)
            }
            SelectItem::Expression { .. } | SelectItem::Star(_) | SelectItem::TableStar(_) => None,
        })
    }

    fn unary(
        &mut self,
        operator: UnaryOperator,
        operand: &Expression,
    ) -> Result<BoundExpression, Error> {
        let operand = self.bind(operand)?;
        Ok(match operator {
            // Only to take a column's affinity away, as in SQLite.
            UnaryOperator::Plus => operand.without_affinity(),
            UnaryOperator::Not => boolean(BoundKind::Not(boxed(truth(operand)))),
            UnaryOperator::BitNot => {
                BoundExpression::new(BoundKind::BitNot(boxed(operand)), DataType::Integer)
            }
            UnaryOperator::Minus => {
                let data_type = if operand.data_type == DataType::Boolean {
                    DataType::Integer
                } else if operand.data_type.is_number() {
                    operand.data_type
                } else {
                    DataType::Any
                };
                let negated = BoundExpression::new(BoundKind::Negate(boxed(operand)), data_type);
                self.may_round(negated)
            }
        })
    }

    fn case(
        &mut self,
        operand: Option<&Expression>,
        branches: &[(Expression, Expression)],
        otherwise: Option<&Expression>,
    ) -> Result<BoundExpression, Error> {
        let operand = operand.map(|operand| self.operand(operand)).transpose()?;
        let mut bound = Vec::with_capacity(branches.len());
        for (when, then) in branches {
            let condition = match &operand {
                Some(row @ ComparisonOperand::Row(_)) => {
                    let other = self.operand(when)?;
                    row_value::compare(Comparison::Equal, row.clone(), other, when.span)?
                }
                Some(ComparisonOperand::Value(_)) | None => self.bind(when)?,
            };
            let result = self.bind(then)?;
            bound.push((condition, self.given(result)));
        }
        let otherwise = self.optional(otherwise)?.map(|value| boxed(self.given(*value)));
        Ok(match operand {
            // Rows are compared already.
            None | Some(ComparisonOperand::Row(_)) => chosen(bound, otherwise, truth),
            Some(ComparisonOperand::Value(operand)) => coerce::computed_once(operand, |operand| {
                let is_it = |when| coerce::compare(Comparison::Equal, operand.clone(), when);
                chosen(bound, otherwise, is_it)
            }),
        })
    }
}

/// The CASE of bound branches, each of a condition and a result, and of what else there is.
fn chosen(
    mut branches: Vec<(BoundExpression, BoundExpression)>,
    mut otherwise: Option<Box<BoundExpression>>,
    condition: impl Fn(BoundExpression) -> BoundExpression,
) -> BoundExpression {
    let results = branches.iter_mut().map(|(_, result)| result);
    exact_numbers::alternatives(results.chain(otherwise.as_deref_mut()));
    let results = branches.iter().map(|(_, result)| result).chain(otherwise.as_deref());
    let data_type = common(results);
    let branches = branches.into_iter().map(|(when, then)| (condition(when), then)).collect();
    BoundExpression::new(BoundKind::Case { branches, otherwise }, data_type)
}

/// `iif`: a CASE of its arguments, conditions and results by turns, the last by itself what else
/// there is.
pub(super) fn first_true(arguments: Vec<BoundExpression>) -> BoundExpression {
    let (mut branches, mut otherwise) = (Vec::with_capacity(arguments.len() / 2), None);
    let mut arguments = arguments.into_iter();
    while let Some(condition) = arguments.next() {
        match arguments.next() {
            Some(result) => branches.push((condition, result)),
            None => otherwise = Some(boxed(condition)),
        }
    }
    chosen(branches, otherwise, truth)
}

/// The expression as a condition.
pub(super) fn truth(expression: BoundExpression) -> BoundExpression {
    if expression.data_type == DataType::Boolean {
        return expression;
    }
    let mut number = expression;
    flexible::truth_of_number(&mut number)
        .unwrap_or_else(|| boolean(BoundKind::Truth(boxed(number))))
}

/// CAST to a type.
fn cast(mut operand: BoundExpression, data_type: DataType) -> BoundExpression {
    // To other types it is SQLite's, of the real.
    if matches!(data_type, DataType::Decimal { .. }) {
        operand = exact_numbers::assigned(operand, data_type);
    }
    let collation = operand.traits.collation;
    let traits = ComparisonTraits { collation, ..ComparisonTraits::of_column(data_type) };
    BoundExpression::new(BoundKind::Cast(boxed(operand)), data_type).with_traits(traits)
}

pub(super) fn not_if(negated: bool, condition: BoundExpression) -> BoundExpression {
    if negated { boolean(BoundKind::Not(boxed(condition))) } else { condition }
}
