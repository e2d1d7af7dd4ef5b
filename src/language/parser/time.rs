//! Moments, periods, and the statements that are about them.

use super::super::Keyword;
use super::super::ast::{
    ActorSetting, AsOf, EventSelection, Expression, History, Identifier, ObjectName, Point,
    QueryStatement, Range, RangeEnd, RangeStart, SessionStatement, ShowSubject, SnapshotName,
    SpannedPoint, Statement, Switch, Temporal,
};
use super::super::keyword::WordClass;
use super::super::token::{Symbol, TokenKind};
use super::annotations::annotations;
use super::dialect_hints;
use super::expected::{Expected, NameKind};
use super::expression::{expression, given};
use super::input::{Parsed, StopAtRange, TokenInput, symbol, word};
use super::name::{label, number_of, table_name, text, text_for};
use crate::types::{ByteSize, Span, Value};
use nom::Parser;
use nom::branch::alt;
use nom::combinator::{opt, value};
use nom::sequence::preceded;

/// Whether AS OF and the beginning of a point stand here; `AS of` alone is an alias.
fn begins_as_of(input: TokenInput<'_>) -> bool {
    input.is_word(0, Keyword::As)
        && input.is_word(1, Keyword::Of)
        && match input.ahead(2).kind {
            TokenKind::Integer | TokenKind::Text | TokenKind::Name | TokenKind::Parameter => true,
            // `AS OF` with nothing behind it must not silently mean the present.
            TokenKind::Symbol(symbol) => {
                matches!(symbol, Symbol::Minus | Symbol::Semicolon | Symbol::RightParenthesis)
            }
            TokenKind::End => true,
            TokenKind::Keyword(keyword) => keyword.class() == WordClass::Free,
            TokenKind::QuotedName | TokenKind::Blob | TokenKind::Real | TokenKind::Json => false,
        }
}

/// Whether BEFORE and the beginning of a point stand here; `before` alone is a name.
fn begins_before(input: TokenInput<'_>) -> bool {
    input.is_word(0, Keyword::Before) && begins_point(input.skip(1))
}

/// Whether a point begins here, and not a name or what stands behind one.
fn begins_point(input: TokenInput<'_>) -> bool {
    let kind = input.kind;
    matches!(kind, TokenKind::Integer | TokenKind::Text | TokenKind::Parameter)
        || kind.keyword().is_some_and(|keyword| POINT_WORDS.contains(&keyword))
}

/// The words that a point begins with.
const POINT_WORDS: &[Keyword] = &[
    Keyword::Event,
    Keyword::Tx,
    Keyword::Tag,
    Keyword::Snapshot,
    Keyword::Start,
    Keyword::Latest,
    Keyword::Timestamp,
];

/// Whether a moment begins here, of a table or of a whole statement.
#[inline]
pub(super) fn begins_moment(input: TokenInput<'_>) -> bool {
    match input.kind {
        TokenKind::Keyword(Keyword::As) => begins_as_of(input),
        TokenKind::Keyword(Keyword::Before) => begins_before(input),
        _ => false,
    }
}

/// Whether a clause that says when a table is read begins here: no word of it is an alias.
#[inline]
pub(super) fn begins_temporal(input: TokenInput<'_>) -> bool {
    begins_moment(input) || begins_system_time(input)
}

#[inline]
fn begins_system_time(input: TokenInput<'_>) -> bool {
    input.is_word(0, Keyword::For) && input.is_word(1, Keyword::SystemTime)
}

