//! Makes tables and queries on them, from a seed.
//!
//! What asof does otherwise on purpose is left out: `typeof` of booleans and decimals, `%` of
//! decimals, which keeps their digits behind the point, and the text of a decimal or of a real that
//! needs more than a few digits. A fragment knows whether its text is the same on both sides; only
//! then it is used where a text is made of it, which is also where it is compared with a column of
//! texts. Mathematical functions are left out, too: this SQLite is built without them.

/// A generator of SQL; the same seed gives the same SQL.
pub struct Generator(u64);

/// A query, and whether its order is total.
pub struct Query {
    pub sql: String,
    pub ordered: bool,
}

/// A piece of an expression: whether its value has one text on both sides, and whether a number
/// that is made of it has.
struct Fragment {
    sql: String,
    plain: bool,
    short: bool,
}

impl Fragment {
    fn number(&self) -> bool {
        self.plain && self.short
    }
}

fn made(sql: impl Into<String>, plain: bool) -> Fragment {
    Fragment { sql: sql.into(), plain, short: plain }
}

fn plain(sql: impl Into<String>) -> Fragment {
    made(sql, true)
}

fn loose(sql: impl Into<String>) -> Fragment {
    made(sql, false)
}

const TEXTS: &[&str] = &["5", "abc", "", "ABC", " 7", "1e2", "1.5x", "-3", "é", "abd", "2.5", "%a"];

/// The columns of a table, as each is compared and computed with.
struct Columns {
    alias: &'static str,
    integers: &'static [&'static str],
    reals: &'static [&'static str],
    texts: &'static [&'static str],
    any: &'static [&'static str],
    decimals: &'static [&'static str],
}

const T: Columns = Columns {
    alias: "t",
    integers: &["t.id", "t.i", "t.j"],
    reals: &["t.r"],
    texts: &["t.s"],
    any: &["t.x"],
    decimals: &[],
};

const U: Columns = Columns {
    alias: "u",
    integers: &["u.k", "u.i"],
    reals: &["u.r"],
    texts: &["u.s", "u.code"],
    any: &["u.y"],
    decimals: &["u.d"],
};

impl Generator {
    pub fn new(seed: u64) -> Generator {
        let mut seeds = Generator(seed);
        // Mixed, as the states of two generators must not be steps of one.
        Generator(seeds.next())
    }

