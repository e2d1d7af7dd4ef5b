//! Functions of other systems, and of later versions: what does the same here.

/// The name in lower case, and what to write instead.
const FOREIGN: &[(&str, &str)] = &[
    ("array_agg", "group_concat(x) makes one text of all"),
    ("cardinality", "count(*) counts the rows of a group"),
    ("charindex", "instr(text, part) takes the text first"),
    ("curdate", "CURRENT_DATE is the day of the statement"),
    ("current_database", ".databases says which database is open"),
    ("current_user", "the database has no users"),
    ("curtime", "CURRENT_TIME is the time of the statement"),
    ("database", ".databases says which database is open"),
    ("getdate", "CURRENT_TIMESTAMP is the time of the statement"),
    ("getutcdate", "CURRENT_TIMESTAMP is the time of the statement"),
    ("isnull", "ifnull(x, y) is y where x is NULL, x IS NULL asks"),
    ("len", "length(x) counts characters"),
    ("load_extension", "there are no extensions"),
    ("locate", "instr(text, part) takes the text first"),
    ("mid", "substr(text, start, length)"),
    ("now", "CURRENT_TIMESTAMP is the time of the statement"),
    ("nvl", "ifnull(x, y) is y where x is NULL"),
    ("position", "instr(text, part) takes the text first"),
    ("strpos", "instr(text, part)"),
    ("sysdate", "CURRENT_TIMESTAMP is the time of the statement"),
    ("sysdatetime", "CURRENT_TIMESTAMP is the time of the statement"),
    ("to_char", "CAST(x AS TEXT)"),
    ("to_date", "CAST(x AS DATE)"),
    ("to_number", "CAST(x AS NUMERIC)"),
    ("to_timestamp", "CAST(x AS TIMESTAMP)"),
    ("ucase", "upper(text)"),
    ("user", "the database has no users"),
    ("utc_timestamp", "CURRENT_TIMESTAMP is the time of the statement"),
];

/// What to write instead of a function of another system; `name` is in lower case.
pub fn instead_of_function(name: &str) -> Option<String> {
    FOREIGN.iter().find(|(known, _)| *known == name).map(|(_, instead)| (*instead).to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::functions::{AGGREGATE_FUNCTIONS, SCALAR_FUNCTIONS};
    use super::*;

    #[test]
    fn what_is_named_instead_is_there_and_what_is_foreign_is_not() {
        let known = |name: &str| {
            SCALAR_FUNCTIONS.iter().any(|entry| entry.signature.name == name)
                || AGGREGATE_FUNCTIONS.iter().any(|entry| entry.signature.name == name)
        };
        assert!(FOREIGN.windows(2).all(|pair| pair[0].0 < pair[1].0));
        for (name, instead) in FOREIGN {
            assert!(!known(name), "{name}");
            for (at, _) in instead.match_indices('(') {
                let called = instead[..at].rsplit(' ').next().unwrap_or_default();
                assert!(called == "CAST" || known(called), "{name}: {instead}");
            }
        }
    }
}
