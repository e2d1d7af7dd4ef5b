//! `_tags` and `_snapshots`: the moments that somebody marked.

use super::{RelationSchema, integer, optional, relation_rows};
use crate::executor::{BoxedOperator, Context, Error, Relation};
use crate::storage::{self, Database, SnapshotInfo, TagMarker};
use crate::types::{DataType, EventId, Timestamp, Value};
use std::sync::Arc;

pub(super) const TAGS: RelationSchema = RelationSchema {
    name: "_tags",
    columns: &[
        ("tag", DataType::Text),
        ("event", DataType::Integer),
        ("at", DataType::Timestamp),
        ("set_by", DataType::Integer),
    ],
};

pub(super) const SNAPSHOTS: RelationSchema = RelationSchema {
    name: "_snapshots",
    columns: &[
        ("snapshot", DataType::Integer),
        ("name", DataType::Text),
        ("event", DataType::Integer),
        ("at", DataType::Timestamp),
        ("file", DataType::Text),
        ("bytes", DataType::Integer),
    ],
};

/// The tags that there were after an event.
#[derive(Debug)]
pub(super) struct TagsRelation {
    pub database: Arc<Database>,
    pub last: EventId,
}

impl Relation for TagsRelation {
    fn open(&self, columns: &[usize], context: &Context) -> Result<BoxedOperator, Error> {
        let mut found: Vec<(TagMarker, Option<Timestamp>)> = Vec::new();
        for tag in self.database.store().tags() {
            if tag.set_by <= self.last {
                let at = self.database.committed_at(tag.event)?;
                found.push((tag, at));
            }
        }
        let tags = found.into_iter().map(|tag| Ok::<_, storage::Error>(Some(tag)));
        Ok(relation_rows(&TAGS, columns, context, tags, |(tag, at), column| {
            Ok(match TAGS.columns.get(column).map(|column| column.0) {
                Some("tag") => Value::text(&tag.name),
                Some("event") => integer(tag.event.0),
                // At the start there was no commit.
                Some("at") => at.map_or(Value::Null, Value::Timestamp),
                Some("set_by") => integer(tag.set_by.0),
                _ => Value::Null,
            })
        }))
    }

    fn source(&self) -> String {
        format!("{}: the log, up to event {}", TAGS.name, self.last)
    }
}

/// The snapshots that were asked for up to an event.
#[derive(Debug)]
pub(super) struct SnapshotsRelation {
    pub database: Arc<Database>,
    pub last: EventId,
}

impl Relation for SnapshotsRelation {
    fn open(&self, columns: &[usize], context: &Context) -> Result<BoxedOperator, Error> {
        let mut found = self.database.snapshots();
        found.retain(|snapshot| snapshot.event <= self.last);
        let snapshots = found.into_iter().map(|found| Ok::<_, storage::Error>(Some(found)));
        Ok(relation_rows(&SNAPSHOTS, columns, context, snapshots, |snapshot, column| {
            Ok(value(snapshot, column))
        }))
    }

    fn source(&self) -> String {
        format!("{}: the log and its snapshots, up to event {}", SNAPSHOTS.name, self.last)
    }
}

fn value(snapshot: &SnapshotInfo, column: usize) -> Value {
    match SNAPSHOTS.columns.get(column).map(|column| column.0) {
        Some("snapshot") => integer(snapshot.id),
        Some("name") => optional(snapshot.name.as_deref()),
        Some("event") => integer(snapshot.event.0),
        Some("at") => Value::Timestamp(snapshot.at),
        Some("file") => optional(snapshot.file.as_deref()),
        Some("bytes") => snapshot.bytes.map_or(Value::Null, integer),
        _ => Value::Null,
    }
}
