//! The rows of `json_each` and `json_tree`: the elements of a document, one after the other.
//!
//! A row that is read gives its children up as the next ones are asked for, so that nothing is held but
//! the document. The `id` of an element is its place in SQLite's binary JSON, the label of a member
//! counted with it: there is none here, but its sizes are known.

use super::super::super::Error;
use super::super::super::table_functions::TableRows;
use super::document::{Json, JsonText};
use super::{bad_path, document, or_nowhere, path};
use crate::planner::TableFunction;
use crate::types::Value;

/// The columns, in their order.
const KEY: usize = 0;
const VALUE: usize = 1;
const TYPE: usize = 2;
const ATOM: usize = 3;
const ID: usize = 4;
const PARENT: usize = 5;
const FULLKEY: usize = 6;
const PATH: usize = 7;
const JSON: usize = 8;

/// What is inside of a document.
pub struct JsonRows {
    /// The document as it was given.
    given: Value,
    /// Where the rows begin.
    root: String,
    /// Whether what is inside of elements comes, too.
    is_tree: bool,
    /// Whether places in the binary form are asked for.
    counts: bool,
    /// Those whose elements are to come, the innermost last.
    open: Vec<Container>,
    /// Where the current row's container is.
    path: String,
    /// The current row; the first one before there is a current one.
    row: Element,
    state: RowState,
}

/// How far the rows are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum RowState {
    /// The row that is there is the first one.
    First,
    /// The row that is there was given.
    Given,
    /// What comes next is in the containers.
    Inside,
}

/// An array or object of which elements are to come.
struct Container {
    items: std::vec::IntoIter<(Option<JsonText>, Json)>,
    /// The number of the next element.
    index: i64,
    /// Its own place, and that of the next element.
    id: i64,
    next: i64,
    /// How long the path was before it.
    path: usize,
}

/// A row.
struct Element {
    key: Value,
    /// What leads to it from its container.
    step: String,
    json: Json,
    /// Its place, and that of its value where it has a label.
    id: i64,
    at: i64,
    parent: Value,
}

impl JsonRows {
    /// The rows of a document from a place in it on; `None` where there is nothing.
    ///
    /// # Errors
    /// `json` of what is no document and of what is no path.
    pub fn open(
        function: TableFunction,
        arguments: &[Value],
        columns: &[usize],
    ) -> Result<Option<JsonRows>, Error> {
        let (given, root) = match arguments {
            [] | [Value::Null, ..] | [_, Value::Null, ..] => return Ok(None),
            [given] => (given, "$".to_owned()),
            [given, root, ..] => (given, root.to_text().into_owned()),
        };
        let document = document(given)?;
        let steps = root.strip_prefix('$').ok_or_else(|| bad_path(path::PathError::Bad, &root))?;
        let counts = columns.iter().any(|column| matches!(*column, ID | PARENT));
        let Some(found) = found(document, steps, counts, &root)? else { return Ok(None) };
        let is_tree = function == TableFunction::JsonTree;
        let last = last_step(&root);
        let mut rows = JsonRows {
            given: given.clone(),
            is_tree,
            counts,
            open: Vec::new(),
            path: root.clone(),
            row: found,
            state: RowState::First,
            root,
        };
        if is_tree && last > 0 {
            rows.row.key = key_of(&rows.root[last..]);
            rows.row.step = rows.path.split_off(last);
        } else if !is_tree && rows.row.json.is_container() {
            rows.open_row();
            rows.state = RowState::Inside;
        }
        Ok(Some(rows))
    }

    /// Lets what is inside of the current row come next.
    fn open_row(&mut self) {
        let Element { json, step, id, at, .. } = &mut self.row;
        let payload = if self.counts { json.payload() } else { 0 };
        let container = Container {
            index: 0,
            id: *id,
            next: *at + header(payload),
            path: self.path.len(),
            items: match std::mem::replace(json, Json::Null) {
                Json::Array(items) => {
                    let items: Vec<_> = items.into_iter().map(|item| (None, item)).collect();
                    items.into_iter()
                }
                Json::Object(members) => {
                    let members: Vec<_> =
                        members.into_iter().map(|(label, item)| (Some(label), item)).collect();
                    members.into_iter()
                }
                Json::Null
                | Json::True
                | Json::False
                | Json::Integer(_)
                | Json::Real(_)
                | Json::Text(_) => return,
            },
        };
        self.path.push_str(step);
        self.open.push(container);
    }
}

impl TableRows for JsonRows {
    fn advance(&mut self) -> Result<bool, Error> {
        match self.state {
            RowState::First => {
                self.state = RowState::Given;
                return Ok(true);
            }
            RowState::Given if self.is_tree => self.open_row(),
            RowState::Given | RowState::Inside => {}
        }
        self.state = RowState::Given;
        while let Some(container) = self.open.last_mut() {
            let Some((label, json)) = container.items.next() else {
                self.path.truncate(container.path);
                self.open.pop();
                continue;
            };
            let id = container.next;
            let label_size = match &label {
                Some(label) if self.counts => size(label.0.len()),
                Some(_) | None => 0,
            };
            if self.counts {
                container.next = id + label_size + size(json.payload());
            }
            let parent = if self.is_tree { Value::Integer(container.id) } else { Value::Null };
            let (key, step) = match label {
                Some(label) => (Value::text(label.plain()), step_to(&label.0)),
                None => (Value::Integer(container.index), format!("[{}]", container.index)),
            };
            container.index += 1;
            self.row = Element { key, step, json, id, at: id + label_size, parent };
            return Ok(true);
        }
        Ok(false)
    }

