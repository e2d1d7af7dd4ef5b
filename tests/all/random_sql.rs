//! Random scripts that change tables, rows and transactions: what histories are made of.

/// Numbers that look random and are the same for the same seed (xorshift64*, Vigna 2016).
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Random {
        Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// A number below `limit`.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % limit
    }

    /// One of these.
    pub fn pick<'a, T: ?Sized>(&mut self, options: &[&'a T]) -> &'a T {
        options[usize::try_from(self.below(options.len() as u64)).unwrap_or(0)]
    }
}

const TABLES: [&str; 3] = ["a", "b", "long name"];
const COLUMNS: [&str; 4] = ["x", "y", "z", "w"];

/// One statement; it may make no sense, which changes nothing.
pub fn statement(random: &mut Random) -> String {
    let table = format!("\"{}\"", random.pick(&TABLES));
    let column = random.pick(&COLUMNS);
    let (number, small) = (random.below(1000), random.below(6));
    match random.below(100) {
        0..=9 => format!(
            "CREATE TABLE {table} (id INTEGER PRIMARY KEY{}, x TEXT, y INTEGER{})",
            random.pick(&["", " AUTOINCREMENT"]),
            random.pick(&["", " UNIQUE", " DEFAULT 5"]),
        ),
        10..=11 => format!("DROP TABLE {table}"),
        12..=14 => format!(
            "ALTER TABLE {table} ADD COLUMN {column} {}",
            random.pick(&[
                "TEXT",
                "INTEGER DEFAULT 7",
                "REAL NOT NULL DEFAULT 0.5",
                "DECIMAL(6,2)"
            ]),
        ),
        15 => format!("ALTER TABLE {table} DROP COLUMN {column}"),
        16 => format!("ALTER TABLE {table} RENAME COLUMN {column} TO {}", random.pick(&COLUMNS)),
        17 => format!("ALTER TABLE {table} RENAME TO \"{}\"", random.pick(&TABLES)),
        18..=19 => format!("CREATE INDEX i{small} ON {table} ({column})"),
        20 => format!("DROP INDEX i{small}"),
        21 => format!("TAG 't{number}'"),
        22 => "SNAPSHOT".into(),
        23..=28 => "BEGIN".into(),
        29..=33 => "COMMIT".into(),
        34..=35 => "ROLLBACK".into(),
        36..=60 => {
            format!("INSERT INTO {table} (x, y) VALUES ('{number}', {number}), (NULL, NULL)")
        }
        61..=64 => format!("INSERT INTO {table} SELECT * FROM {table} WHERE id IS NULL"),
        65..=74 => format!("UPDATE {table} SET y = {number} WHERE id % 7 = {small}"),
        75..=80 => format!("UPDATE {table} SET x = x || '{small}', y = NULL WHERE y > {number}"),
        81..=84 => format!("UPDATE {table} SET id = id + 1000 WHERE id = {small}"),
        85..=93 => format!("DELETE FROM {table} WHERE id % 5 = {small}"),
        94 => format!("DELETE FROM {table}"),
        _ => format!("UPDATE {table} SET {column} = {small}"),
    }
}
