//! What becomes of the schema: the same when a statement asks for it and when the log tells of it.

use crate::types::{
    AddedConstraints, Column, ColumnId, ConstraintEdit, Definition, DefinitionKind, EventId,
    ForeignKey, KeyId, KeySchema, RowId, Schema, SchemaName, TableSchema, fold,
};
use std::sync::Arc;

/// What is told of a table that was dropped, besides its definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dropped {
    /// The event that dropped it last.
    pub event: EventId,
    /// The number that its next row would have got.
    pub next_row: RowId,
    /// Its AUTOINCREMENT counter; 0 where it has none.
    pub autoincrement: i64,
}

/// Texts of a table's expressions, in the order of [`TableSchema::expressions`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExpressionTexts(pub Vec<String>);

/// A change of the schema. As long as nobody has given it to an event, the identities of what it makes
/// are empty.
#[derive(Clone, Debug)]
pub enum SchemaChange {
    /// A table comes to be. The identities inside are those of the event.
    CreateTable(Arc<TableSchema>),
    /// A table goes, with its indexes.
    DropTable(Arc<TableSchema>),
    /// A table that was dropped comes back as itself: with its identity and those inside, its indexes, and
    /// its counters where they were, but without rows. Each that comes with it is brought back by an
    /// event of its own, which goes on from the row's last one.
    RestoreTable {
        /// The table, as it was when it was dropped.
        table: Arc<TableSchema>,
        /// When that was, and what else comes back.
        dropped: Dropped,
    },
    /// An index comes to be on a table.
    CreateIndex {
        /// The table as it was before.
        table: Arc<TableSchema>,
        /// The index, its identity that of the event.
        key: Box<KeySchema>,
    },
    /// An index goes.
    DropIndex {
        /// The table as it was before.
        table: Arc<TableSchema>,
        /// The index.
        key: Box<KeySchema>,
    },
    /// A column comes to be, as the last of its table.
    AddColumn {
        /// The table as it was before.
        table: Arc<TableSchema>,
        /// The column, its identity that of the event, with what the rows that are there have in it.
        column: Box<Column>,
        /// What else it demands.
        constraints: Box<AddedConstraints>,
    },
    /// A column goes. No key has it.
    DropColumn {
        /// The table as it was before.
        table: Arc<TableSchema>,
        /// The column's index there.
        column: usize,
    },
    /// A column gets another name.
    RenameColumn {
        /// The table as it was before.
        table: Arc<TableSchema>,
        /// The column's index.
        column: usize,
        /// Its name from then on.
        name: String,
        /// The table's expressions as they read from then on, in the order of
        /// [`TableSchema::expressions`]; empty where none of them names the column.
        expressions: Box<ExpressionTexts>,
    },
    /// A table gets another name.
    RenameTable {
        /// The table as it was before.
        table: Arc<TableSchema>,
        /// Its name from then on.
        name: String,
    },
    /// A constraint comes, goes, or is another one.
    AlterConstraint {
        /// The table as it was before.
        table: Arc<TableSchema>,
        /// What becomes of the constraint.
        edit: Box<ConstraintEdit>,
        /// The definition that says it, as it reads from then on: see [`ConstraintEdit::definition`].
        sql: String,
    },
    /// A view, a trigger or a setting comes to be, its identity that of the event.
    CreateDefinition(Arc<Definition>),
    /// A view or a trigger goes, or a setting is 0 again.
    DropDefinition(Arc<Definition>),
    /// A view, a trigger or a setting is defined otherwise under the name and the identity that it has.
    ReplaceDefinition {
        /// As it was before.
        old: Arc<Definition>,
        /// As it is from then on.
        new: Arc<Definition>,
    },
}

