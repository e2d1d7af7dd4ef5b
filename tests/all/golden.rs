//! Files that hold what comes out, to be read and compared: `UPDATE_GOLDEN=1` writes them anew.

use std::env;
use std::fs;
use std::path::Path;

/// Makes sure that a file holds just this text; writes it there where that is asked for.
pub fn assert_golden(path: &Path, now: &str) {
    if env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(path, now).expect("a golden file");
    }
    let shown = path.display();
    let kept = fs::read_to_string(path);
    let kept = kept.unwrap_or_else(|error| panic!("{shown}: {error}; UPDATE_GOLDEN=1 writes it"));
    assert!(kept == now, "{shown} says something else; UPDATE_GOLDEN=1 writes:\n{now}");
}
