//! Inner joins are done in an order that makes few rows on the way: unique keys first, tables that a
//! condition connects before those that none does.
//!
//! The inputs of a row of inner joins and their conditions are a graph: each condition connects the
//! inputs whose columns it reads. Of up to [`MOST_EXACT`] inputs the cheapest order is found by dynamic
//! programming over sets of them (Selinger et al., 1979); of more, the next input is always the one
//! that leaves the fewest rows. The rows so far stream, and each input that is added is held, or is a
//! table in which they look their partners up by a key; an outer join is one input, whose own sides are
//! ordered for themselves. The order that was written stays unless another is clearly cheaper.
//!
//! Of `a = b` and `b = c` follows `a = c`, which connects inputs, too; of the equalities of some columns
//! only as many are tested as it takes.

use super::RewriteContext;
use super::equal_columns::EqualColumns;
use crate::planner::JoinType;
use crate::planner::access::key_lookups;
use crate::planner::cardinality::{self, equal_sides, key_rows, values_up_to};
use crate::planner::expression::{BoundExpression, BoundKind};
use crate::planner::logical::{Logical, LogicalJoin};
use crate::types::with_stack;
use std::collections::BTreeMap;

/// How many inputs there are at most for which all orders are looked at.
const MOST_EXACT: usize = 12;

/// How many inputs there are at most that are ordered at all.
const MOST_INPUTS: usize = 256;

/// How many columns that are equal to each other there are at most for which all equalities are edges.
const MOST_IMPLIED: usize = 8;

/// How many times cheaper an order must be than the one that was written, and how many times where that
/// is [`MUCH`], in rows that are read: those of small tables come in the order that somebody expects.
const WORTH_IT: (f64, f64) = (2.0, 1.25);
const MUCH: f64 = 100_000.0;

/// Orders the joins of a plan.
pub(super) fn apply(logical: &mut Logical, _: &RewriteContext) {
    *logical = with_stack(|| order(logical.take()));
}

fn order(mut logical: Logical) -> Logical {
    if let Logical::Join(join) = logical {
        if join.kind.is_inner() {
            let mut graph = JoinGraph::default();
            graph.gather(join);
            return graph.joined();
        }
        logical = Logical::Join(join);
    }
    logical.for_each_input_mut(|input| *input = order(input.take()));
    logical
}

/// Some of the inputs of a graph.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct InputSet([u128; 2]);

impl InputSet {
    fn with(mut self, input: usize) -> InputSet {
        self.0[input / 128] |= 1 << (input % 128);
        self
    }

    fn and(self, other: InputSet) -> InputSet {
        InputSet([self.0[0] | other.0[0], self.0[1] | other.0[1]])
    }

    fn has(self, input: usize) -> bool {
        self.0[input / 128] & (1 << (input % 128)) != 0
    }

    fn holds(self, other: InputSet) -> bool {
        self.0.iter().zip(other.0).all(|(all, some)| all & some == some)
    }
}

/// The inputs of a row of inner joins, in the order that was written, and what must be true of them.
#[derive(Default)]
struct JoinGraph {
    inputs: Vec<Logical>,
    conditions: Vec<BoundExpression>,
}

/// A condition as an edge.
struct Edge {
    /// The inputs that it reads.
    reads: InputSet,
    /// What it leaves of the pairs.
    fraction: f64,
    /// Whether it is an equality of two inputs, by which rows are found.
    is_equality: bool,
    /// The set of equal columns that it is about, by its least column.
    set: Option<usize>,
    /// Which columns of which composite keys it fixes, by their numbers.
    fixes: Vec<(usize, usize)>,
}

/// A unique key of several columns: of the rows of both sides of a join that fixes all of them, at least
/// those are left of which each left row finds one.
struct CompositeKey {
    /// The input that has it.
    input: usize,
    /// The identities of its columns.
    columns: Vec<usize>,
    /// What is left of the pairs at least.
    fraction: f64,
}

