//! Sentences made from a grammar.

use super::ebnf::{Grammar, Rule};
use crate::random::Dice;

/// A sentence of a production as its tokens; `token` makes the text of a lexical production.
pub fn sentence(
    grammar: &Grammar,
    production: &str,
    dice: &mut Dice,
    token: &impl Fn(&str, &mut Dice) -> String,
) -> Vec<String> {
    let mut sentence = Vec::new();
    let rule = Rule::Name(production.to_owned());
    speak(grammar, &rule, dice, 25, token, &mut sentence);
    sentence
}

/// Without fuel, a choice takes its first alternative, which leads to an end, and repeats end.
fn speak(
    grammar: &Grammar,
    rule: &Rule,
    dice: &mut Dice,
    fuel: usize,
    token: &impl Fn(&str, &mut Dice) -> String,
    sentence: &mut Vec<String>,
) {
    let less = fuel.saturating_sub(1);
    match rule {
        Rule::Literal(text) => sentence.push(text.clone()),
        Rule::Class(_) => panic!("sets stand in tokens only"),
        Rule::Name(name) if grammar.tokens.contains(name) => sentence.push(token(name, dice)),
        Rule::Name(name) => speak(grammar, &grammar.rules[name], dice, less, token, sentence),
        Rule::Sequence(parts) => {
            parts.iter().for_each(|part| speak(grammar, part, dice, fuel, token, sentence));
        }
        Rule::Choice(parts) => {
            let part = if fuel == 0 { &parts[0] } else { &parts[dice.roll(parts.len())] };
            speak(grammar, part, dice, fuel, token, sentence);
        }
        Rule::Repeat(part, least, most) => {
            let mut times = *least;
            while fuel > 0 && times < (*most).min(3) && dice.roll(3) == 0 {
                times += 1;
            }
            (0..times).for_each(|_| speak(grammar, part, dice, less, token, sentence));
        }
    }
}
