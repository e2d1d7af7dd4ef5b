//! What SQLite's parser drops before it looks at names: what stands before `IN ()`, and what is joined by AND
//! to something that is false already.

/// The statement with what SQLite makes of such conditions. The generator puts each in brackets.
pub fn without_dropped(sql: &str) -> String {
    let mut sql = sql.to_owned();
    while let Some((at, behind, truth)) = constant(&sql) {
        sql.replace_range(at..behind, truth);
    }
    sql
}

/// Where a condition stands that is a constant to SQLite's parser, and which.
fn constant(sql: &str) -> Option<(usize, usize, &'static str)> {
    let endings =
        [(" NOT IN ())", "TRUE"), (" IN ())", "FALSE"), (" AND FALSE)", "FALSE")].into_iter();
    let mut ends = endings.filter_map(|(ending, truth)| {
        let behind = sql.find(ending)? + ending.len();
        Some((opening(&sql[..behind - 1])?, behind, truth))
    });
    ends.next().or_else(|| null_of_literal(sql)).or_else(|| {
        let at = sql.find("(FALSE AND ")?;
        Some((at, closing(sql, at)?, "FALSE"))
    })
}

/// Where a literal is asked whether it is NULL.
fn null_of_literal(sql: &str) -> Option<(usize, usize, &'static str)> {
    let endings = [
        (" ISNULL)", "FALSE"),
        (" NOTNULL)", "TRUE"),
        (" IS NOT NULL)", "TRUE"),
        (" IS NULL)", "FALSE"),
        (" IS NOT DISTINCT FROM NULL)", "FALSE"),
        (" IS DISTINCT FROM NULL)", "TRUE"),
    ];
    endings.into_iter().find_map(|(ending, truth)| {
        sql.match_indices(ending).find_map(|(at, _)| {
            let open = opening(&sql[..at])?;
            is_literal(&sql[open + 1..at]).then_some((open, at + ending.len(), truth))
        })
    })
}

/// Whether a text is a number, a text or a blob, perhaps with signs before it and in brackets.
fn is_literal(text: &str) -> bool {
    let text = text.trim_start_matches(['-', '+', '(', ' ']).trim_end_matches(')');
    let quoted = text.trim_start_matches('x').strip_prefix('\'');
    let quoted = quoted.and_then(|text| text.strip_suffix('\''));
    text.parse::<f64>().is_ok() || quoted.is_some_and(|text| !text.contains('\''))
}

/// Where the bracket opens that is open at the end of a text.
fn opening(text: &str) -> Option<usize> {
    let mut open = Vec::new();
    brackets(text, |at, bracket| match bracket {
        '(' => open.push(at),
        _ => drop(open.pop()),
    });
    open.pop()
}

/// Behind where the bracket is closed that opens at a place.
fn closing(sql: &str, from: usize) -> Option<usize> {
    let (mut depth, mut found) = (0, None);
    brackets(&sql[from..], |at, bracket| {
        match bracket {
            '(' => depth += 1,
            _ => depth -= 1,
        }
        if depth == 0 && found.is_none() {
            found = Some(from + at + 1);
        }
    });
    found
}

/// The brackets of a text, but for those in quotes.
fn brackets(text: &str, mut each: impl FnMut(usize, char)) {
    let mut quoted = false;
    for (at, letter) in text.char_indices() {
        match letter {
            '\'' => quoted = !quoted,
            '(' | ')' if !quoted => each(at, letter),
            _ => {}
        }
    }
}

#[test]
fn what_stands_beside_a_constant_false_goes() {
    for (sql, reduced) in [
        ("SELECT (a IN ())", "SELECT FALSE"),
        ("SELECT (max('(', b) NOT IN ())", "SELECT TRUE"),
        ("SELECT 1 WHERE ((a IN ()) AND (b = ')'))", "SELECT 1 WHERE FALSE"),
        ("SELECT 1 WHERE (x AND ((b + 1) IN ()))", "SELECT 1 WHERE FALSE"),
        ("SELECT 1 WHERE (x OR ((b + 1) IN ()))", "SELECT 1 WHERE (x OR FALSE)"),
        ("SELECT (NOT (a IN ())), a", "SELECT (NOT FALSE), a"),
        ("SELECT ((a ISNULL) AND ('x' ISNULL))", "SELECT FALSE"),
        ("SELECT ((- 2.5) IS NOT NULL), (NULL IS NULL)", "SELECT TRUE, (NULL IS NULL)"),
        ("SELECT ('a' || 'b' ISNULL), (x'41' NOTNULL)", "SELECT ('a' || 'b' ISNULL), TRUE"),
        ("SELECT (a IN (1)) AND b", "SELECT (a IN (1)) AND b"),
    ] {
        assert_eq!(without_dropped(sql), reduced);
    }
}
