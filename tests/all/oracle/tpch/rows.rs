//! Rows for the schema of TPC-H by the rules of its specification (§4.2.3), smaller vocabularies for
//! what is only read as a comment.

use crate::random::Dice;
use std::fmt::Write;

const REGIONS: &[&str] = &["AFRICA", "AMERICA", "ASIA", "EUROPE", "MIDDLE EAST"];

/// The nations, and in which region each lies.
const NATIONS: &[(&str, usize)] = &[
    ("ALGERIA", 0),
    ("ARGENTINA", 1),
    ("BRAZIL", 1),
    ("CANADA", 1),
    ("EGYPT", 4),
    ("ETHIOPIA", 0),
    ("FRANCE", 3),
    ("GERMANY", 3),
    ("INDIA", 2),
    ("INDONESIA", 2),
    ("IRAN", 4),
    ("IRAQ", 4),
    ("JAPAN", 2),
    ("JORDAN", 4),
    ("KENYA", 0),
    ("MOROCCO", 0),
    ("MOZAMBIQUE", 0),
    ("PERU", 1),
    ("CHINA", 2),
    ("ROMANIA", 3),
    ("SAUDI ARABIA", 4),
    ("VIETNAM", 2),
    ("RUSSIA", 3),
    ("UNITED KINGDOM", 3),
    ("UNITED STATES", 1),
];

const COLOURS: &[&str] = &[
    "almond",
    "azure",
    "beige",
    "blush",
    "chocolate",
    "coral",
    "cream",
    "forest",
    "green",
    "ivory",
    "lace",
    "lemon",
    "linen",
    "maroon",
    "navy",
    "olive",
    "peru",
    "plum",
    "rose",
    "salmon",
    "sienna",
    "sky",
    "snow",
    "tan",
    "thistle",
    "violet",
    "wheat",
];
const TYPES: [&[&str]; 3] = [
    &["STANDARD", "SMALL", "MEDIUM", "LARGE", "ECONOMY", "PROMO"],
    &["ANODIZED", "BURNISHED", "PLATED", "POLISHED", "BRUSHED"],
    &["TIN", "NICKEL", "BRASS", "STEEL", "COPPER"],
];
const CONTAINERS: [&[&str]; 2] = [
    &["SM", "LG", "MED", "JUMBO", "WRAP"],
    &["CASE", "BOX", "BAG", "JAR", "PKG", "PACK", "CAN", "DRUM"],
];
const SEGMENTS: &[&str] = &["AUTOMOBILE", "BUILDING", "FURNITURE", "MACHINERY", "HOUSEHOLD"];
const PRIORITIES: &[&str] = &["1-URGENT", "2-HIGH", "3-MEDIUM", "4-NOT SPECIFIED", "5-LOW"];
const INSTRUCTIONS: &[&str] = &["DELIVER IN PERSON", "COLLECT COD", "NONE", "TAKE BACK RETURN"];
const MODES: &[&str] = &["REG AIR", "AIR", "RAIL", "SHIP", "TRUCK", "MAIL", "FOB"];
const COMMENTS: &[&str] = &[
    "carefully even deposits",
    "special packages wake the requests",
    "quick accounts sleep",
    "final requests haggle",
    "Customer ideas, Recommends",
    "Customer slow Complaints",
    "furiously bold theodolites",
    "pending pinto beans",
    "unusual special requests",
];

/// Days from 1992-01-01 to the last moment of the data, 1998-12-31.
const LAST_DAY: usize = 2_556;
/// 1995-06-17, the day that the specification calls the current date.
const CURRENT_DAY: usize = 1_263;

/// Statements that fill the tables, some hundred rows each. A scale of 1,000 is the specification's
/// scale factor 1.
pub fn of_scale(thousandths: usize) -> Vec<String> {
    let mut filling = Filling {
        dice: Dice::of(22),
        statements: Vec::new(),
        suppliers: 10 * thousandths,
        parts: 200 * thousandths,
        customers: 150 * thousandths,
        orders: 1_500 * thousandths,
    };
    filling.nations();
    filling.suppliers();
    filling.parts();
    filling.customers();
    filling.orders();
    filling.statements
}

