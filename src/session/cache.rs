//! Plans that are used again: statements that differ in nothing but their literals share one.
//!
//! A plan may be shared only if it would be the same for any values of the same types: every literal
//! became a parameter of it, and none was looked at on the way ([`shareable`](super::shareable)).

use super::catalog::StatementCatalog;
use super::outcome::OutputColumn;
use super::shareable::{is_shareable, moment_of};
use super::{Error, Session};
use crate::executor;
use crate::language::ast::PlannableStatement;
use crate::language::{LiteralSharing, Prepared, StatementLiterals, Template, span_in};
use crate::planner::{self, Affinity, BoundExpression, BoundKind, Planned, ScalarFunction};
use crate::storage::View;
use crate::types::key_hash::KeyHashing;
use crate::types::key_table::KeyTable;
use crate::types::{
    DataType, Definition, EventId, KeySchema, Literal, Period, PseudoColumn, TableSchema, Value,
};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The most shapes of a generation.
const MOST_SHAPES: usize = 1024;

/// The most bytes of a generation's shapes together, which their plans are some multiple of.
const MOST_BYTES: usize = 1 << 20;

/// How many texts are held against a statement before its tokens are made.
const MOST_TEMPLATES: usize = 8;

/// How many shapes that came once are remembered at most.
const MOST_SIGHTINGS: usize = 4096;

/// A plan with parameters, over its tables at one moment: the present, or the event that one of the
/// literals is.
#[derive(Debug)]
pub(super) struct SharedPlan {
    pub planned: Planned,
    /// Which literal is the event; none for the present.
    pub moment: Option<usize>,
    /// The table of each slot as it was when the plan was made.
    pub tables: Vec<Arc<TableSchema>>,
    /// Whether it reads rows of them.
    pub reads_tables: bool,
    /// The views that were bound and the triggers that it was made for, as they were defined then.
    pub definitions: Vec<Arc<Definition>>,
    /// The columns of a query.
    pub columns: Arc<[OutputColumn]>,
    /// The text that it was planned of, which its places are in.
    text: Box<str>,
}

impl SharedPlan {
    /// Whether it changes something, so that it is run in a transaction.
    pub fn changes(&self) -> bool {
        match self.planned {
            Planned::Query(_) => false,
            Planned::Write(_) | Planned::Schema(_) => true,
        }
    }

    /// An error of the plan with its place in the text of a statement that shares it.
    pub fn located(&self, error: executor::Error, text: &str) -> executor::Error {
        error.moved(|span| span_in(span, &self.text, text))
    }

    /// Whether the tables of a view are what the plan was made for.
    pub fn fits(&self, view: &View) -> bool {
        let schema = view.schema();
        let is_same = |now: Option<&Arc<Definition>>, then: &Arc<Definition>| {
            now.is_some_and(|now| Arc::ptr_eq(now, then) || now == then)
        };
        self.tables.iter().all(|table| {
            let now = schema.find_table(None, &table.name);
            now.is_some_and(|now| Arc::ptr_eq(now, table) || now == table)
        }) && self
            .definitions
            .iter()
            .all(|known| is_same(schema.find_definition(known.kind, None, &known.name), known))
    }
}

/// A statement that shares a plan.
pub(super) struct SharedStatement {
    /// The plan.
    pub plan: Arc<SharedPlan>,
    /// The literals of the statement.
    pub values: Vec<Literal>,
    /// What it reads, at whatever moment; a write reads what its transaction sees.
    pub view: Option<View>,
}

/// What a plan says of its parameters.
struct ParameterUsage {
    /// Which it has.
    found: BTreeSet<usize>,
    /// Whether it would be another for numbers of other digits.
    digits: bool,
}

impl ParameterUsage {
    /// Takes note of a whole expression: a number that it only hands on may have any digits.
    fn note_whole(&mut self, expression: &BoundExpression) -> bool {
        if let BoundKind::ExactParameter(index) = &expression.kind {
            self.found.insert(*index);
            return true;
        }
        if let BoundKind::Negate(operand) = &expression.kind
            && matches!(operand.kind, BoundKind::ExactParameter(_))
        {
            return self.note_whole(operand);
        }
        self.note(expression)
    }