    /// SplitMix64.
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        let limit = u64::try_from(limit).expect("limits are small");
        usize::try_from(self.next() % limit).expect("below a small limit")
    }

    fn one_in(&mut self, chances: usize) -> bool {
        self.below(chances) == 0
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }

    /// The statements that make and fill the tables.
    pub fn data(&mut self) -> Vec<String> {
        let mut all = vec![
            "CREATE TABLE t(id INTEGER PRIMARY KEY, i INTEGER, j INTEGER, r REAL, s TEXT, x)"
                .into(),
            "CREATE TABLE u(k INTEGER, i INTEGER, r REAL, s TEXT, code TEXT UNIQUE, y, \
             d DECIMAL(8,2))"
                .into(),
            "CREATE INDEX u_k ON u(k, i)".into(),
        ];
        for id in 1..=60 {
            let values = [
                self.integer_or_null(),
                self.integer_or_null(),
                self.real_or_null(),
                self.text_or_null(),
                self.anything(),
            ];
            all.push(format!("INSERT INTO t VALUES ({id}, {})", values.join(", ")));
        }
        for row in 0..40 {
            // Never a whole number: SQLite would keep that as an integer.
            let decimal = format!("{}.{}", self.below(20), self.pick(&["25", "50", "75"]));
            let values = [
                self.integer_or_null(),
                self.integer_or_null(),
                self.real_or_null(),
                self.text_or_null(),
                format!("'{}'", row * 3),
                self.anything(),
                if self.one_in(6) { "NULL".into() } else { decimal },
            ];
            all.push(format!("INSERT INTO u VALUES ({})", values.join(", ")));
        }
        all
    }

    fn integer(&mut self) -> String {
        let size = if self.one_in(4) { 200 } else { 9 };
        (i64::try_from(self.below(size)).expect("small") - 3).to_string()
    }

    fn real(&mut self) -> String {
        let whole = self.below(12);
        let sign = if self.one_in(4) { "-" } else { "" };
        format!("{sign}{whole}.{}", self.pick(&["0", "25", "5", "75"]))
    }

    fn text(&mut self) -> String {
        format!("'{}'", self.pick(TEXTS))
    }

    fn integer_or_null(&mut self) -> String {
        if self.one_in(6) { "NULL".into() } else { self.integer() }
    }

    fn real_or_null(&mut self) -> String {
        if self.one_in(6) { "NULL".into() } else { self.real() }
    }

    fn text_or_null(&mut self) -> String {
        if self.one_in(6) { "NULL".into() } else { self.text() }
    }

    fn anything(&mut self) -> String {
        match self.below(8) {
            0 => "NULL".into(),
            1..=3 => self.integer(),
            4 => self.real(),
            5 => self.pick(&["x'35'", "x'6162'", "x''"]).to_string(),
            _ => self.text(),
        }
    }

    /// A column or a literal.
    fn leaf(&mut self, tables: &[&Columns]) -> Fragment {
        let table = tables[self.below(tables.len())];
        match self.below(14) {
            0..=3 => plain(self.pick(table.integers)),
            4 | 5 => plain(self.pick(table.reals)),
            6 | 7 => plain(self.pick(table.texts)),
            8 => plain(self.pick(table.any)),
            9 if !table.decimals.is_empty() => loose(self.pick(table.decimals)),
            10 => plain(self.integer()),
            11 => plain(self.real()),
            12 => plain(self.text_or_null()),
            _ => plain(self.anything()),
        }
    }

    /// Any expression.
    fn expression(&mut self, tables: &[&Columns], depth: usize) -> Fragment {
        if depth == 0 {
            return self.leaf(tables);
        }
        let depth = depth - 1;
        match self.below(12) {
            0..=2 => self.leaf(tables),
            3..=5 => self.arithmetic(tables, depth),
            6 | 7 => self.of_text(tables, depth),
            8 => self.of_number(tables, depth),
            9 => self.choice(tables, depth),
            10 => plain(format!("({})", self.condition(tables, depth).sql)),
            _ => self.cast(tables, depth),
        }
    }

    /// An expression of which a text may be made.
    fn showable(&mut self, tables: &[&Columns], depth: usize) -> Fragment {
        for _ in 0..4 {
            let made = self.expression(tables, depth);
            if made.plain {
                return made;
            }
        }
        plain(self.pick(tables[0].texts))
    }

    fn arithmetic(&mut self, tables: &[&Columns], depth: usize) -> Fragment {
        let (a, b) = (self.expression(tables, depth), self.expression(tables, depth));
        let operator = self.pick(&["+", "-", "+", "-", "*", "/", "%", "&", "|"]);
        let with_decimal = [&a, &b].iter().any(|operand| operand.sql.contains("u.d"));
        let operator = if operator == "%" && with_decimal { "&" } else { operator };
        let exact = matches!(operator, "+" | "-" | "%" | "&" | "|") && a.number() && b.number();
        let sql = match self.below(8) {
            0 => format!("(- {})", a.sql),
            1 => format!("(~ {})", a.sql),
            2 => format!("({} << {})", a.sql, self.below(3)),
            3 => format!("({} >> {})", a.sql, self.below(3)),
            _ => return made(format!("({} {operator} {})", a.sql, b.sql), exact),
        };
        made(sql, a.number())
    }

    fn of_text(&mut self, tables: &[&Columns], depth: usize) -> Fragment {
        let a = self.showable(tables, depth).sql;
        let b = self.showable(tables, 0).sql;
        let sql = match self.below(13) {
            0 | 1 => format!("({a} || {b})"),
            2 => format!("upper({a})"),
            3 => format!("lower({a})"),
            4 => format!("length({a})"),
            5 => format!("substr({a}, {})", self.integer()),
            6 => format!("substr({a}, {}, {})", self.integer(), self.integer()),
            7 => format!("trim({a})"),
            8 => format!("{}({a}, {b})", self.pick(&["trim", "ltrim", "rtrim"])),
            9 => format!("replace({a}, {b}, {})", self.text()),
            10 => format!("instr({a}, {b})"),
            // Digits around an E can be a number beyond the largest real.
            11 => format!("('x' || hex({a}))"),
            _ => format!("unicode({a})"),
        };
        Fragment { sql, plain: true, short: false }
    }

    fn of_number(&mut self, tables: &[&Columns], depth: usize) -> Fragment {
        let a = self.expression(tables, depth);
        let b = self.expression(tables, 0);
        match self.below(6) {
            0 => made(format!("abs({})", a.sql), a.number()),
            1 => made(format!("round({})", a.sql), a.number()),
            2 => loose(format!("round({}, {})", a.sql, self.below(4))),
            3 => plain(format!("sign({})", a.sql)),
            4 => made(format!("max({}, {})", a.sql, b.sql), a.number() && b.number()),
            _ => made(format!("min({}, {})", a.sql, b.sql), a.number() && b.number()),
        }
    }

    fn choice(&mut self, tables: &[&Columns], depth: usize) -> Fragment {
        let (a, b) = (self.expression(tables, depth), self.expression(tables, depth));
        let when = self.condition(tables, depth).sql;
        let both = a.plain && b.plain;
        let sql = match self.below(7) {
            0 => format!("coalesce({}, {})", a.sql, b.sql),
            1 => format!("ifnull({}, {})", a.sql, b.sql),
            2 => format!("nullif({}, {})", a.sql, b.sql),
            3 => format!("iif({when}, {}, {})", a.sql, b.sql),
            4 => format!("CASE WHEN {when} THEN {} ELSE {} END", a.sql, b.sql),
            5 => format!("CASE WHEN {when} THEN {} WHEN {} THEN NULL END", a.sql, b.sql),
            _ => {
                let operand = self.showable(tables, depth).sql;
                let (x, y) = (self.showable(tables, 0).sql, self.showable(tables, 0).sql);
                format!("CASE {operand} WHEN {x} THEN {} WHEN {y} THEN {} END", a.sql, b.sql)
            }
        };
        Fragment { sql, plain: both, short: a.short && b.short }
    }

    fn cast(&mut self, tables: &[&Columns], depth: usize) -> Fragment {
        let to = self.pick(&["INTEGER", "REAL", "NUMERIC", "TEXT", "BLOB"]);
        let a = if matches!(to, "TEXT" | "BLOB") {
            self.showable(tables, depth)
        } else {
            self.expression(tables, depth)
        };
        let plain = match to {
            "INTEGER" => true,
            "REAL" | "NUMERIC" => a.number(),
            _ => a.plain,
        };
        Fragment { sql: format!("CAST({} AS {to})", a.sql), plain, short: a.short }
    }

    /// A condition; also one whose truth is that of a number or a text.
    fn condition(&mut self, tables: &[&Columns], depth: usize) -> Fragment {
        let below = depth.saturating_sub(1);
        let a = self.showable(tables, below).sql;
        let not = self.pick(&["", "", "NOT "]);
        plain(match self.below(if depth == 0 { 9 } else { 13 }) {
            0..=2 => {
                let operator = self.pick(&["=", "<>", "<", "<=", ">", ">="]);
                format!("{a} {operator} {}", self.showable(tables, below).sql)
            }
            3 => format!("{a} {} {}", self.pick(&["IS", "IS NOT"]), self.leaf_showable(tables)),
            4 => {
                let (low, high) = (self.leaf_showable(tables), self.leaf_showable(tables));
                format!("{a} {not}BETWEEN {low} AND {high}")
            }
            5 => {
                let items: Vec<String> =
                    (0..self.below(5)).map(|_| self.leaf_showable(tables)).collect();
                format!("{a} {not}IN ({})", items.join(", "))
            }
            6 => {
                let pattern =
                    self.pick(&["'%5%'", "'a%'", "'_'", "'A_C'", "'%'", "'!%a' ESCAPE '!'"]);
                format!("{a} {not}LIKE {pattern}")
            }
            7 => format!("{a} {}", self.pick(&["IS NULL", "IS NOT NULL", "NOTNULL", "ISNULL"])),
            8 => format!("{a} IS {not}{}", self.pick(&["TRUE", "FALSE"])),
            9 | 10 => {
                let (x, y) = (self.condition(tables, below).sql, self.condition(tables, below).sql);
                format!("({x} {} {y})", self.pick(&["AND", "OR"]))
            }
            11 => format!("NOT ({})", self.condition(tables, below).sql),
            _ => format!("({a})"),
        })
    }

    fn leaf_showable(&mut self, tables: &[&Columns]) -> String {
        self.showable(tables, 0).sql
    }

    /// A query of one of several shapes.
    pub fn query(&mut self) -> Query {
        match self.below(10) {
            0..=2 => self.rows_in_order(),
            3 | 4 => self.join(),
            5 => self.distinct(),
            6 | 7 => self.groups(),
            8 => self.whole(),
            _ => self.looked_up(),
        }
    }

    fn list(&mut self, tables: &[&Columns], depth: usize) -> String {
        let items: Vec<String> =
            (0..=self.below(3)).map(|_| self.expression(tables, depth).sql).collect();
        items.join(", ")
    }

    fn filter(&mut self, tables: &[&Columns]) -> String {
        if self.one_in(3) {
            return String::new();
        }
        format!(" WHERE {}", self.condition(tables, 3).sql)
    }

    fn rows_in_order(&mut self) -> Query {
        let tables = &[&T];
        let (items, filter) = (self.list(tables, 3), self.filter(tables));
        let key = self.expression(tables, 2).sql;
        let direction = self.pick(&["", " DESC", " NULLS LAST", " DESC NULLS FIRST"]);
        let limit = match self.below(4) {
            0 => format!(" LIMIT {}", self.below(9)),
            1 => format!(" LIMIT {} OFFSET {}", self.below(9), self.below(30)),
            2 => format!(" LIMIT -1 OFFSET {}", self.below(30)),
            _ => String::new(),
        };
        // Not a bare number, which would be the number of a column.
        let sql = format!(
            "SELECT {items} FROM t{filter} ORDER BY coalesce({key}, NULL){direction}, t.id{limit}"
        );
        Query { sql, ordered: true }
    }

    fn source(&mut self) -> (String, Vec<&'static Columns>) {
        let on = match self.below(4) {
            0 => "t.i = u.k".to_string(),
            1 => "u.k = t.j AND t.i = u.i".to_string(),
            2 => format!("t.i = u.k AND {}", self.condition(&[&T, &U], 1).sql),
            _ => self.condition(&[&T, &U], 2).sql,
        };
        let sql = match self.below(5) {
            0 => format!("t, u WHERE {on}"),
            1 => format!("t JOIN u ON {on}"),
            2 => format!("t CROSS JOIN u WHERE {on}"),
            _ => format!("t LEFT JOIN u ON {on}"),
        };
        (sql, vec![&T, &U])
    }

    fn join(&mut self) -> Query {
        let (source, tables) = self.source();
        let items = self.list(&tables, 2);
        let word = if source.contains("WHERE") { "AND" } else { "WHERE" };
        let more = if self.one_in(2) {
            format!(" {word} {}", self.condition(&tables, 2).sql)
        } else {
            String::new()
        };
        Query { sql: format!("SELECT {items} FROM {source}{more}"), ordered: false }
    }

    fn distinct(&mut self) -> Query {
        let table = if self.one_in(2) { &T } else { &U };
        let (items, filter) = (self.list(&[table], 2), self.filter(&[table]));
        let sql = format!("SELECT DISTINCT {items} FROM {}{filter}", table.alias);
        Query { sql, ordered: false }
    }

    fn aggregate(&mut self, tables: &[&Columns]) -> String {
        let argument = self.expression(tables, 2).sql;
        let distinct = self.pick(&["", "", "DISTINCT "]);
        let filter = if self.one_in(5) {
            format!(" FILTER (WHERE {})", self.condition(tables, 1).sql)
        } else {
            String::new()
        };
        match self.below(8) {
            0 => format!("count(*){filter}"),
            1 => format!("count({distinct}{argument}){filter}"),
            2 => format!("sum({distinct}{argument}){filter}"),
            3 => format!("avg({argument}){filter}"),
            4 => format!("total({argument}){filter}"),
            5 | 6 => format!("min({argument}){filter}"),
            _ => format!("max({argument}){filter}"),
        }
    }

    fn groups(&mut self) -> Query {
        let (source, tables) = if self.one_in(3) {
            self.source()
        } else if self.one_in(2) {
            ("t".to_string(), vec![&T])
        } else {
            ("u".to_string(), vec![&U])
        };
        let keys: Vec<String> = (0..=self.below(2))
            .map(|_| format!("coalesce({}, NULL)", self.expression(&tables, 1).sql))
            .collect();
        let keys = keys.join(", ");
        let having = match self.below(3) {
            0 => format!(" HAVING {} > {}", self.aggregate(&tables), self.integer()),
            1 => format!(" HAVING count(*) > {}", self.below(4)),
            _ => String::new(),
        };
        let (a, b) = (self.aggregate(&tables), self.aggregate(&tables));
        let sql = format!("SELECT {keys}, {a}, {b} FROM {source} GROUP BY {keys}{having}");
        Query { sql, ordered: false }
    }

    /// Aggregates without groups.
    fn whole(&mut self) -> Query {
        let (source, tables) = if self.one_in(2) {
            self.source()
        } else {
            let filter = self.filter(&[&T]);
            (format!("t{filter}"), vec![&T])
        };
        let (a, b) = (self.aggregate(&tables), self.aggregate(&tables));
        Query { sql: format!("SELECT {a}, {b}, {a} IS NULL FROM {source}"), ordered: false }
    }

    /// Rows of a table that has keys, by values of any type.
    fn looked_up(&mut self) -> Query {
        let column = self.pick(&["t.id", "u.k", "u.code"]);
        let table = &column[..1];
        let (value, other) = (self.anything(), self.anything());
        let condition = match self.below(5) {
            0 => format!("{column} IN ({value}, {other}, {})", self.anything()),
            1 => format!("{column} = {value} AND {table}.i = {other}"),
            2 => format!("{column} BETWEEN {value} AND {other}"),
            3 => format!("{value} = {column}"),
            _ => format!("{column} IS {value}"),
        };
        Query { sql: format!("SELECT * FROM {table} WHERE {condition}"), ordered: false }
    }
}