    fn value(&self, column: usize) -> Value {
        let Element { key, step, json, id, parent, .. } = &self.row;
        match column {
            KEY => key.clone(),
            VALUE => json.to_value(),
            TYPE => Value::text(json.type_name()),
            ATOM if json.is_container() => Value::Null,
            ATOM => json.to_value(),
            ID => Value::Integer(*id),
            PARENT => parent.clone(),
            FULLKEY => Value::text(format!("{}{step}", self.path)),
            PATH => Value::text(&self.path),
            JSON => Value::text(self.given.to_text()),
            _ => Value::text(&self.root),
        }
    }

    fn rowid(&self, number: i64) -> Value {
        Value::Integer(number - 1)
    }
}

/// The element that a path leads to, with its place; `None` of nowhere.
fn found(
    mut json: Json,
    mut steps: &str,
    counts: bool,
    root: &str,
) -> Result<Option<Element>, Error> {
    let (mut id, mut at) = (0, 0);
    while !steps.is_empty() {
        let (place, rest) = match path::first_step(&json, steps) {
            Ok(step) => step,
            Err(error) => return or_nowhere(Err(error), root).map(|()| None),
        };
        if counts {
            id = at + header(json.payload());
            id += json.sizes().take(place).sum::<i64>();
            at = id + json.label_size(place);
        }
        json = match json {
            Json::Array(mut items) if place < items.len() => items.swap_remove(place),
            Json::Object(mut members) if place < members.len() => members.swap_remove(place).1,
            Json::Array(_)
            | Json::Object(_)
            | Json::Null
            | Json::True
            | Json::False
            | Json::Integer(_)
            | Json::Real(_)
            | Json::Text(_) => return Ok(None),
        };
        steps = rest;
    }
    let (key, step, parent) = (Value::Null, String::new(), Value::Null);
    Ok(Some(Element { key, step, json, id, at, parent }))
}

/// Where the last step of a path begins; 0 of one that has none.
fn last_step(root: &str) -> usize {
    let (mut last, mut quoted, mut escaped) = (0, false, false);
    for (at, c) in root.char_indices() {
        match c {
            '"' if !escaped => quoted = !quoted,
            '.' | '[' if !quoted => last = at,
            _ => {}
        }
        escaped = c == '\\' && !escaped;
    }
    last
}

/// The key that a step leads to.
fn key_of(step: &str) -> Value {
    if let Some(inside) = step.strip_prefix('[') {
        return Value::Integer(inside.trim_end_matches(']').parse().unwrap_or(0));
    }
    let label = step.trim_start_matches('.');
    let quoted = label.strip_prefix('"').and_then(|label| label.strip_suffix('"'));
    Value::text(quoted.unwrap_or(label))
}

/// The step to a label as it is written in the document.
fn step_to(label: &str) -> String {
    let is_plain = label.starts_with(|c: char| c.is_ascii_alphabetic())
        && label.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if is_plain { format!(".{label}") } else { format!(".\"{label}\"") }
}

/// How many bytes stand before so many in the binary form.
fn header(payload: usize) -> i64 {
    match payload {
        ..=11 => 1,
        12..=0xff => 2,
        0x100..=0xffff => 3,
        _ => 5,
    }
}

/// How many bytes a value of so many has in the binary form.
fn size(payload: usize) -> i64 {
    header(payload).saturating_add(i64::try_from(payload).unwrap_or(i64::MAX))
}

impl Json {
    fn is_container(&self) -> bool {
        matches!(self, Json::Array(_) | Json::Object(_))
    }

    /// How many bytes it has in the binary form, without those that say what it is.
    fn payload(&self) -> usize {
        match self {
            Json::Null | Json::True | Json::False => 0,
            Json::Integer(text) | Json::Real(text) | Json::Text(JsonText(text)) => text.len(),
            Json::Array(_) | Json::Object(_) => {
                usize::try_from(self.sizes().sum::<i64>()).unwrap_or(usize::MAX)
            }
        }
    }

    /// How many bytes each element has, with its label.
    fn sizes(&self) -> Box<dyn Iterator<Item = i64> + '_> {
        match self {
            Json::Array(items) => Box::new(items.iter().map(|item| size(item.payload()))),
            Json::Object(members) => Box::new(
                members.iter().map(|(label, item)| size(label.0.len()) + size(item.payload())),
            ),
            Json::Null
            | Json::True
            | Json::False
            | Json::Integer(_)
            | Json::Real(_)
            | Json::Text(_) => Box::new(std::iter::empty()),
        }
    }

    /// How many bytes the label of an element has; none in an array.
    fn label_size(&self, place: usize) -> i64 {
        let Json::Object(members) = self else { return 0 };
        members.get(place).map_or(0, |(label, _)| size(label.0.len()))
    }
}