    /// Takes note of an expression's parameters; false where one would be converted before it is
    /// compared, because for some values the conversion is none and a key could be used, and where
    /// one decides the type of a result.
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "an expression is looked at by its operands, of whatever kind it is"
    )]
    fn note(&mut self, expression: &BoundExpression) -> bool {
        match &expression.kind {
            BoundKind::Parameter { index, .. } => {
                self.found.insert(*index);
                true
            }
            BoundKind::ExactParameter(index) => {
                self.found.insert(*index);
                self.digits |= expression.data_type == DataType::Any;
                true
            }
            BoundKind::Affinity(affinity, operand) if is_parameter(operand) => match affinity {
                // What is compared with a day or a moment is one, whatever it was.
                Affinity::Date(_) | Affinity::Timestamp => self.note(operand),
                Affinity::Numeric | Affinity::Decimal | Affinity::Text | Affinity::Boolean => false,
            },
            BoundKind::Call(ScalarFunction::Round, arguments)
                if matches!(arguments[0].data_type, DataType::Decimal { .. })
                    && arguments[1..].iter().any(is_parameter) =>
            {
                false
            }
            // Its parameters are its plan's.
            BoundKind::Subquery(_) => false,
            _ => {
                let mut sound = true;
                expression.for_each_operand(|operand| sound = sound && self.note(operand));
                sound
            }
        }
    }
}

fn is_parameter(expression: &BoundExpression) -> bool {
    matches!(expression.kind, BoundKind::Parameter { .. })
}

/// What is known of a shape.
#[derive(Clone, Debug)]
pub(super) enum PlanCacheEntry {
    /// Its statements share this plan.
    Shared(Arc<SharedPlan>),
    /// Those of them share one whose numbers have the same digits: their shape says more.
    SameDigits,
    /// None of them shares one.
    Unshared,
}

impl PlanCacheEntry {
    /// A plan to be shared, if other literals that have this much in common would have the same.
    /// `statement` is what it is the plan of.
    pub fn of(
        planned: Planned,
        (tables, definitions): (Vec<Arc<TableSchema>>, Vec<Arc<Definition>>),
        (text, literals): (&str, &StatementLiterals),
        statement: PlannableStatement<'_>,
    ) -> PlanCacheEntry {
        let moment = match moment_of(statement).map(|as_of| literals.only_in(as_of.span)) {
            Some(None) => return PlanCacheEntry::Unshared,
            moment => moment.flatten(),
        };
        let mut usage = ParameterUsage { found: BTreeSet::from_iter(moment), digits: false };
        let mut reads_tables = matches!(planned, Planned::Query(_));
        // When a version ended is asked of other views than what was visible.
        let mut sound = true;
        planned.for_each_access(&mut |access| {
            reads_tables = true;
            let asks = |column: &usize| access.table.pseudo(*column) == Some(PseudoColumn::EventTo);
            sound = sound && (moment.is_none() || !access.columns.iter().any(asks));
            // Whether such a key serves a condition, its constants decide.
            sound = sound && !access.table.keys.iter().any(KeySchema::is_computed);
        });
        planned.for_each_expression(&mut |expression| {
            sound = sound && usage.note_whole(expression);
        });
        if !sound || usage.found.len() != literals.values.len() {
            return PlanCacheEntry::Unshared;
        }
        if usage.digits {
            return PlanCacheEntry::SameDigits;
        }
        let columns = match &planned {
            Planned::Query(query) => OutputColumn::named(query.columns.iter().cloned()),
            Planned::Write(_) | Planned::Schema(_) => Arc::default(),
        };
        PlanCacheEntry::Shared(Arc::new(SharedPlan {
            planned,
            moment,
            tables,
            reads_tables,
            definitions,
            columns,
            text: text.into(),
        }))
    }
}

/// The plans of a session by the shape of their statements: those that came lately, in two generations.
/// One that is found among the earlier is among the recent again; when those are full, they are the
/// earlier ones, and what was is forgotten.
#[derive(Debug, Default)]
pub(super) struct PlanCache {
    recent: PlanGeneration,
    earlier: PlanGeneration,
    sightings: Sightings,
    /// The texts that came lately, and their plans.
    templates: Vec<(Template, Arc<SharedPlan>)>,
}

/// What is known of shapes that came between two others.
#[derive(Debug, Default)]
struct PlanGeneration {
    shapes: KeyTable,
    /// What is known of each shape, by its number.
    entries: Vec<PlanCacheEntry>,
}

impl PlanGeneration {
    fn find(&self, hash: u64, shape: &[u8]) -> Option<&PlanCacheEntry> {
        self.entries.get(self.shapes.number_of_hash(hash, shape)?)
    }

    /// Whether there is no room for another shape.
    fn is_full(&self, shape: &[u8]) -> bool {
        let is_large = self.shapes.byte_length() + shape.len() > MOST_BYTES;
        self.shapes.len() >= MOST_SHAPES || is_large
    }
}