/// `AsOf ::= ('AS' 'OF' | 'BEFORE') Point`
pub(super) fn as_of(input: TokenInput<'_>) -> Parsed<'_, AsOf> {
    let before = begins_before(input);
    if !before && !begins_as_of(input) {
        offer_moment(input);
        return input.no_match("AS OF");
    }
    let (rest, point) = point(input.skip(if before { 1 } else { 2 }))?;
    Ok((rest, AsOf { point, before, span: input.span_to(rest) }))
}

/// `[AsOf]`
#[inline]
pub(super) fn maybe_as_of(input: TokenInput<'_>) -> Parsed<'_, Option<AsOf>> {
    if begins_moment(input) {
        return opt(as_of).parse(input);
    }
    offer_moment(input);
    input.note("AS OF");
    Ok((input, None))
}

/// Offers the words of a moment where some of them stand, and the first ones.
#[inline]
fn offer_moment(input: TokenInput<'_>) {
    if !input.state.completing {
        return;
    }
    if input.is_word(0, Keyword::As) {
        input.skip(1).offer(Keyword::Of);
    }
    if input.is_word(0, Keyword::Before) {
        POINT_WORDS.iter().for_each(|word| input.skip(1).offer(*word));
        input.skip(1).offer(Expected::Point);
    }
    input.offer(Keyword::Before);
}

/// `Temporal ::= AsOf | 'FOR' 'SYSTEM_TIME' (AsOf | 'FROM' Point 'TO' Point
///             | 'BETWEEN' Point 'AND' Point | 'ALL')`
fn temporal(input: TokenInput<'_>) -> Parsed<'_, Temporal> {
    if !begins_system_time(input) {
        let (rest, as_of) = as_of(input)?;
        return Ok((rest, Temporal::AsOf(as_of)));
    }
    let behind = input.skip(2);
    if begins_moment(behind) {
        let (rest, as_of) = as_of(behind)?;
        return Ok((rest, Temporal::AsOf(AsOf { span: input.span_to(rest), ..as_of })));
    }
    behind.note("AS OF");
    match behind.kind {
        TokenKind::Keyword(Keyword::From) => {
            let (rest, (from, to)) = ends(behind, Keyword::To)?;
            Ok((rest, Temporal::From { from, to, span: input.span_to(rest) }))
        }
        TokenKind::Keyword(Keyword::Between) => {
            let (rest, (from, to)) = ends(behind, Keyword::And)?;
            Ok((rest, Temporal::Between { from, to, span: input.span_to(rest) }))
        }
        TokenKind::Keyword(Keyword::All) => {
            Ok((behind.skip(1), Temporal::All { span: input.span_to(behind.skip(1)) }))
        }
        _ => {
            behind.note("FROM");
            behind.note("BETWEEN");
            behind.no_match("ALL")
        }
    }
}

/// `[Temporal]`
#[inline]
pub(super) fn maybe_temporal(input: TokenInput<'_>) -> Parsed<'_, Option<Temporal>> {
    if input.is_word(0, Keyword::For) {
        input.skip(1).offer(Keyword::SystemTime);
    }
    if begins_temporal(input) {
        return opt(temporal).parse(input);
    }
    input.offer("FOR SYSTEM_TIME");
    offer_moment(input);
    input.note("AS OF");
    Ok((input, None))
}

/// Makes sure that no moment stands here, where rows of the present are changed.
pub(super) fn no_moment(input: TokenInput<'_>) -> Parsed<'_, ()> {
    if !begins_temporal(input) {
        return Ok((input, ()));
    }
    no_moment_at(input, input.span_to(input.skip(2)))
}

/// Refuses the moment of rows that stand in a statement.
pub(super) fn moment_of_rows<'a, T>(input: TokenInput<'a>, as_of: &AsOf) -> Parsed<'a, T> {
    no_moment_at(input, as_of.span)
}

fn no_moment_at<T>(input: TokenInput<'_>, span: Span) -> Parsed<'_, T> {
    let message = "a write changes the present; moments belong to queries".to_owned();
    let help = "INSERT … SELECT … AS OF … brings rows back".to_owned();
    input.fail_at(span, "syntax", message, Some(help))
}

/// Behind the first word, `Point between Point`.
fn ends(input: TokenInput<'_>, between: Keyword) -> Parsed<'_, (SpannedPoint, SpannedPoint)> {
    let (rest, from) = at(input.skip(1))?;
    let (rest, _) = word(between)(rest)?;
    let (rest, to) = at(rest)?;
    Ok((rest, (from, to)))
}

/// A point with its place.
fn at(input: TokenInput<'_>) -> Parsed<'_, SpannedPoint> {
    let (rest, point) = point(input)?;
    Ok((rest, SpannedPoint { point, span: input.span_to(rest) }))
}

/// `Point ::= ['EVENT'] Integer | 'EVENT' '-' Integer | 'TX' Integer | 'START' | 'LATEST'
///          | 'TIMESTAMP' Text | 'TAG' Label | 'SNAPSHOT' (Integer | Text) | Text
///          | ['EVENT' | 'TX' | 'TIMESTAMP' | 'TAG' | 'SNAPSHOT'] Parameter`
fn point(input: TokenInput<'_>) -> Parsed<'_, Point> {
    let behind = input.skip(1);
    if behind.kind == TokenKind::Parameter
        && let TokenKind::Keyword(word) = input.kind
        && PARAMETER_WORDS.contains(&word)
    {
        return parameter_point(behind, Some(word));
    }
    match input.kind {
        TokenKind::Keyword(Keyword::Event) if behind.is_symbol(0, Symbol::Minus) => {
            let (rest, events) = number_of(Expected::Other("how many events"))(behind.skip(1))?;
            Ok((rest, Point::EventsBack(events)))
        }
        TokenKind::Keyword(Keyword::Event) => {
            behind.offer(Symbol::Minus);
            let (rest, event) = number_of(Expected::Event)(behind)?;
            Ok((rest, Point::Event(event)))
        }
        TokenKind::Keyword(Keyword::Tx) => {
            let (rest, transaction) = number_of(Expected::Transaction)(behind)?;
            Ok((rest, Point::Transaction(transaction)))
        }
        TokenKind::Keyword(Keyword::Start) => Ok((behind, Point::Start)),
        TokenKind::Keyword(Keyword::Latest) => Ok((behind, Point::Latest)),
        TokenKind::Keyword(Keyword::Timestamp) => {
            let (rest, iso) = text_for(Expected::Time)(behind)?;
            Ok((rest, Point::Timestamp(iso)))
        }
        TokenKind::Keyword(Keyword::Tag) => {
            let (rest, tag) = tag_name(behind, NameKind::Tag)?;
            Ok((rest, Point::Tag(tag.name.into())))
        }
        TokenKind::Keyword(Keyword::Snapshot) => {
            let by_number = number_of(Expected::Snapshot).map(SnapshotName::Number);
            let by_name = text_for(Expected::Snapshot).map(SnapshotName::Name);
            let (rest, snapshot) = alt((by_number, by_name)).parse(behind)?;
            Ok((rest, Point::Snapshot(snapshot)))
        }
        TokenKind::Integer => {
            let (rest, event) = number_of(Expected::Event)(input)?;
            Ok((rest, Point::Event(event)))
        }
        TokenKind::Text => {
            let (rest, words) = text(input)?;
            Ok((rest, Point::Phrase(words)))
        }
        TokenKind::Symbol(Symbol::Minus) if behind.kind == TokenKind::Integer => {
            let span = input.span_to(behind.skip(1));
            let message = "a number of events back belongs to EVENT".to_owned();
            let help = format!("write EVENT -{}", behind.word());
            input.fail_at(span, "syntax", message, Some(help))
        }
        TokenKind::Parameter => parameter_point(input, None),
        _ => {
            POINT_WORDS.iter().for_each(|word| input.note(*word));
            input.no_match(Expected::Point)
        }
    }
}

/// The words that a parameter can stand behind.
const PARAMETER_WORDS: &[Keyword] =
    &[Keyword::Event, Keyword::Tx, Keyword::Timestamp, Keyword::Tag, Keyword::Snapshot];

/// A parameter behind a word of a point, or by itself: the point that its value makes, if it has one.
fn parameter_point(input: TokenInput<'_>, word: Option<Keyword>) -> Parsed<'_, Point> {
    let (rest, (name, value)) = given(input)?;
    let Some(value) = value else { return Ok((rest, Point::Parameter { word, name })) };
    let point = match (word, &value.value) {
        (Some(Keyword::Event), Value::Integer(events)) if *events < 0 => {
            Some(Point::EventsBack(events.unsigned_abs()))
        }
        (_, Value::Integer(number)) => u64::try_from(*number).ok().and_then(|n| numbered(word, n)),
        (_, Value::Text(text)) => named(word, text),
        (None | Some(Keyword::Timestamp), Value::Date(_) | Value::Timestamp(_)) => {
            Some(Point::Timestamp(value.value.to_text().into_owned()))
        }
        _ => None,
    };
    if let Some(point) = point {
        return Ok((rest, point));
    }
    let meant = match word {
        Some(Keyword::Tx) => Expected::Transaction,
        Some(Keyword::Timestamp) => Expected::Time,
        Some(Keyword::Tag) => Expected::Name(NameKind::Tag),
        Some(Keyword::Snapshot) => Expected::Snapshot,
        Some(_) => Expected::Event,
        None => Expected::Point,
    };
    input.fail("bad-parameter", format!("{name} is {value}, and not {}", meant.text()))
}

/// The point that a word and a number are.
fn numbered(word: Option<Keyword>, number: u64) -> Option<Point> {
    match word {
        None | Some(Keyword::Event) => Some(Point::Event(number)),
        Some(Keyword::Tx) => Some(Point::Transaction(number)),
        Some(Keyword::Snapshot) => Some(Point::Snapshot(SnapshotName::Number(number))),
        Some(_) => None,
    }
}

/// The point that a word and a text are.
fn named(word: Option<Keyword>, text: &str) -> Option<Point> {
    let text = text.to_owned();
    match word {
        None => Some(Point::Phrase(text)),
        Some(Keyword::Timestamp) => Some(Point::Timestamp(text)),
        Some(Keyword::Tag) => Some(Point::Tag(text)),
        Some(Keyword::Snapshot) => Some(Point::Snapshot(SnapshotName::Name(text))),
        Some(_) => None,
    }
}

/// `Label`, the name of a tag, which is printed as a text.
fn tag_name(input: TokenInput<'_>, of: NameKind) -> Parsed<'_, Identifier> {
    let (rest, name) = label(of)(input)?;
    Ok((rest, Identifier { quoted: false, ..name }))
}

/// `Range ::= [('FROM' | 'SINCE' | 'AFTER') Point] ['TO' Point] | 'BETWEEN' Point 'AND' Point`
fn range(input: TokenInput<'_>) -> Parsed<'_, Range> {
    let (_, between) = opt(word(Keyword::Between)).parse(input)?;
    if between.is_some() {
        let (rest, (from, to)) = ends(input, Keyword::And)?;
        let (start, end) = (RangeStart::From(from), RangeEnd::And(to));
        return Ok((rest, Range { start: Some(start), end: Some(end) }));
    }
    let start = alt((
        preceded(word(Keyword::From), at).map(RangeStart::From),
        preceded(word(Keyword::Since), at).map(RangeStart::Since),
        preceded(word(Keyword::After), at).map(RangeStart::After),
    ));
    let (rest, start) = opt(start).parse(input)?;
    let (rest, end) = opt(preceded(word(Keyword::To), at).map(RangeEnd::To)).parse(rest)?;
    Ok((rest, Range { start, end }))
}

/// Whether a BETWEEN behind this operand is none of the expression's, but begins the range with which
/// HISTORY ends.
pub(super) fn begins_range_behind(input: TokenInput<'_>, left: &Expression) -> bool {
    match input.state.range.get() {
        Some((at, stop)) if at == input.at() => stop == StopAtRange::Always || left.is_condition(),
        Some(_) | None => false,
    }
}

/// The BETWEEN that can begin the range of a HISTORY from here on: the last one outside of brackets,
/// if two points and nothing but LIMIT are behind it.
fn last_between(input: TokenInput<'_>) -> Option<usize> {
    let (mut brackets, mut last) = (0_usize, None);
    for at in input.at()..input.state.tokens.len() {
        match input.state.tokens.at(at).kind {
            TokenKind::Symbol(Symbol::LeftParenthesis) => brackets += 1,
            TokenKind::Symbol(Symbol::RightParenthesis) if brackets > 0 => brackets -= 1,
            TokenKind::Symbol(Symbol::RightParenthesis | Symbol::Semicolon)
            | TokenKind::Keyword(Keyword::Limit)
                if brackets == 0 =>
            {
                break;
            }
            TokenKind::Keyword(Keyword::Between) if brackets == 0 => last = Some(at),
            _ => {}
        }
    }
    let (rest, _) = ends(input.skip(last? - input.at()), Keyword::And).ok()?;
    last.filter(|_| ends_history(rest))
}

/// Whether nothing but LIMIT can come of a HISTORY.
fn ends_history(rest: TokenInput<'_>) -> bool {
    let is_symbol = |symbol| rest.is_symbol(0, symbol);
    rest.note(Keyword::Limit);
    rest.kind == TokenKind::End
        || rest.is_word(0, Keyword::Limit)
        || is_symbol(Symbol::RightParenthesis)
        || is_symbol(Symbol::Semicolon)
}

/// Whether a range begins here, where `since` and `after` could be names.
fn begins_range(input: TokenInput<'_>) -> bool {
    let is_word = input.is_word(0, Keyword::Since) || input.is_word(0, Keyword::After);
    is_word && begins_point(input.skip(1))
}

/// `['WHERE' Expression] Range`, where BETWEEN may belong to either: behind a comparison it begins the
/// range, behind anything else the condition goes on as long as it can.
fn filtered_range(input: TokenInput<'_>) -> Parsed<'_, (Option<Expression>, Range)> {
    let between = last_between(input);
    let stops_at = |stop| {
        let before = input.state.range.replace(between.map(|at| (at, stop)));
        let filter = opt(preceded(word(Keyword::Where), expression)).parse(input);
        input.state.range.set(before);
        let (rest, filter) = filter?;
        let (rest, range) = range(rest)?;
        Ok((rest, (filter, range)))
    };
    let longest = stops_at(StopAtRange::BehindConditions);
    if between.is_none() || longest.as_ref().is_ok_and(|(rest, _)| ends_history(*rest)) {
        return longest;
    }
    match stops_at(StopAtRange::Always) {
        Ok(shorter) if ends_history(shorter.0) => Ok(shorter),
        _ => longest,
    }
}

/// `History ::= HistoryOf Changes`
/// `Changes ::= ['WHERE' Expression] Range [Limit]`
pub(super) fn history(input: TokenInput<'_>) -> Parsed<'_, History> {
    let (rest, table) = history_of(input)?;
    let (rest, (filter, range)) = filtered_range(rest)?;
    let (rest, limit) = limit(rest)?;
    Ok((rest, History { table, filter, range, limit, span: input.span_to(rest) }))
}

/// `['LIMIT' Expression]`
fn limit(input: TokenInput<'_>) -> Parsed<'_, Option<Expression>> {
    opt(preceded(word(Keyword::Limit), expression)).parse(input)
}

/// `HistoryOf ::= 'HISTORY' ['OF'] Name`
pub(super) fn history_of(input: TokenInput<'_>) -> Parsed<'_, ObjectName> {
    let (rest, _) = word(Keyword::History)(input)?;
    let (rest, _) = opt(word(Keyword::Of)).parse(rest)?;
    table_name(rest)
}

/// Whether HISTORY OF stands here; `history` alone is a name.
pub(super) fn begins_history_of(input: TokenInput<'_>) -> bool {
    input.is_word(0, Keyword::History) && input.is_word(1, Keyword::Of)
}

pub(super) fn history_statement(input: TokenInput<'_>) -> Parsed<'_, Statement> {
    let (rest, history) = history(input)?;
    Ok((rest, Statement::Query(QueryStatement::History(Box::new(history)))))
}

/// `Events ::= 'EVENTS' ['FOR' Name] Range ['LIMIT' Expression]`
pub(super) fn events(input: TokenInput<'_>) -> Parsed<'_, Statement> {
    let (rest, _) = word(Keyword::Events)(input)?;
    let (rest, table) = opt(preceded(word(Keyword::For), table_name)).parse(rest)?;
    let (rest, range) = range(rest)?;
    let (rest, limit) = limit(rest)?;
    let events = EventSelection { table, range, limit };
    Ok((rest, Statement::Query(QueryStatement::Events(Box::new(events)))))
}

/// `Replay ::= 'REPLAY' [Name] Range ['LIMIT' Expression]`
pub(super) fn replay(input: TokenInput<'_>) -> Parsed<'_, Statement> {
    let (rest, _) = word(Keyword::Replay)(input)?;
    let (rest, table) = match begins_range(rest) {
        true => (rest, None),
        false => opt(table_name).parse(rest)?,
    };
    let (rest, range) = range(rest)?;
    let (rest, limit) = limit(rest)?;
    let events = EventSelection { table, range, limit };
    Ok((rest, SessionStatement::Replay(Box::new(events)).into()))
}

/// `Snapshot ::= 'SNAPSHOT' [Text] [Annotations]`
pub(super) fn snapshot(input: TokenInput<'_>) -> Parsed<'_, Statement> {
    let (behind, _) = word(Keyword::Snapshot)(input)?;
    let (rest, name) = opt(text).parse(behind)?;
    let span = behind.peek().span;
    let name = name.map(|name| Identifier { name: name.into(), span, quoted: false });
    let (rest, annotations) = annotations(rest)?;
    Ok((rest, SessionStatement::Snapshot { name, annotations }.into()))
}

/// `Tag ::= 'TAG' Label ['AT' Point] [Annotations]`
pub(super) fn tag(input: TokenInput<'_>) -> Parsed<'_, Statement> {
    let (rest, name) =
        preceded(word(Keyword::Tag), |input| tag_name(input, NameKind::New)).parse(input)?;
    let (rest, at) = opt(preceded(word(Keyword::At), at)).parse(rest)?;
    let (rest, annotations) = annotations(rest)?;
    Ok((rest, SessionStatement::Tag { name, at, annotations }.into()))
}

/// `Set ::= 'SET' (AsOf | 'ACTOR' '=' (Text | 'NULL' | 'DEFAULT')
///                 | 'MEMORY' '=' (Text | 'DEFAULT')
///                 | ('FLEXIBLE_TYPES' | 'FOREIGN_KEYS' | 'RECURSIVE_TRIGGERS' | 'REWRITES') '=' ('ON' | 'OFF'))`
pub(super) fn set(input: TokenInput<'_>) -> Parsed<'_, Statement> {
    let (rest, _) = word(Keyword::Set)(input)?;
    for switch in Switch::ALL {
        let keyword = switch.keyword();
        if rest.is_word(0, keyword) {
            let (rest, _) = symbol(Symbol::Equal)(rest.skip(1))?;
            let (on, off) = (word(Keyword::On), word(Keyword::Off));
            let (rest, is_on) = alt((value(true, on), value(false, off))).parse(rest)?;
            return Ok((rest, SessionStatement::SetSwitch { switch: *switch, is_on }.into()));
        }
        rest.note(keyword);
    }
    if matches!(rest.kind, TokenKind::Name) {
        return input.unsupported("SET");
    }
    if rest.is_word(0, Keyword::Actor) {
        return set_actor(rest.skip(1));
    }
    rest.note("ACTOR");
    if rest.is_word(0, Keyword::Memory) {
        return set_memory(rest.skip(1));
    }
    rest.note("MEMORY");
    if rest.is_word(0, Keyword::As) {
        let (rest, at) = preceded((word(Keyword::As), word(Keyword::Of)), at).parse(rest)?;
        return Ok((rest, SessionStatement::SetAsOf(at.as_of(false)).into()));
    }
    let (rest, as_of) = as_of(rest)?;
    Ok((rest, SessionStatement::SetAsOf(as_of).into()))
}

/// `'=' (Text | 'DEFAULT')`, behind SET MEMORY.
fn set_memory(input: TokenInput<'_>) -> Parsed<'_, Statement> {
    let (place, _) = symbol(Symbol::Equal)(input)?;
    let setting = alt((value(None, word(Keyword::Default)), text.map(Some)));
    let (rest, setting) = { setting }.parse(place)?;
    let size = match setting {
        None => None,
        Some(written) => match ByteSize::parse(&written) {
            None => {
                let message = format!("'{written}' is no size; one is '64MB', '500kB' or '2GB'");
                return place.fail("size", message);
            }
            size => size,
        },
    };
    Ok((rest, SessionStatement::SetMemory(size).into()))
}

/// `'=' (Text | 'NULL' | 'DEFAULT')`, behind SET ACTOR.
fn set_actor(input: TokenInput<'_>) -> Parsed<'_, Statement> {
    let (rest, _) = symbol(Symbol::Equal)(input)?;
    let (rest, setting) = alt((
        value(ActorSetting::Nobody, word(Keyword::Null)),
        value(ActorSetting::Default, word(Keyword::Default)),
        text.map(ActorSetting::Name),
    ))
    .parse(rest)?;
    Ok((rest, SessionStatement::SetActor(setting).into()))
}

/// What SHOW shows in later versions.
const LATER_LISTS: &[&str] = &["DIGEST", "BRANCHES"];

/// `Show ::= 'SHOW' ('TABLES' | 'EVENTS' | 'SNAPSHOTS' | 'TAGS') [AsOf]`
pub(super) fn show(input: TokenInput<'_>) -> Parsed<'_, Statement> {
    let rest = input.skip(1);
    let later = LATER_LISTS.iter().find(|list| rest.word().eq_ignore_ascii_case(list));
    if let Some(list) = later {
        return rest.unsupported(&format!("SHOW {list}"));
    }
    dialect_hints::refuse_shown(rest)?;
    let (rest, subject) = alt((
        value(None, word(Keyword::Tables)),
        value(Some(ShowSubject::Events), word(Keyword::Events)),
        value(Some(ShowSubject::Snapshots), word(Keyword::Snapshots)),
        value(Some(ShowSubject::Tags), word(Keyword::Tags)),
    ))
    .parse(rest)?;
    let (rest, as_of) = maybe_as_of(rest)?;
    let statement = match subject {
        Some(subject) => Statement::Query(QueryStatement::Show { subject, as_of }),
        None => SessionStatement::ShowTables { as_of }.into(),
    };
    Ok((rest, statement))
}