struct Filling {
    dice: Dice,
    statements: Vec<String>,
    suppliers: usize,
    parts: usize,
    customers: usize,
    orders: usize,
}

impl Filling {
    fn add(&mut self, table: &str, rows: &[String]) {
        for some in rows.chunks(500) {
            self.statements.push(format!("INSERT INTO {table} VALUES {}", some.join(", ")));
        }
    }

    fn comment(&mut self) -> &'static str {
        COMMENTS[self.dice.roll(COMMENTS.len())]
    }

    /// From a number of cents up to another, as an amount.
    fn amount(&mut self, from: usize, to: usize) -> String {
        cents(from + self.dice.roll(to - from + 1))
    }

    fn balance(&mut self) -> String {
        let cents = self.dice.roll(1_099_999);
        if cents < 99_999 {
            format!("-{}", self::cents(cents))
        } else {
            self::cents(cents - 99_999)
        }
    }

    fn phone(&mut self, nation: usize) -> String {
        let [a, b, c] = [900, 900, 9_000].map(|below| self.dice.roll(below));
        format!("{}-{}-{}-{}", nation + 10, a + 100, b + 100, c + 1_000)
    }

    fn words(&mut self, of: [&'static [&'static str]; 2]) -> String {
        format!("{} {}", self.dice.pick(of[0]), self.dice.pick(of[1]))
    }

    fn nations(&mut self) {
        let regions: Vec<String> = REGIONS
            .iter()
            .enumerate()
            .map(|(key, name)| format!("({key}, '{name}', NULL)"))
            .collect();
        self.add("region", &regions);
        let nation = |(key, (name, region)): (usize, &(&str, usize))| {
            format!("({key}, '{name}', {region}, NULL)")
        };
        let nations: Vec<String> = NATIONS.iter().enumerate().map(nation).collect();
        self.add("nation", &nations);
    }

    fn suppliers(&mut self) {
        let mut rows = Vec::new();
        for key in 1..=self.suppliers {
            let nation = self.dice.roll(NATIONS.len());
            let (phone, balance, comment) = (self.phone(nation), self.balance(), self.comment());
            rows.push(format!(
                "({key}, 'Supplier#{key:09}', 'S{}', {nation}, '{phone}', {balance}, '{comment}')",
                self.dice.roll(10_000)
            ));
        }
        self.add("supplier", &rows);
    }

    fn parts(&mut self) {
        let (mut parts, mut partsupp) = (Vec::new(), Vec::new());
        for key in 1..=self.parts {
            let name: Vec<&str> = (0..5).map(|_| self.dice.pick(COLOURS)).collect();
            let maker = 1 + self.dice.roll(5);
            let brand = 10 * maker + 1 + self.dice.roll(5);
            let kind = format!("{} {}", self.words([TYPES[0], TYPES[1]]), self.dice.pick(TYPES[2]));
            let (size, container) = (1 + self.dice.roll(50), self.words(CONTAINERS));
            parts.push(format!(
                "({key}, '{}', 'Manufacturer#{maker}', 'Brand#{brand}', '{kind}', {size}, \
                 '{container}', {}, '{}')",
                name.join(" "),
                price(key),
                self.comment()
            ));
            for which in 0..4 {
                let supplier = self.supplier_of(key, which);
                let (quantity, cost) = (1 + self.dice.roll(9_999), self.amount(100, 100_000));
                let comment = self.comment();
                partsupp.push(format!("({key}, {supplier}, {quantity}, {cost}, '{comment}')"));
            }
        }
        self.add("part", &parts);
        self.add("partsupp", &partsupp);
    }

    /// One of the four suppliers of a part.
    fn supplier_of(&self, part: usize, which: usize) -> usize {
        let all = self.suppliers;
        (part + which * (all / 4 + (part - 1) / all)) % all + 1
    }

    fn customers(&mut self) {
        let mut rows = Vec::new();
        for key in 1..=self.customers {
            let nation = self.dice.roll(NATIONS.len());
            let (phone, balance, comment) = (self.phone(nation), self.balance(), self.comment());
            rows.push(format!(
                "({key}, 'Customer#{key:09}', 'C{}', {nation}, '{phone}', {balance}, '{}', \
                 '{comment}')",
                self.dice.roll(10_000),
                self.dice.pick(SEGMENTS)
            ));
        }
        self.add("customer", &rows);
    }

    fn orders(&mut self) {
        let (mut orders, mut lines) = (Vec::new(), Vec::new());
        for number in 0..self.orders {
            // Only the first eight of each thirty-two keys are used.
            let key = number / 8 * 32 + number % 8 + 1;
            let mut customer = 1 + self.dice.roll(self.customers);
            if customer.is_multiple_of(3) {
                customer -= 1;
            }
            let day = self.dice.roll(LAST_DAY - 151);
            let (mut total, mut open, count) = (0, 0, 1 + self.dice.roll(7));
            for line in 1..=count {
                let (text, price, is_open) = self.line(key, line, day);
                total += price;
                open += usize::from(is_open);
                lines.push(text);
            }
            let status = if open == 0 {
                'F'
            } else if open == count {
                'O'
            } else {
                'P'
            };
            orders.push(format!(
                "({key}, {customer}, '{status}', {}, '{}', '{}', 'Clerk#{:09}', 0, '{}')",
                cents(total / 10_000),
                date(day),
                self.dice.pick(PRIORITIES),
                1 + self.dice.roll(1_000),
                self.comment()
            ));
        }
        self.add("orders", &orders);
        self.add("lineitem", &lines);
    }

    /// A line of an order: its row, what it adds to the order's price (in cents of cents), whether it
    /// is still open.
    fn line(&mut self, order: usize, line: usize, day: usize) -> (String, usize, bool) {
        let part = 1 + self.dice.roll(self.parts);
        let which = self.dice.roll(4);
        let supplier = self.supplier_of(part, which);
        let quantity = 1 + self.dice.roll(50);
        let price = quantity * price_in_cents(part);
        let (discount, tax) = (self.dice.roll(11), self.dice.roll(9));
        let shipped = day + 1 + self.dice.roll(121);
        let (promised, received) =
            (day + 30 + self.dice.roll(61), shipped + 1 + self.dice.roll(30));
        let flag = match (received <= CURRENT_DAY, self.dice.roll(2)) {
            (false, _) => 'N',
            (true, 0) => 'R',
            (true, _) => 'A',
        };
        let is_open = shipped > CURRENT_DAY;
        let mut row = format!("({order}, {part}, {supplier}, {line}, {quantity}, {}", cents(price));
        write!(row, ", 0.{discount:02}, 0.{tax:02}, '{flag}'").expect("a string takes all");
        let (status, dates) = (if is_open { 'O' } else { 'F' }, [shipped, promised, received]);
        let [shipped, promised, received] = dates.map(date);
        write!(row, ", '{status}', '{shipped}', '{promised}', '{received}'").expect("a string");
        let (instruction, mode) = (self.dice.pick(INSTRUCTIONS), self.dice.pick(MODES));
        write!(row, ", '{instruction}', '{mode}', '{}')", self.comment()).expect("a string");
        (row, price * (100 - discount) * (100 + tax), is_open)
    }
}

/// The retail price of a part in cents, by the formula of the specification.
fn price_in_cents(part: usize) -> usize {
    90_000 + part / 10 % 20_001 + 100 * (part % 1_000)
}

fn price(part: usize) -> String {
    cents(price_in_cents(part))
}

fn cents(cents: usize) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

/// The date so many days after 1992-01-01.
fn date(mut day: usize) -> String {
    let mut year = 1992;
    loop {
        let leap = usize::from(year % 4 == 0);
        if day < 365 + leap {
            let lengths = [31, 28 + leap, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
            let mut month = 0;
            while day >= lengths[month] {
                day -= lengths[month];
                month += 1;
            }
            return format!("{year}-{:02}-{:02}", month + 1, day + 1);
        }
        day -= 365 + leap;
        year += 1;
    }
}
