//! SQLite's paths into a JSON document: `$`, `.label`, `."label"`, `[3]`, `[#]` and `[#-1]`.

use super::document::{Json, JsonText};
use crate::types::MAX_JSON_DEPTH;

/// What became of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PathError {
    /// It leads nowhere.
    NotFound,
    /// It is no path.
    Bad,
    /// It leads to no element of an array, where one has to be.
    NoElement,
    /// It would make a document that nests too deep.
    TooDeep,
}

/// Where a value goes at the end of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum JsonEdit {
    /// Where there is nothing yet.
    Insert,
    /// Before an element of an array, or behind the last.
    InsertBefore,
    /// Where there is something.
    Replace,
    /// In either case.
    Set,
    /// What is there goes.
    Remove,
}

/// One step of a path, and what comes behind it.
enum PathStep {
    Label(JsonText),
    Index(u64),
    /// So many from the end.
    FromEnd(u64),
}

impl PathStep {
    /// The first step of a path that is not at its end, into this part of a document.
    fn read<'p>(path: &'p str, json: &Json) -> Result<(PathStep, &'p str), PathError> {
        // SQLite does not look into brackets that lead nowhere anyhow.
        if path.starts_with('[') && !matches!(json, Json::Array(_)) {
            return Err(PathError::NotFound);
        }
        if let Some(quoted) = path.strip_prefix(".\"") {
            let mut escaped = false;
            let end = quoted.find(|c| {
                let ends = c == '"' && !escaped;
                escaped = c == '\\' && !escaped;
                ends
            });
            let end = end.ok_or(PathError::Bad)?;
            let label = &quoted[..end];
            // Escapes in a path mean what they mean in a document.
            let as_text = format!("\"{label}\"");
            let label = match super::parse::parse(&as_text) {
                Some((Json::Text(text), _)) if label.contains('\\') => text,
                _ => JsonText::of(label),
            };
            return Ok((PathStep::Label(label), &quoted[end + 1..]));
        }
        if let Some(named) = path.strip_prefix('.') {
            let end = named.find(['.', '[']).unwrap_or(named.len());
            if end == 0 {
                return Err(PathError::Bad);
            }
            let label = &named[..end];
            let label =
                if label.contains('\\') { JsonText(label.into()) } else { JsonText::of(label) };
            return Ok((PathStep::Label(label), &named[end..]));
        }
        let inside = path.strip_prefix('[').ok_or(PathError::Bad)?;
        let (inside, rest) = inside.split_once(']').ok_or(PathError::Bad)?;
        let number = |digits: &str| {
            let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
            is_number.then(|| digits.parse().unwrap_or(u64::MAX)).ok_or(PathError::Bad)
        };
        let step = match inside.strip_prefix('#') {
            None => PathStep::Index(number(inside)?),
            Some("") => PathStep::FromEnd(0),
            Some(back) => PathStep::FromEnd(number(back.strip_prefix('-').ok_or(PathError::Bad)?)?),
        };
        Ok((step, rest))
    }

    /// The place in an array or object; its length where it would stand next.
    fn place(&self, json: &Json) -> Result<usize, PathError> {
        match (self, json) {
            (PathStep::Label(wanted), Json::Object(members)) => {
                let plain = wanted.plain();
                let at = members.iter().position(|(label, _)| label.plain() == plain);
                Ok(at.unwrap_or(members.len()))
            }
            (PathStep::Index(index), Json::Array(items)) => {
                let index = usize::try_from(*index).unwrap_or(usize::MAX);
                (index <= items.len()).then_some(index).ok_or(PathError::NotFound)
            }
            (PathStep::FromEnd(back), Json::Array(items)) => {
                let back = usize::try_from(*back).unwrap_or(usize::MAX);
                items.len().checked_sub(back).ok_or(PathError::NotFound)
            }
            (PathStep::Label(_) | PathStep::Index(_) | PathStep::FromEnd(_), _) => {
                Err(PathError::NotFound)
            }
        }
    }
}

/// Where the first step of a path leads to among the elements of a document, and what comes behind it.
pub(super) fn first_step<'p>(json: &Json, path: &'p str) -> Result<(usize, &'p str), PathError> {
    let (step, rest) = PathStep::read(path, json)?;
    Ok((step.place(json)?, rest))
}

/// What a path behind its `$` leads to.
pub(super) fn look_up<'j>(mut json: &'j Json, mut path: &str) -> Result<&'j Json, PathError> {
    while !path.is_empty() {
        let (step, rest) = PathStep::read(path, json)?;
        let place = step.place(json)?;
        let found = match json {
            Json::Array(items) => items.get(place),
            Json::Object(members) => members.get(place).map(|(_, value)| value),
            Json::Null
            | Json::True
            | Json::False
            | Json::Integer(_)
            | Json::Real(_)
            | Json::Text(_) => None,
        };
        json = found.ok_or(PathError::NotFound)?;
        path = rest;
    }
    Ok(json)
}

/// Puts a value where a path behind its `$` leads to; `depth` is how deep it begins.
pub(super) fn edit(
    json: &mut Json,
    path: &str,
    change: JsonEdit,
    new: &Json,
    depth: usize,
) -> Result<(), PathError> {
    if path.is_empty() {
        if matches!(change, JsonEdit::Replace | JsonEdit::Set) {
            *json = new.clone();
        }
        return Ok(());
    }
    if depth > MAX_JSON_DEPTH {
        return Err(PathError::TooDeep);
    }
    let (step, rest) = PathStep::read(path, json)?;
    let place = step.place(json)?;
    let is_removed = change == JsonEdit::Remove && rest.is_empty();
    match json {
        Json::Array(items) if place < items.len() => {
            if is_removed {
                items.remove(place);
                return Ok(());
            } else if change == JsonEdit::InsertBefore && rest.is_empty() {
                items.insert(place, new.clone());
                return Ok(());
            }
            edit(&mut items[place], rest, change, new, depth + 1)
        }
        Json::Object(members) if place < members.len() => {
            if is_removed {
                members.remove(place);
                return Ok(());
            } else if change == JsonEdit::InsertBefore && rest.is_empty() {
                return Err(PathError::NoElement);
            }
            edit(&mut members[place].1, rest, change, new, depth + 1)
        }
        Json::Array(items) => {
            items.push(made(rest, change, new, depth + 1)?);
            Ok(())
        }
        Json::Object(members) => {
            let PathStep::Label(label) = step else { return Err(PathError::NotFound) };
            if change == JsonEdit::InsertBefore && !rest.ends_with(']') {
                return Err(PathError::NoElement);
            }
            members.push((label, made(rest, change, new, depth + 1)?));
            Ok(())
        }
        Json::Null
        | Json::True
        | Json::False
        | Json::Integer(_)
        | Json::Real(_)
        | Json::Text(_) => Err(PathError::NotFound),
    }
}

/// What stands at the beginning of a path that leads nowhere yet, so that it leads to the new value.
fn made(path: &str, change: JsonEdit, new: &Json, depth: usize) -> Result<Json, PathError> {
    if !matches!(change, JsonEdit::Insert | JsonEdit::InsertBefore | JsonEdit::Set) {
        return Err(PathError::NotFound);
    }
    if path.is_empty() {
        return Ok(new.clone());
    }
    let mut made =
        if path.starts_with('.') { Json::Object(Vec::new()) } else { Json::Array(Vec::new()) };
    edit(&mut made, path, change, new, depth)?;
    Ok(made)
}