impl PlanCache {
    /// What is known of a shape, and whether it came before.
    pub fn find(&mut self, shape: &[u8]) -> (Option<PlanCacheEntry>, bool) {
        let hash = KeyHashing::default().hash(shape);
        if let Some(known) = self.recent.find(hash, shape) {
            return (Some(known.clone()), true);
        }
        let Some(known) = self.earlier.find(hash, shape).cloned() else {
            return (None, self.sightings.has(hash));
        };
        self.put(shape, known.clone());
        (Some(known), true)
    }

    /// Remembers what a shape has.
    pub fn put(&mut self, shape: &[u8], known: PlanCacheEntry) {
        if self.recent.is_full(shape) {
            self.earlier = std::mem::take(&mut self.recent);
        }
        match self.recent.shapes.insert(shape) {
            (number, false) => self.recent.entries[number] = known,
            (_, true) => self.recent.entries.push(known),
        }
    }
}

impl PlanCache {
    /// The plan of the statements that a text differs from in its literals alone, and these.
    fn find_template(&mut self, text: &str) -> Option<(Arc<SharedPlan>, Vec<Literal>)> {
        let mut known = self.templates.iter().enumerate();
        let (place, plan, values) = known.find_map(|(place, (template, plan))| {
            Some((place, Arc::clone(plan), template.literals(text)?))
        })?;
        if let Some(before) = place.checked_sub(1) {
            // What comes often is found first.
            self.templates.swap(before, place);
        }
        Some((plan, values))
    }

    /// Remembers the text of a statement that has a plan, in the place of the one that came least.
    fn put_template(&mut self, prepared: &Prepared, plan: &Arc<SharedPlan>) {
        if let Some(template) = Template::of(prepared) {
            self.templates.truncate(MOST_TEMPLATES - 1);
            self.templates.push((template, Arc::clone(plan)));
        }
    }

    /// Forgets the texts of a plan.
    fn drop_templates(&mut self, plan: &Arc<SharedPlan>) {
        self.templates.retain(|(_, known)| !Arc::ptr_eq(known, plan));
    }
}

/// The shapes of statements that came lately, by their hashes: each in the one place that it may have.
#[derive(Debug, Default)]
struct Sightings(Vec<u64>);

impl Sightings {
    /// Whether a shape of this hash came before; from now on it did.
    fn has(&mut self, hash: u64) -> bool {
        self.0.resize(MOST_SIGHTINGS, 0);
        let [low, high, ..] = hash.to_le_bytes();
        let place = usize::from(u16::from_le_bytes([low, high])) % MOST_SIGHTINGS;
        std::mem::replace(&mut self.0[place], hash) == hash
    }
}

impl Session {
    /// A statement with the plan that those of its shape share, made now if it is the second of them.
    pub(super) fn shared_plan(
        &mut self,
        prepared: &Prepared,
    ) -> Result<Option<SharedStatement>, Error> {
        let shape = prepared.shape();
        let (known, came_before) = self.cache.find(shape);
        // Most statements of most scripts come once, and a plan for all of a shape takes longer.
        if !came_before || matches!(known, Some(PlanCacheEntry::Unshared)) {
            return Ok(None);
        }
        let Some(literals) = prepared.literals(&self.parameters) else { return Ok(None) };
        let is_exact = matches!(known, Some(PlanCacheEntry::SameDigits));
        let (sharing, shape, (known, came_before)) = if is_exact {
            let shape = prepared.exact_shape(&literals);
            let found = self.cache.find(&shape);
            (LiteralSharing::SameDigits, Cow::Owned(shape), found)
        } else {
            (LiteralSharing::SameTypes, Cow::Borrowed(shape), (known, came_before))
        };
        match known {
            Some(PlanCacheEntry::Unshared | PlanCacheEntry::SameDigits) => return Ok(None),
            Some(PlanCacheEntry::Shared(plan)) => {
                if let Some(shared) = self.shared(&plan, literals.values.clone())? {
                    if sharing == LiteralSharing::SameTypes {
                        self.cache.put_template(prepared, &plan);
                    }
                    return Ok(Some(shared));
                }
                // The schema is another at another moment: which moment comes next nobody knows.
                if plan.moment.is_some() {
                    return Ok(None);
                }
            }
            None if !came_before => return Ok(None),
            None => {}
        }
        let Some(known) = self.plan_for_all(prepared, &literals, sharing)? else { return Ok(None) };
        self.cache.put(&shape, known.clone());
        match known {
            PlanCacheEntry::Shared(plan) => self.shared(&plan, literals.values),
            // Those of the same digits are found by another shape, the next time.
            PlanCacheEntry::SameDigits | PlanCacheEntry::Unshared => Ok(None),
        }
    }

