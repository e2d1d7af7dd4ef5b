//! The views, triggers and settings of a snapshot or of the catalog: a section that stands behind the definitions
//! of the tables where there are any.
//!
//! ```text
//! },"definitions":{⏎
//! "5":{"kind":"view","name":"rich","sql":"CREATE VIEW rich AS …"},⏎      by the event that made it
//! "9":{"kind":"setting","name":"user_version","sql":"PRAGMA user_version = 7"}⏎
//! ```

use super::lines::{ProjectionLines, check_length};
use super::output_file::OutputFile;
use crate::storage::error::Error;
use crate::storage::log::schema_rules::check_definition;
use crate::storage::log::text::{push_string, push_u64};
use crate::types::{Definition, DefinitionKind, EventId, fold};
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

/// The line that begins the section.
const SECTION: &[u8] = b"},\"definitions\":{";

/// Appends the section, without the newline behind its last line; nothing where there is nothing in it.
pub(crate) fn push_definitions(
    output: &mut OutputFile<'_>,
    definitions: &[Arc<Definition>],
) -> Result<(), Error> {
    if definitions.is_empty() {
        return Ok(());
    }
    check_all(definitions).map_err(Error::invalid)?;
    output.bytes.extend_from_slice(b"\n");
    output.bytes.extend_from_slice(SECTION);
    for (at, definition) in definitions.iter().enumerate() {
        output.bytes.extend_from_slice(if at == 0 { b"\n" } else { b",\n" });
        push_definition(&mut output.bytes, definition)?;
        output.flush_if_full()?;
    }
    Ok(())
}

fn push_definition(out: &mut Vec<u8>, definition: &Definition) -> Result<(), Error> {
    let start = out.len();
    let mut event = Vec::new();
    push_u64(&mut event, definition.id.0);
    push_string(out, &String::from_utf8_lossy(&event));
    out.push(b':');
    let written = serde_json::to_writer(&mut *out, definition);
    written.map_err(|error| Error::invalid(error.to_string()))?;
    check_length(out, start, "a definition")
}

/// Reads the section if the current line begins it; then that is the line behind it.
pub(crate) fn read_definitions(
    lines: &mut ProjectionLines,
    head: EventId,
) -> Result<Vec<Arc<Definition>>, Error> {
    let mut definitions = Vec::new();
    if lines.line() != SECTION {
        return Ok(definitions);
    }
    loop {
        lines.advance()?;
        if lines.line().starts_with(b"}") {
            break;
        }
        let read = parse_definition(lines.item(), head);
        definitions.push(Arc::new(read.map_err(|reason| lines.damaged(reason))?));
    }
    lines.check(!definitions.is_empty())?;
    check_all(&definitions).map_err(|reason| lines.damaged(reason))?;
    Ok(definitions)
}

fn parse_definition(line: &[u8], head: EventId) -> Result<Definition, String> {
    let object = [b"{", line, b"}"].concat();
    let object: BTreeMap<u64, Definition> =
        serde_json::from_slice(&object).map_err(|error| format!("bad definition: {error}"))?;
    let mut found = object.into_iter();
    let (Some((event, definition)), None) = (found.next(), found.next()) else {
        return Err("not one definition in a line".into());
    };
    let definition = Definition { id: EventId(event), ..definition };
    if definition.id > head || definition.id == EventId::START {
        return Err(format!("`{}` is of another time", definition.name));
    }
    check_definition(&definition).map_err(|error| error.to_string())?;
    // What would be written otherwise has something that is not understood here.
    let mut again = Vec::with_capacity(line.len());
    push_definition(&mut again, &definition).map_err(|error| error.to_string())?;
    match again == line {
        true => Ok(definition),
        false => {
            Err(format!("the definition of `{}` has something unknown in it", definition.name))
        }
    }
}

/// Refuses definitions that cannot be of one schema, or are out of order.
fn check_all(definitions: &[Arc<Definition>]) -> Result<(), String> {
    let mut names: HashSet<(DefinitionKind, String)> = HashSet::new();
    for Definition { kind, name, .. } in definitions.iter().map(|definition| &**definition) {
        if !names.insert((*kind, fold(name))) {
            return Err(format!("the {kind} `{name}` is there twice"));
        }
    }
    match definitions.is_sorted_by(|one, other| one.id < other.id) {
        true => Ok(()),
        false => Err("definitions out of order".into()),
    }
}