impl SchemaChange {
    /// The word of the log's `op` field.
    pub fn name(&self) -> &'static str {
        match self {
            SchemaChange::CreateTable(_) | SchemaChange::RestoreTable { .. } => "create_table",
            SchemaChange::DropTable(_) => "drop_table",
            SchemaChange::CreateIndex { .. } => "create_index",
            SchemaChange::DropIndex { .. } => "drop_index",
            SchemaChange::AddColumn { .. } => "add_column",
            SchemaChange::DropColumn { .. } => "drop_column",
            SchemaChange::RenameColumn { .. } => "rename_column",
            SchemaChange::RenameTable { .. } => "rename_table",
            SchemaChange::AlterConstraint { .. } => "alter_table",
            SchemaChange::CreateDefinition(definition) => match definition.kind {
                DefinitionKind::View => "create_view",
                DefinitionKind::Trigger => "create_trigger",
                DefinitionKind::Setting => "create_setting",
            },
            SchemaChange::DropDefinition(definition) => match definition.kind {
                DefinitionKind::View => "drop_view",
                DefinitionKind::Trigger => "drop_trigger",
                DefinitionKind::Setting => "drop_setting",
            },
            SchemaChange::ReplaceDefinition { new, .. } => match new.kind {
                DefinitionKind::View => "replace_view",
                DefinitionKind::Trigger => "replace_trigger",
                DefinitionKind::Setting => "replace_setting",
            },
        }
    }

    /// The schema that it is about.
    pub fn schema_name(&self) -> SchemaName {
        match (self.table(), self.definition()) {
            (Some(table), _) => table.id.schema_name(),
            (None, Some(definition)) => definition.schema_name(),
            (None, None) => unreachable!("a change is of a table or of a definition"),
        }
    }

    /// What it says of its table by name: of a view its own, of a trigger that of what it is on.
    pub fn table_name(&self) -> &str {
        match (self.table(), self.definition()) {
            (Some(table), _) => &table.name,
            (None, Some(definition)) => definition.table_name(),
            (None, None) => unreachable!("a change is of a table or of a definition"),
        }
    }

    /// The definition that it is about, as it is after it or was until then.
    pub fn definition(&self) -> Option<&Arc<Definition>> {
        match self {
            SchemaChange::CreateDefinition(definition)
            | SchemaChange::DropDefinition(definition)
            | SchemaChange::ReplaceDefinition { new: definition, .. } => Some(definition),
            SchemaChange::CreateTable(_)
            | SchemaChange::DropTable(_)
            | SchemaChange::RestoreTable { .. }
            | SchemaChange::CreateIndex { .. }
            | SchemaChange::DropIndex { .. }
            | SchemaChange::AddColumn { .. }
            | SchemaChange::DropColumn { .. }
            | SchemaChange::RenameColumn { .. }
            | SchemaChange::RenameTable { .. }
            | SchemaChange::AlterConstraint { .. } => None,
        }
    }

    /// The table that it is about, as it was before; the new one where it comes to be. Views and
    /// triggers are none.
    pub fn table(&self) -> Option<&Arc<TableSchema>> {
        match self {
            SchemaChange::CreateTable(table)
            | SchemaChange::DropTable(table)
            | SchemaChange::RestoreTable { table, .. }
            | SchemaChange::CreateIndex { table, .. }
            | SchemaChange::DropIndex { table, .. }
            | SchemaChange::AddColumn { table, .. }
            | SchemaChange::DropColumn { table, .. }
            | SchemaChange::RenameColumn { table, .. }
            | SchemaChange::RenameTable { table, .. }
            | SchemaChange::AlterConstraint { table, .. } => Some(table),
            SchemaChange::CreateDefinition(_)
            | SchemaChange::DropDefinition(_)
            | SchemaChange::ReplaceDefinition { .. } => None,
        }
    }

    /// The same change as that of an event, by which everything that it makes is known from then on.
    pub fn made_by(self, event: EventId) -> SchemaChange {
        match self {
            SchemaChange::CreateTable(table) => {
                let table = Arc::unwrap_or_clone(table).created_by(event);
                SchemaChange::CreateTable(Arc::new(table))
            }
            SchemaChange::CreateIndex { table, mut key } => {
                key.id = KeyId { event, ordinal: 0 };
                SchemaChange::CreateIndex { table, key }
            }
            SchemaChange::AddColumn { table, mut column, constraints } => {
                column.id = ColumnId { event, ordinal: 0 };
                SchemaChange::AddColumn { table, column, constraints }
            }
            SchemaChange::CreateDefinition(definition) => {
                let definition = Definition { id: event, ..Arc::unwrap_or_clone(definition) };
                SchemaChange::CreateDefinition(Arc::new(definition))
            }
            made_nothing @ (SchemaChange::DropTable(_)
            | SchemaChange::RestoreTable { .. }
            | SchemaChange::DropIndex { .. }
            | SchemaChange::DropColumn { .. }
            | SchemaChange::RenameColumn { .. }
            | SchemaChange::RenameTable { .. }
            | SchemaChange::AlterConstraint { .. }
            | SchemaChange::DropDefinition(_)
            | SchemaChange::ReplaceDefinition { .. }) => made_nothing,
        }
    }

    /// Makes of the schema before it the one after it: the one place that knows.
    pub fn apply(&self, schema: &mut Schema) {
        let edited = |table: &Arc<TableSchema>, edit: &dyn Fn(&mut TableSchema)| {
            let mut after = TableSchema::clone(table);
            edit(&mut after);
            Arc::new(after)
        };
        match self {
            SchemaChange::CreateTable(table) | SchemaChange::RestoreTable { table, .. } => {
                schema.put(Arc::clone(table));
            }
            SchemaChange::DropTable(table) => {
                schema.remove(&table.name);
            }
            SchemaChange::CreateIndex { table, key } => {
                schema.put(edited(table, &|after| after.keys.push(KeySchema::clone(key))));
            }
            SchemaChange::DropIndex { table, key } => {
                let id = key.id;
                schema.put(edited(table, &|after| after.keys.retain(|other| other.id != id)));
            }
            SchemaChange::AddColumn { table, column, constraints } => {
                schema.put(edited(table, &|after| {
                    after.columns.push(Column::clone(column));
                    after.checks.extend(constraints.checks.iter().cloned());
                    after.foreign_keys.extend(constraints.foreign_keys.iter().cloned());
                }));
            }
            SchemaChange::DropColumn { table, column } => {
                schema.put(edited(table, &|after| after.remove_column(*column)));
            }
            SchemaChange::RenameColumn { table, column, name, expressions } => {
                schema.put(edited(table, &|after| {
                    if let Some(column) = after.columns.get_mut(*column) {
                        column.name = name.as_str().into();
                    }
                    let mut now = expressions.0.iter();
                    after.for_each_expression_mut(|text| {
                        now.next().into_iter().for_each(|now| text.clone_from(now));
                    });
                }));
                if let Some(column) = table.columns.get(*column) {
                    rename_in_references(schema, &table.name, |key| {
                        let same = |other: &&mut String| fold(other) == fold(&column.name);
                        let named = key.referenced.iter_mut().filter(same);
                        named.for_each(|other| other.clone_from(name));
                    });
                }
            }
            SchemaChange::RenameTable { table, name } => {
                schema.remove(&table.name);
                schema.put(edited(table, &|after| after.name = name.as_str().into()));
                rename_in_references(schema, &table.name, |key| key.references.clone_from(name));
            }
            SchemaChange::AlterConstraint { table, edit, sql } => {
                schema.put(edited(table, &|after| edit.apply(after, sql)));
            }
            SchemaChange::CreateDefinition(definition)
            | SchemaChange::ReplaceDefinition { new: definition, .. } => {
                schema.put_definition(Arc::clone(definition));
            }
            SchemaChange::DropDefinition(definition) => {
                schema.remove_definition(definition.kind, &definition.name);
            }
        }
        schema.version += 1;
    }
}