/// What orders are compared by.
struct Costs {
    /// How many rows each input has.
    rows: Vec<f64>,
    /// What it costs to read them, and what to read and hold them.
    held: Vec<(f64, f64)>,
    /// How each input's rows are looked up by a key: the inputs whose values that takes, and how many
    /// rows have them.
    lookups: Vec<Vec<(InputSet, f64)>>,
    edges: Vec<Edge>,
    /// The edges of each input.
    of: Vec<Vec<usize>>,
    keys: Vec<CompositeKey>,
}

/// Some inputs joined: which, how many rows that makes, and what it costs.
#[derive(Clone, Copy)]
struct Joined {
    inputs: InputSet,
    rows: f64,
    cost: f64,
}

impl JoinGraph {
    /// Takes a row of joins apart.
    fn gather(&mut self, join: LogicalJoin) {
        let LogicalJoin { left, right, on, .. } = join;
        for side in [*left, *right] {
            match side {
                Logical::Join(inner) if inner.kind.is_inner() => {
                    with_stack(|| self.gather(inner));
                }
                other @ (Logical::OneRow
                | Logical::Table(_)
                | Logical::Function(_)
                | Logical::Filter { .. }
                | Logical::Project { .. }
                | Logical::Join(_)
                | Logical::Aggregate(_)
                | Logical::Window(_)
                | Logical::Distinct { .. }
                | Logical::Sort { .. }
                | Logical::Limit { .. }
                | Logical::Values(_)
                | Logical::Append { .. }
                | Logical::SetFilter(_)
                | Logical::Shared(_)
                | Logical::Recursive(_)
                | Logical::RecursiveRows(_)) => self.inputs.push(with_stack(|| order(other))),
            }
        }
        self.conditions.extend(on);
    }

    /// The joins in the order that is best.
    fn joined(mut self) -> Logical {
        let written: Vec<usize> = (0..self.inputs.len()).collect();
        let volatile = self.conditions.iter().any(BoundExpression::is_volatile);
        if volatile || written.len() > MOST_INPUTS {
            return self.in_order(&written);
        }
        self.add_implied();
        let costs = self.costs();
        let best = if written.len() > MOST_EXACT { costs.greedy() } else { costs.exact() };
        let (cost, of_written) = (costs.cost(&best), costs.cost(&written));
        let times = if of_written - cost > MUCH { WORTH_IT.1 } else { WORTH_IT.0 };
        self.in_order(if cost * times < of_written { &best } else { &written })
    }

    /// The inputs that an expression reads.
    fn reads(&self, expression: &BoundExpression) -> InputSet {
        let mut reads = InputSet::default();
        expression.for_each_column(&mut |column| {
            if let Some(input) = self.inputs.iter().position(|input| input.has(column)) {
                reads = reads.with(input);
            }
        });
        reads
    }

    /// Which columns are equal by the conditions, and how many values those of a set have at most, by its
    /// least column: the rows of the smallest table whose key is one of them.
    fn column_sets(&self) -> (EqualColumns, BTreeMap<usize, f64>) {
        let mut equal = EqualColumns::default();
        let pairs = || self.conditions.iter().filter_map(equated);
        pairs().for_each(|(one, other)| {
            equal.equate(one, other);
        });
        let mut most_values = BTreeMap::new();
        for side in self.conditions.iter().filter_map(equal_sides).flat_map(|(a, b)| [a, b]) {
            let rows = self.inputs.iter().find_map(|input| key_rows(side, input));
            if let (BoundKind::Column(column), Some(rows)) = (&side.kind, rows) {
                let most = most_values.entry(equal.least(*column)).or_insert(rows);
                *most = rows.min(*most);
            }
        }
        (equal, most_values)
    }

