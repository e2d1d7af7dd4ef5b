//! Prompts in what is pasted: a session that somebody copied runs again without them.

use crate::language::Keyword;

/// The length of the prompt that a line begins with where no statement is open: asof's own, and
/// those of `sqlite3`, `psql`, `mysql` and `duckdb`. No statement begins like one.
pub(super) fn main_prompt(line: &str) -> Option<usize> {
    let indent = line.len() - line.trim_start().len();
    let text = &line[indent..];
    let length = own(text).or_else(|| {
        let others = ["sqlite> ", "mysql> ", "memory D ", "D "];
        let prompt = others.into_iter().find(|prompt| text.starts_with(prompt));
        // A lone letter says little; what follows has to be a statement.
        prompt.filter(|prompt| *prompt != "D " || begins_statement(&text[2..])).map(str::len)
    });
    length.or_else(|| psql(text, '=')).map(|length| indent + length)
}

/// The length of the prompt that a line begins with inside a statement.
pub(super) fn continuation_prompt(line: &str) -> Option<usize> {
    let indent = line.len() - line.trim_start().len();
    let text = &line[indent..];
    let behind = |mark: &str| text.find(mark).map(|at| (at, at + mark.len()));
    if let Some((at, end)) =
        behind("..> ").or_else(|| behind("..>").filter(|(_, e)| *e == text.len()))
        && at <= 3
        && !text[..at].contains(char::is_alphanumeric)
    {
        return Some(indent + end);
    }
    if let Some(rest) = text.strip_prefix("-> ") {
        return Some(line.len() - rest.len());
    }
    ["-", "(", "'", "\"", "*", "$"]
        .into_iter()
        .find_map(|mark| psql(text, mark.chars().next()?))
        .map(|length| indent + length)
}

/// `bank@42> `, `bank@42+3*> `, `bank@17/42 past> `.
fn own(text: &str) -> Option<usize> {
    let (name, rest) = text.split_once('@')?;
    if name.is_empty() || name.contains(|c: char| c.is_whitespace() || "'\"(;,".contains(c)) {
        return None;
    }
    let rest = digits(rest)?;
    let rest = match rest.as_bytes().first()? {
        b'+' => digits(&rest[1..])?.strip_prefix('*')?,
        b'/' => digits(&rest[1..])?.strip_prefix(" past")?,
        _ => rest,
    };
    let rest = rest.strip_prefix('>')?;
    let rest = rest.strip_prefix(' ').or_else(|| rest.is_empty().then_some(rest))?;
    Some(text.len() - rest.len())
}

/// What stands behind one digit or more.
fn digits(text: &str) -> Option<&str> {
    let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
    (rest.len() < text.len()).then_some(rest)
}

/// `bank=# `, `bank=> `, and with another mark the prompts inside a statement.
fn psql(text: &str, mark: char) -> Option<usize> {
    let name = text.find(|c: char| !(c.is_alphanumeric() || c == '_'))?;
    let rest = text[name..].strip_prefix(mark).filter(|_| name > 0)?;
    let rest = rest.strip_prefix("# ").or_else(|| rest.strip_prefix("> "))?;
    Some(text.len() - rest.len())
}

/// Whether a line begins with a word of the language or a dot-command.
fn begins_statement(line: &str) -> bool {
    let end = line.find(|c: char| !c.is_alphanumeric()).unwrap_or(line.len());
    line.starts_with('.') || (end > 0 && Keyword::find(&line[..end]).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prompts_of_the_known_shells_are_found() {
        for prompt in [
            "bank@42> ",
            "my-bank@0+3*> ",
            "bank@17/42 past> ",
            "sqlite> ",
            "mysql> ",
            "D ",
            "shop=# ",
            "shop=> ",
            "  bank@1> ",
        ] {
            let line = format!("{prompt}SELECT 1;");
            assert_eq!(main_prompt(&line), Some(prompt.len()), "{line}");
        }
        for prompt in ["   ...> ", "   '..> ", "   (..> ", "    -> ", "shop-# ", "shop(> "] {
            let line = format!("{prompt}FROM t;");
            assert_eq!(continuation_prompt(&line), Some(prompt.len()), "{line}");
        }
    }

    #[test]
    fn statements_are_no_prompts() {
        for line in
            ["SELECT a@b > 1;", "D", "D x", "x = 1", "a => 1", "SELECT '..> '", "a-#b", "'x@1> '"]
        {
            assert_eq!(main_prompt(line), None, "{line}");
            assert_eq!(continuation_prompt(line), None, "{line}");
        }
    }
}