/// What makes the definitions of one schema those of another: those that go, then those that are
/// defined otherwise, then those that come, in the order in which they were created there.
pub fn definition_changes(now: &Schema, wanted: &Schema) -> Vec<SchemaChange> {
    let find = |schema: &Schema, of: &Definition| {
        schema.definition(of.kind, &of.name).filter(|other| other.name == of.name).map(Arc::clone)
    };
    let gone = now.definitions().into_iter().filter(|old| find(wanted, old).is_none());
    let mut changes: Vec<SchemaChange> =
        gone.map(Arc::clone).map(SchemaChange::DropDefinition).collect();
    let mut created = Vec::new();
    for new in wanted.definitions() {
        match find(now, new) {
            None => created.push(SchemaChange::CreateDefinition(Arc::clone(new))),
            Some(old) if !old.is_alike(new) => {
                let new = Arc::new(Definition { id: old.id, ..Definition::clone(new) });
                changes.push(SchemaChange::ReplaceDefinition { old, new });
            }
            Some(_) => {}
        }
    }
    changes.extend(created);
    changes
}

/// Edits the foreign keys of all tables that refer to the table of this name.
fn rename_in_references(schema: &mut Schema, table: &str, edit: impl Fn(&mut ForeignKey)) {
    let refers = |key: &ForeignKey| fold(&key.references) == fold(table);
    let referring = schema.tables().filter(|other| other.foreign_keys.iter().any(refers));
    let referring: Vec<TableSchema> = referring.map(|other| TableSchema::clone(other)).collect();
    for mut other in referring {
        other.foreign_keys.iter_mut().filter(|key| refers(key)).for_each(&edit);
        schema.put(Arc::new(other));
    }
}