    /// The same for one that differs from one of the latest in its literals alone.
    pub(super) fn matching_plan(&mut self, text: &str) -> Result<Option<SharedStatement>, Error> {
        let Some((plan, values)) = self.cache.find_template(text) else { return Ok(None) };
        let shared = self.shared(&plan, values)?;
        if shared.is_none() && plan.moment.is_none() {
            self.cache.drop_templates(&plan);
        }
        Ok(shared)
    }

    /// A statement with a plan and these literals; `None` where its tables are others than the plan's, or
    /// there is no such moment.
    fn shared(
        &self,
        plan: &Arc<SharedPlan>,
        values: Vec<Literal>,
    ) -> Result<Option<SharedStatement>, Error> {
        let plan = Arc::clone(plan);
        if plan.changes() {
            // Whether it fits is known when its transaction is.
            return Ok(Some(SharedStatement { plan, values, view: None }));
        }
        let view = self.view_of(&plan, &values)?.filter(|view| plan.fits(view));
        Ok(view.map(|view| SharedStatement { plan, values, view: Some(view) }))
    }

    /// What statements that have so much in common have, made of one of them. What is wrong with it is said
    /// by the way that every other takes.
    fn plan_for_all(
        &self,
        prepared: &Prepared,
        literals: &StatementLiterals,
        sharing: LiteralSharing,
    ) -> Result<Option<PlanCacheEntry>, Error> {
        let mut catalog = StatementCatalog::new(self, self.present()?);
        let Some(parsed) = prepared.parse(literals, sharing) else { return Ok(None) };
        let statement = parsed.plannable().filter(|statement| is_shareable(*statement, literals));
        let Some(statement) = statement else { return Ok(Some(PlanCacheEntry::Unshared)) };
        let (text, mut rewriting) = (prepared.text(), self.rewriting());
        let Ok(planned) = planner::plan(statement, text, &mut catalog, &mut rewriting) else {
            return Ok(None);
        };
        // A view may name a moment of its own, whatever is present when the plan is used again.
        let is_elsewhere = match moment_of(statement) {
            None => catalog.names_moment,
            Some(_) => !catalog.definitions.is_empty(),
        };
        if is_elsewhere {
            return Ok(Some(PlanCacheEntry::Unshared));
        }
        let Some(tables) = catalog.tables() else { return Ok(Some(PlanCacheEntry::Unshared)) };
        let known = (tables, std::mem::take(&mut catalog.definitions));
        Ok(Some(PlanCacheEntry::of(planned, known, (text, literals), statement)))
    }

    /// The view that a shared plan reads; `None` where there is none at that moment, which is said by
    /// the way that every other statement takes.
    fn view_of(&self, plan: &SharedPlan, literals: &[Literal]) -> Result<Option<View>, Error> {
        let Some(moment) = plan.moment else { return self.present().map(Some) };
        let Some(Value::Integer(event)) = literals.get(moment).map(|literal| &literal.value) else {
            return Ok(None);
        };
        let event = u64::try_from(*event).ok().map(EventId);
        let happened = event.filter(|event| *event <= self.head());
        happened.map_or(Ok(()), |event| self.database.settle(event))?;
        let view = happened.map(|event| self.database.view(Period::at(event)));
        Ok(view.transpose()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_are_remembered_up_to_a_number_and_a_size() {
        let mut cache = PlanCache::default();
        let shape = |index: usize| index.to_string().into_bytes();
        for index in 0..10 * MOST_SHAPES {
            cache.put(&shape(index), PlanCacheEntry::Unshared);
            assert!(cache.recent.shapes.len() <= MOST_SHAPES);
            assert_eq!(cache.recent.shapes.len(), cache.recent.entries.len());
            // What is asked for stays, and so does what came lately.
            assert!(cache.find(&shape(0)).0.is_some());
            assert!(cache.find(&shape(index.saturating_sub(MOST_SHAPES / 4))).0.is_some());
        }
        assert!(cache.find(&shape(7)).0.is_none());
        let large = |index: u8| vec![index; MOST_BYTES / 4];
        for index in 0..40 {
            cache.put(&large(index), PlanCacheEntry::Unshared);
            cache.put(&large(index), PlanCacheEntry::SameDigits);
            assert!(cache.recent.shapes.byte_length() <= MOST_BYTES);
            assert!(matches!(cache.find(&large(index)), (Some(PlanCacheEntry::SameDigits), _)));
        }
    }

    #[test]
    fn a_shape_is_known_from_its_second_sighting_on() {
        let mut cache = PlanCache::default();
        for (shape, came_before) in
            [("SELECT", false), ("SELECT", true), ("SELECT", true), ("INSERT", false)]
        {
            assert!(matches!(cache.find(shape.as_bytes()), (None, found) if found == came_before));
        }
    }
}
