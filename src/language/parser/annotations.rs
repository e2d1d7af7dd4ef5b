//! What a statement says about the transaction that it is.

use super::super::Keyword;
use super::super::ast::Annotations;
use super::super::token::Symbol;
use super::input::{Parsed, TokenInput, comma_list, parenthesised, symbol, word};
use super::name::text;
use super::time::no_moment;
use nom::Parser;
use nom::combinator::opt;
use nom::sequence::preceded;

/// `Annotations ::= 'WITH' '(' Annotation (',' Annotation)* ')'`
pub(super) fn annotations(input: TokenInput<'_>) -> Parsed<'_, Annotations> {
    let (input, ()) = no_moment(input)?;
    let list = parenthesised(comma_list(annotation));
    let (rest, list) = opt(preceded(word(Keyword::With), list)).parse(input)?;
    let mut annotations = Annotations::default();
    if list.is_some() {
        annotations.span = input.span_to(rest);
    }
    for (field, text, place) in list.unwrap_or_default() {
        if field(&mut annotations).replace(text).is_some() {
            let message = format!("{} stands twice", place.word());
            return place.fail("duplicate-annotation", message);
        }
    }
    Ok((rest, annotations))
}

/// What an annotation fills.
type AnnotationField = fn(&mut Annotations) -> &mut Option<String>;

/// Every annotation's word and what it fills.
const ANNOTATIONS: [(Keyword, AnnotationField); 4] = [
    (Keyword::Intent, |annotations| &mut annotations.intent),
    (Keyword::Actor, |annotations| &mut annotations.actor),
    (Keyword::Note, |annotations| &mut annotations.note),
    (Keyword::Id, |annotations| &mut annotations.id),
];

/// `Annotation ::= ('INTENT' | 'ACTOR' | 'NOTE' | 'ID') '=' Text`
fn annotation<'a>(input: TokenInput<'a>) -> Parsed<'a, (AnnotationField, String, TokenInput<'a>)> {
    let mut known = ANNOTATIONS.into_iter();
    let Some((_, field)) = known.find(|(key, _)| input.is_word(0, *key)) else {
        ANNOTATIONS.iter().for_each(|(key, _)| input.note(*key));
        return input.no_match(Keyword::Id);
    };
    let (rest, _) = symbol(Symbol::Equal)(input.skip(1))?;
    let (rest, text) = text(rest)?;
    Ok((rest, (field, text, input)))
}