    /// Adds the equalities that others imply.
    fn add_implied(&mut self) {
        let (mut equal, mut expressions) = (EqualColumns::default(), BTreeMap::new());
        for (a, b) in self.conditions.iter().filter_map(equal_sides_of_one_type) {
            if let (BoundKind::Column(one), BoundKind::Column(other)) = (&a.kind, &b.kind) {
                expressions.extend([(*one, a), (*other, b)]);
                equal.equate(*one, *other);
            }
        }
        let mut implied = Vec::new();
        for set in equal.sets().iter().filter(|set| (3..=MOST_IMPLIED).contains(&set.len())) {
            let set: Vec<&BoundExpression> =
                set.iter().filter_map(|column| expressions.get(column).copied()).collect();
            for (at, a) in set.iter().enumerate() {
                for b in &set[at + 1..] {
                    let is_known = |(x, y): (&BoundExpression, &BoundExpression)| {
                        (x, y) == (*a, *b) || (x, y) == (*b, *a)
                    };
                    let mut known = self.conditions.iter().filter_map(equal_sides);
                    if self.reads(a) != self.reads(b) && !known.any(is_known) {
                        implied.push(BoundExpression::equal((*a).clone(), (*b).clone()));
                    }
                }
            }
        }
        self.conditions.extend(implied);
    }

    fn costs(&self) -> Costs {
        // An input without rows may get some before the plan is used again.
        let rows = self.inputs.iter().map(|input| cardinality::rows(input).max(1.0)).collect();
        let mut of = vec![Vec::new(); self.inputs.len()];
        let (equal, most_values) = self.column_sets();
        let keys = self.composite_keys();
        let edges = self.conditions.iter().enumerate().map(|(at, condition)| {
            let reads = self.reads(condition);
            (0..self.inputs.len()).filter(|input| reads.has(*input)).for_each(|i| of[i].push(at));
            let values = |side: &BoundExpression| {
                let BoundKind::Column(column) = side.kind else { return None };
                let most = most_values.get(&equal.least(column)).copied().unwrap_or(f64::INFINITY);
                self.inputs.iter().find_map(|input| values_up_to(side, input, most))
            };
            let sides = equal_sides(condition);
            let is_equality = sides.is_some_and(|(a, b)| {
                let (a, b) = (self.reads(a), self.reads(b));
                a != b && a != InputSet::default() && b != InputSet::default()
            });
            let fraction = match sides.map(|(a, b)| (values(a), values(b))) {
                Some((a, b)) => 1.0 / a.unwrap_or(1.0).max(b.unwrap_or(1.0)).max(2.0),
                None => 0.5,
            };
            let set = equated_of_one_type(condition);
            let set = set.map(|(one, _)| equal.least(one));
            let fixed = equated(condition).filter(|_| is_equality);
            let fixes = fixed.iter().flat_map(|(a, b)| fixed_of(&keys, [*a, *b], &equal)).collect();
            Edge { reads, fraction, is_equality, set, fixes }
        });
        let edges = edges.collect();
        let costs = |input| (cardinality::read_cost(input), cardinality::held_cost(input));
        let held = self.inputs.iter().map(costs).collect();
        let lookups = self.inputs.iter().map(|input| self.lookups(input)).collect();
        Costs { rows, held, lookups, edges, of, keys }
    }

    /// The unique keys of several columns that tables among the inputs have.
    fn composite_keys(&self) -> Vec<CompositeKey> {
        let of_input = |(input, table): (usize, &Logical)| {
            let fraction = 1.0 / cardinality::rows_read(table).max(1.0);
            let keys = cardinality::composite_keys(table).into_iter();
            keys.map(move |columns| CompositeKey { input, columns, fraction }).collect::<Vec<_>>()
        };
        self.inputs.iter().enumerate().flat_map(of_input).collect()
    }

    /// How an input's rows are looked up by the values of others.
    fn lookups(&self, input: &Logical) -> Vec<(InputSet, f64)> {
        let Logical::Table(table) = input else { return Vec::new() };
        let lookups = key_lookups(table, &self.conditions).into_iter().map(|lookup| {
            let mut needed = InputSet::default();
            lookup.values.iter().for_each(|value| needed = needed.and(self.reads(value)));
            (needed, lookup.partners)
        });
        lookups.collect()
    }

