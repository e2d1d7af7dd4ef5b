//! What a question took to reach its moment, by its own word: lines of EXPLAIN ANALYZE.

use asof::types::Value;

/// How many events were replayed for a question that was asked by EXPLAIN ANALYZE; none where its
/// epoch was in memory.
///
/// # Panics
/// If no line says where the view comes from.
pub fn replayed(lines: &[Vec<Value>]) -> u64 {
    let text = |row: &Vec<Value>| row.first().map(|line| line.to_text().into_owned());
    let line = lines.iter().filter_map(text).find(|line| line.contains(" · epoch from "));
    let line = line.expect("a line says where the view comes from");
    if line.ends_with(", in memory") {
        return 0;
    }
    let count = line.split(", ").find_map(|part| {
        part.strip_suffix(" events replayed").or_else(|| part.strip_suffix(" event replayed"))
    });
    count.and_then(|count| count.parse().ok()).expect("what was not in memory was replayed")
}
