//! The work that is measured and tested: scripts, and what must come out of them.
//!
//! `accounts(id, owner, city, balance, active)` with 10,000 owners and 100 cities. Balances are
//! multiples of 0.25, so that their sums are exact in doubles. Everything follows from one seed.

use std::fmt::Write;

/// The table of every workload.
pub const CREATE: &str = "CREATE TABLE accounts(id INTEGER PRIMARY KEY, owner TEXT, city TEXT, \
                          balance REAL, active BOOLEAN);\n";

/// How many statements stand in one transaction.
const TRANSACTION: u64 = 1_000;

/// How many owners there are.
const OWNERS: u64 = 10_000;

/// A generator of numbers that are random enough: splitmix64 (Steele, Lea, Flood 2014).
pub struct Random(u64);

impl Random {
    /// The seed of every workload.
    pub fn seeded() -> Random {
        Random(42)
    }

    /// A number below `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % end
    }
}

/// A balance in quarters as a number in SQL.
pub fn money(quarters: u64) -> String {
    format!("{}.{:02}", quarters / 4, quarters % 4 * 25)
}

/// Appends the INSERT of an account and gives its balance in quarters.
fn push_insert(script: &mut String, id: u64, owners: u64, random: &mut Random) -> u64 {
    let quarters = random.below(40_000);
    let _ = writeln!(
        script,
        "INSERT INTO accounts VALUES ({id},'owner{:05}','city{:02}',{},{});",
        id % owners,
        random.below(100),
        money(quarters),
        if random.below(2) == 0 { "TRUE" } else { "FALSE" },
    );
    quarters
}

/// Wraps every 1,000th of the statements that `push` makes into a transaction.
fn in_transactions(script: &mut String, statements: u64, mut push: impl FnMut(&mut String, u64)) {
    for at in 0..statements {
        if at % TRANSACTION == 0 {
            script.push_str("BEGIN;\n");
        }
        push(script, at);
        if at % TRANSACTION == TRANSACTION - 1 || at + 1 == statements {
            script.push_str("COMMIT;\n");
        }
    }
}

/// W1b and W3's load: single-row INSERTs in transactions of 1,000.
pub fn inserts(rows: u64) -> String {
    inserts_of_owners(rows, OWNERS)
}

/// The same with as many owners as are asked for, so that each has as many rows as that leaves.
pub fn inserts_of_owners(rows: u64, owners: u64) -> String {
    let (mut script, mut random) = (CREATE.to_string(), Random::seeded());
    in_transactions(&mut script, rows, |script, at| {
        push_insert(script, at + 1, owners, &mut random);
    });
    script
}

/// What the table holds after an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    /// The event.
    pub event: u64,
    /// The number of rows.
    pub rows: u64,
    /// The sum of their balances, in quarters.
    pub sum: u64,
}

/// W2: rows, then single-row UPDATEs by key, and what must be seen at 1, 25, 50, 75 and 99 % of the
/// updates and at the end. An update to the balance that is there makes no event.
pub fn updates(rows: u64, updates: u64) -> (String, Vec<Moment>) {
    let (mut script, mut random) = (CREATE.to_string(), Random::seeded());
    let mut balances = Vec::new();
    in_transactions(&mut script, rows, |script, at| {
        balances.push(push_insert(script, at + 1, OWNERS, &mut random));
    });
    let marks: Vec<u64> = [1, 25, 50, 75, 99, 100].iter().map(|p| updates * p / 100).collect();
    let (mut event, mut sum) = (1 + rows, balances.iter().sum::<u64>());
    let mut moments = Vec::new();
    in_transactions(&mut script, updates, |script, at| {
        let (id, quarters) = (random.below(rows), random.below(40_000));
        let _ = writeln!(
            script,
            "UPDATE accounts SET balance = {} WHERE id = {};",
            money(quarters),
            id + 1
        );
        let held = usize::try_from(id).map(|id| &mut balances[id]).expect("rows fit memory");
        if *held != quarters {
            sum = sum - *held + quarters;
            *held = quarters;
            event += 1;
        }
        if marks.contains(&(at + 1)) {
            moments.push(Moment { event, rows, sum });
        }
    });
    (script, moments)
}

/// Queries that ask for the moments, and the answers in list mode.
pub fn ask(moments: &[Moment]) -> (String, String) {
    let (mut script, mut answers) = (String::new(), String::new());
    for Moment { event, rows, sum } in moments {
        let _ = writeln!(
            script,
            "SELECT count(*), sum(balance) * 4 FROM accounts AS OF EVENT {event};"
        );
        let _ = writeln!(answers, "{rows}|{sum}.0");
    }
    (script, answers)
}

/// W3's point queries: rows by key.
pub fn points(rows: u64, queries: u64) -> String {
    let mut random = Random::seeded();
    (0..queries).fold(String::new(), |mut script, _| {
        let _ = writeln!(script, "SELECT * FROM accounts WHERE id = {};", random.below(rows) + 1);
        script
    })
}