    /// Joins from left to right in this order; each condition is tested as soon as it can be.
    fn in_order(self, order: &[usize]) -> Logical {
        let sets: Vec<InputSet> = self.conditions.iter().map(|of| self.reads(of)).collect();
        let mut conditions: Vec<(BoundExpression, InputSet)> =
            self.conditions.into_iter().zip(sets).collect();
        let mut inputs: Vec<Option<Logical>> = self.inputs.into_iter().map(Some).collect();
        let mut reached = InputSet::default();
        let mut known = EqualColumns::default();
        let mut joined: Option<Logical> = None;
        for input in order {
            reached = reached.with(*input);
            let right = inputs[*input].take().unwrap_or(Logical::OneRow);
            let Some(left) = joined else {
                joined = Some(right);
                continue;
            };
            let (on, later) = conditions.into_iter().partition(|(_, reads)| reached.holds(*reads));
            conditions = later;
            let on = on.into_iter().map(|(condition, _): (BoundExpression, _)| condition);
            let on: Vec<BoundExpression> = on.filter(|on| says_more(on, &mut known)).collect();
            let kind = if on.is_empty() { JoinType::Cross } else { JoinType::Inner };
            let (left, right) = (Box::new(left), Box::new(right));
            joined = Some(Logical::Join(LogicalJoin { left, right, kind, on }));
        }
        joined.unwrap_or(Logical::OneRow)
    }
}

/// The columns that a condition says are equal.
fn equated(condition: &BoundExpression) -> Option<(usize, usize)> {
    let (a, b) = equal_sides(condition)?;
    let (BoundKind::Column(one), BoundKind::Column(other)) = (&a.kind, &b.kind) else {
        return None;
    };
    Some((*one, *other))
}

/// The columns of one type that a condition says are equal: what is equal to one is so to the other.
fn equal_sides_of_one_type(
    condition: &BoundExpression,
) -> Option<(&BoundExpression, &BoundExpression)> {
    let (one, other) = equated(condition)?;
    equal_sides(condition).filter(|(a, b)| a.data_type == b.data_type && one != other)
}

/// The same by their identities.
fn equated_of_one_type(condition: &BoundExpression) -> Option<(usize, usize)> {
    equal_sides_of_one_type(condition).and_then(|_| equated(condition))
}

/// Whether a condition says more than those before it, by which some columns are known to be equal; from
/// now on it is one of them.
fn says_more(condition: &BoundExpression, known: &mut EqualColumns) -> bool {
    match equated_of_one_type(condition) {
        Some((one, other)) => known.equate(one, other),
        None => true,
    }
}

/// Which columns of which keys some columns are, or are equal to, by their numbers.
fn fixed_of(
    keys: &[CompositeKey],
    columns: [usize; 2],
    equal: &EqualColumns,
) -> Vec<(usize, usize)> {
    let columns = columns.map(|column| equal.least(column));
    let keys = keys.iter().enumerate();
    let fixed = keys.filter_map(|(key, known)| {
        let is_one = |column: &usize| columns.contains(&equal.least(*column));
        known.columns.iter().position(is_one).map(|column| (key, column))
    });
    fixed.collect()
}

impl Costs {
    /// One input alone.
    fn first(&self, input: usize) -> Joined {
        let inputs = InputSet::default().with(input);
        Joined { inputs, rows: self.rows[input], cost: self.held[input].0 }
    }

    /// One input more, and whether a condition connects it.
    fn add(&self, joined: Joined, input: usize) -> (Joined, bool) {
        let inputs = joined.inputs.with(input);
        let (mut is_connected, mut is_found, mut fraction) = (false, false, 1.0);
        let (mut sets, mut fixed) = (Vec::new(), Vec::new());
        for edge in self.of[input].iter().map(|edge| &self.edges[*edge]) {
            // Of columns that are equal one decides.
            let is_decided = edge.set.is_some_and(|set| sets.contains(&set));
            if inputs.holds(edge.reads) && !is_decided {
                is_connected = true;
                is_found |= edge.is_equality;
                fraction *= edge.fraction;
                sets.extend(edge.set);
                fixed.extend(edge.fixes.iter().map(|(key, column)| (*key, *column, edge.fraction)));
            }
        }
        fraction *= self.composite_factor(inputs, &fixed);
        let own = self.rows[input];
        let rows = joined.rows * own * fraction;
        let pairs = if is_found { joined.rows + rows } else { joined.rows * own };
        let lookups = self.lookups[input].iter().filter(|lookup| joined.inputs.holds(lookup.0));
        let lookups = lookups.map(|(_, partners)| cardinality::lookup_cost(joined.rows, *partners));
        let found = lookups.fold(self.held[input].1, f64::min);
        let cost = joined.cost + found + pairs;
        (Joined { inputs, rows, cost }, is_connected)
    }

