//! The known word that was probably meant by an unknown one.

/// The known word that is most like `word`, if one is near enough to have been meant.
pub(crate) fn nearest(word: &str, known: impl Iterator<Item = String>) -> Option<String> {
    let plain = |word: &str| word.replace('-', "_").to_lowercase();
    let word = plain(word);
    known
        .map(|candidate| (strsim::jaro_winkler(&word, &plain(&candidate)), candidate))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}
