//! What W3 asks: the table of owners, the index, the lookups and the questions over all rows.

use crate::workload::Random;
use std::fmt::Write;

/// The index of W3's lookups.
pub const INDEX: &str = "CREATE INDEX accounts_of_owner ON accounts(owner);\n";

/// A count with a condition on two columns.
pub const FILTER: &str = "SELECT count(*) FROM accounts WHERE balance > 5000 AND active;\n";

/// A group for each city.
pub const GROUP: &str = "SELECT city, count(*), sum(balance) FROM accounts GROUP BY city;\n";

/// The ten largest balances.
pub const TOP_10: &str = "SELECT * FROM accounts ORDER BY balance DESC, id LIMIT 10;\n";

/// Accounts and their owners, a group for each region.
pub const JOIN: &str = "SELECT o.region, count(*), sum(a.balance) FROM accounts a \
                        JOIN owners o ON o.name = a.owner GROUP BY o.region;\n";

/// The owners that accounts name, each in one of ten regions.
pub fn owners(count: u64) -> String {
    let mut script =
        "CREATE TABLE owners(name TEXT PRIMARY KEY, region TEXT);\nBEGIN;\n".to_string();
    for owner in 0..count {
        let region = owner % 10;
        let _ = writeln!(script, "INSERT INTO owners VALUES ('owner{owner:05}','region{region}');");
    }
    script.push_str("COMMIT;\n");
    script
}

/// Lookups of all rows of an owner by the index, with their count and sum.
pub fn lookups(owners: u64, count: u64) -> String {
    let mut random = Random::seeded();
    (0..count).fold(String::new(), |mut script, _| {
        let owner = random.below(owners);
        let _ = writeln!(
            script,
            "SELECT count(*), sum(balance) FROM accounts WHERE owner = 'owner{owner:05}';"
        );
        script
    })
}