    /// By how much more is left than if the columns of composite keys had nothing to do with each other,
    /// where equalities fix some of them: the key, its column, and what that leaves.
    fn composite_factor(&self, inputs: InputSet, fixed: &[(usize, usize, f64)]) -> f64 {
        let factor = |(key, known): (usize, &CompositeKey)| {
            let left = |column| {
                let of = fixed.iter().find(|(fixed, at, _)| (*fixed, *at) == (key, column));
                of.map(|(_, _, fraction)| fraction)
            };
            let left: Option<f64> = (0..known.columns.len()).map(left).product();
            left.map_or(1.0, |left| (known.fraction / left).max(1.0))
        };
        if fixed.len() < 2 {
            return 1.0;
        }
        let keys = self.keys.iter().enumerate().filter(|(_, known)| inputs.has(known.input));
        keys.map(factor).fold(1.0, f64::max)
    }

    fn cost(&self, order: &[usize]) -> f64 {
        let mut inputs = order.iter();
        let Some(first) = inputs.next() else { return 0.0 };
        inputs.fold(self.first(*first), |joined, input| self.add(joined, *input).0).cost
    }

    /// The inputs by which a set may grow: those that a condition connects, or all if none does.
    fn next(&self, joined: Joined) -> Vec<(usize, Joined)> {
        let others = (0..self.rows.len()).filter(|input| !joined.inputs.has(*input));
        let grown: Vec<(usize, Joined, bool)> = others
            .map(|input| {
                let (grown, is_connected) = self.add(joined, input);
                (input, grown, is_connected)
            })
            .collect();
        let any = grown.iter().any(|(_, _, is_connected)| *is_connected);
        let may = grown.into_iter().filter(|(_, _, is_connected)| *is_connected == any);
        may.map(|(input, grown, _)| (input, grown)).collect()
    }

    /// The cheapest of all orders.
    fn exact(&self) -> Vec<usize> {
        let count = self.rows.len();
        // For each set, as the bits of its number: how it is reached best, and by which input at last.
        let mut best: Vec<Option<(Joined, usize)>> = vec![None; 1 << count];
        for input in 0..count {
            best[1 << input] = Some((self.first(input), input));
        }
        for set in 1..best.len() {
            let Some((joined, _)) = best[set] else { continue };
            for (input, grown) in self.next(joined) {
                let known = &mut best[set | 1 << input];
                if known.is_none_or(|(known, _)| grown.cost < known.cost) {
                    *known = Some((grown, input));
                }
            }
        }
        let mut order = Vec::with_capacity(count);
        let mut set = best.len() - 1;
        while let Some((_, last)) = best[set] {
            order.push(last);
            set &= !(1 << last);
        }
        order.reverse();
        order
    }

    /// An order in which each input leaves as few rows as can be, from the smallest on.
    fn greedy(&self) -> Vec<usize> {
        let fewest = |a: &usize, b: &usize| self.rows[*a].total_cmp(&self.rows[*b]);
        let Some(first) = (0..self.rows.len()).min_by(fewest) else { return Vec::new() };
        let mut joined = self.first(first);
        let mut order = vec![first];
        let is_less = |a: &(usize, Joined), b: &(usize, Joined)| {
            a.1.rows.total_cmp(&b.1.rows).then(a.1.cost.total_cmp(&b.1.cost))
        };
        while let Some((input, grown)) = self.next(joined).into_iter().min_by(is_less) {
            joined = grown;
            order.push(input);
        }
        order
    }
}
