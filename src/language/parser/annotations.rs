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
    if input.is_word(0, Keyword::Returning) {
        return input.unsupported("RETURNING");
    }
    let (input, ()) = no_moment(input)?;
    let list = parenthesised(comma_list(annotation));
    let (rest, list) = opt(preceded(word(Keyword::With), list)).parse(input)?;
    let mut annotations = Annotations::default();
    if list.is_some() {
        annotations.span = input.span_to(rest);
    }
    for (keyword, text, place) in list.unwrap_or_default() {
        let field = match keyword {
            Keyword::Intent => &mut annotations.intent,
            Keyword::Actor => &mut annotations.actor,
            Keyword::Note => &mut annotations.note,
            _ => &mut annotations.id,
        };
        if field.replace(text).is_some() {
            let message = format!("{} stands twice", place.word());
            return place.fail("duplicate-annotation", message);
        }
    }
    Ok((rest, annotations))
}

/// `Annotation ::= ('INTENT' | 'ACTOR' | 'NOTE' | 'ID') '=' Text`
fn annotation<'a>(input: TokenInput<'a>) -> Parsed<'a, (Keyword, String, TokenInput<'a>)> {
    let keys = [Keyword::Intent, Keyword::Actor, Keyword::Note, Keyword::Id];
    let Some(key) = keys.into_iter().find(|key| input.is_word(0, *key)) else {
        for key in ["INTENT", "ACTOR", "NOTE"] {
            input.note(key);
        }
        return input.no_match("ID");
    };
    let (rest, _) = symbol(Symbol::Equal)(input.skip(1))?;
    let (rest, text) = text(rest)?;
    Ok((rest, (key, text, input)))
}
