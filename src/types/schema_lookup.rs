//! Names looked up in a schema and in what is temporary beside it.

use super::{Definition, DefinitionKind, KeySchema, Schema, SchemaName, TableId, TableSchema};
use std::sync::{Arc, LazyLock};

/// What a session has that made nothing temporary.
static NOTHING: LazyLock<Schema> = LazyLock::new(Schema::default);

impl Schema {
    /// The schema of a name: this one is the database's.
    pub fn within(&self, schema: SchemaName) -> &Schema {
        match (schema, &self.temporary) {
            (SchemaName::Main, _) => self,
            (SchemaName::Temporary, Some(temporary)) => temporary,
            (SchemaName::Temporary, None) => &NOTHING,
        }
    }

    /// The schema that a table is in, or was.
    pub fn home(&self, table: TableId) -> &Schema {
        self.within(table.schema_name())
    }

    /// The schemas that a name is looked up in, in their order: what is temporary comes first, as in
    /// SQLite.
    fn looked_up(&self, schema: Option<SchemaName>) -> impl Iterator<Item = &Schema> {
        let (first, second) = match (schema, &self.temporary) {
            (Some(schema), _) => (self.within(schema), None),
            (None, Some(temporary)) => (&**temporary, Some(self)),
            (None, None) => (self, None),
        };
        std::iter::once(first).chain(second)
    }

    /// Whether a table or a view has a name.
    pub fn has(&self, name: &str) -> bool {
        self.table(name).is_some() || self.view(name).is_some()
    }

    /// The first schema in which a table or a view has a name.
    fn holding(&self, schema: Option<SchemaName>, name: &str) -> Option<&Schema> {
        self.looked_up(schema).find(|schema| schema.has(name))
    }

    /// The schema in which a name is found that a table or a view has; that of tables that come to be
    /// where there is none.
    pub fn schema_of(&self, schema: Option<SchemaName>, name: &str) -> SchemaName {
        let has = |within: &SchemaName| self.within(*within).has(name);
        schema.or_else(|| SchemaName::ALL.into_iter().find(has)).unwrap_or(SchemaName::Main)
    }

    /// The table that a name means, unless a view before it has it.
    pub fn find_table(&self, schema: Option<SchemaName>, name: &str) -> Option<&Arc<TableSchema>> {
        if self.temporary.is_none() && schema != Some(SchemaName::Temporary) {
            // Where nothing is temporary, a name is looked up once.
            return self.table(name);
        }
        self.holding(schema, name)?.table(name)
    }

    /// The view or trigger that a name means.
    pub fn find_definition(
        &self,
        kind: DefinitionKind,
        schema: Option<SchemaName>,
        name: &str,
    ) -> Option<&Arc<Definition>> {
        self.looked_up(schema).find_map(|schema| schema.definition(kind, name))
    }

    /// The view that a name means, unless a table before it has it.
    pub fn find_view(&self, schema: Option<SchemaName>, name: &str) -> Option<&Arc<Definition>> {
        if self.temporary.is_none() && schema != Some(SchemaName::Temporary) {
            return self.view(name);
        }
        self.holding(schema, name)?.view(name)
    }

    /// The table and the key of the index that a name means.
    pub fn find_index(
        &self,
        schema: Option<SchemaName>,
        name: &str,
    ) -> Option<(&Arc<TableSchema>, &KeySchema)> {
        self.looked_up(schema).find_map(|schema| schema.index(name))
    }

    /// All views, those of the database and those that are temporary.
    pub fn all_views(&self) -> impl Iterator<Item = &Arc<Definition>> {
        self.looked_up(None).flat_map(Schema::views)
    }

    /// All triggers, those of the database and those that are temporary.
    pub fn all_triggers(&self) -> impl Iterator<Item = &Arc<Definition>> {
        self.looked_up(None).flat_map(Schema::triggers)
    }

    /// Whether there is a trigger, of the database or a temporary one.
    pub fn has_triggers(&self) -> bool {
        self.looked_up(None).any(Schema::has_own_triggers)
    }

    /// All tables, those of the database and those that are temporary.
    pub fn all_tables(&self) -> impl Iterator<Item = &Arc<TableSchema>> {
        self.looked_up(None).flat_map(Schema::tables)
    }
}
