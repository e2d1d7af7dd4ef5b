//! What someone may have meant.

/// At most three candidates that are a slip away from a word: a spelling distance of at most a third
/// of its length. As the text of an error's help, `None` where nothing is near.
pub fn suggest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let folded = word.to_lowercase();
    let allowed = folded.chars().count() / 3;
    let mut near: Vec<(usize, &str)> = candidates
        .into_iter()
        .map(|candidate| (strsim::osa_distance(&folded, &candidate.to_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .collect();
    near.sort();
    near.dedup_by_key(|(_, candidate)| *candidate);
    let names: Vec<String> =
        near.iter().take(3).map(|(_, candidate)| format!("\"{candidate}\"")).collect();
    (!names.is_empty()).then(|| format!("did you mean {}?", names.join(" or ")))
}

#[cfg(test)]
mod tests {
    use super::suggest;

    #[test]
    fn only_near_names_are_suggested() {
        let names = ["id", "owner", "balance"];
        assert_eq!(suggest("owne", names), Some("did you mean \"owner\"?".into()));
        assert_eq!(suggest("BALANEC", names), Some("did you mean \"balance\"?".into()));
        assert_eq!(suggest("xy", names), None);
        assert_eq!(suggest("city", names), None);
    }
}
