//! The rules of the house, read from the source: imports go down the floors only, the world is
//! touched in few places, the log's bytes in one, files are small and begin by saying what they are for, and no two types
//! share a name.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use syn::visit::{self, Visit};

/// The floors. Siblings on one floor do not know each other.
const FLOORS: &[(&str, u8)] = &[
    ("main", 7),
    ("shell", 6),
    ("render", 5),
    ("session", 4),
    ("executor", 3),
    ("planner", 2),
    ("language", 1),
    ("storage", 1),
    ("types", 0),
];

/// The floors inside of `storage`; siblings do not know each other either.
const STORAGE_FLOORS: &[(&str, u8)] = &[
    ("dropped_table", 9),
    ("salvage", 9),
    ("database", 8),
    ("opening", 7),
    ("verify", 7),
    ("checkpoint", 6),
    ("past", 6),
    ("scrubber", 6),
    ("settler", 6),
    ("projections", 5),
    ("versions", 4),
    ("store", 3),
    ("log", 2),
    ("options", 2),
    ("environment", 1),
    ("error", 1),
    ("event", 1),
    ("row_file_signature", 1),
    ("base", 0),
    ("file_names", 0),
    ("schema_change", 0),
    ("statistics", 0),
    ("vfs", 0),
];

/// What of the world is injected, and the only places that may name it.
const WORLD: &[(&[&str], &[&str])] = &[
    (&["std", "fs"], &["src/storage/vfs", "src/shell/", "src/main.rs", "src/storage/tests/"]),
    (&["std", "time", "SystemTime"], &["src/storage/environment.rs"]),
    (&["getrandom"], &["src/storage/environment.rs"]),
];

/// Words of `storage` by which files are known by their bytes, or the log as a file, and the only places
/// that may use them: whoever reads or writes the log knows neither.
const BELOW_THE_LOG: &[(&[&str], &[&str])] = &[
    (
        &["read_at", "write_at", "read_full"],
        &[
            "src/storage/vfs",
            "src/storage/log/",
            "src/storage/projections/",
            "src/storage/row_file_signature.rs",
            "src/storage/store/index/",
            "src/storage/store/damage.rs",
            "src/storage/store/lock.rs",
            // Temporary files of its own.
            "src/storage/versions/blocks/",
        ],
    ),
    (&["LineReader"], &["src/storage/log/", "src/storage/projections/lines.rs"]),
    (
        &["FileLog"],
        &[
            "src/storage/log/",
            "src/storage/store/found_log.rs",
            "src/storage/store/event_store/create.rs",
            "src/storage/store/event_store/copy.rs",
        ],
    ),
];

/// No file is longer.
const MAX_LINES: usize = 600;

/// Collects every path that a file names; those inside the crate begin with `crate`.
struct Reader {
    /// What the library is called here: `asof` in the binary, `crate` in the library.
    root: &'static str,
    /// The module being read, from the root; empty in the binary.
    module: Vec<String>,
    /// Whether tests are read, too.
    with_tests: bool,
    paths: Vec<Vec<String>>,
}

impl Reader {
    /// Notes a path as it is written, from the root if it lies inside the crate.
    fn note(&mut self, written: &[String]) {
        // `::std` begins with nothing.
        let written = written.strip_prefix(&[String::new()]).unwrap_or(written);
        let Some(first) = written.first() else { return };
        let path = match first.as_str() {
            root if root == self.root || root == "asof" => rooted(&[], &written[1..]),
            "crate" => return,
            "super" | "self" if self.root == "crate" => {
                let up = written.iter().take_while(|word| *word == "super").count();
                let rest = &written[up.max(1)..];
                let keep = self.module.len().saturating_sub(up);
                rooted(&self.module[..keep], rest)
            }
            _ => written.to_vec(),
        };
        self.paths.push(path);
    }

    /// Notes every leaf of an import.
    fn note_tree(&mut self, tree: &syn::UseTree, before: &[String]) {
        let with = |word: String| [before, &[word]].concat();
        match tree {
            syn::UseTree::Path(path) => self.note_tree(&path.tree, &with(path.ident.to_string())),
            syn::UseTree::Name(name) if name.ident == "self" => self.note(before),
            syn::UseTree::Name(name) => self.note(&with(name.ident.to_string())),
            syn::UseTree::Rename(rename) => self.note(&with(rename.ident.to_string())),
            syn::UseTree::Glob(_) => self.note(&with("*".to_string())),
            syn::UseTree::Group(group) => {
                group.items.iter().for_each(|tree| self.note_tree(tree, before));
            }
        }
    }
}

fn rooted(module: &[String], rest: &[String]) -> Vec<String> {
    [&["crate".to_string()], module, rest].concat()
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        if module.ident == "tests" && !self.with_tests {
            return;
        }
        self.module.push(module.ident.to_string());
        visit::visit_item_mod(self, module);
        self.module.pop();
    }

    fn visit_item_use(&mut self, import: &'ast syn::ItemUse) {
        self.note_tree(&import.tree, &[]);
    }

    fn visit_vis_restricted(&mut self, _: &'ast syn::VisRestricted) {
        // pub(crate) imports nothing.
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let written: Vec<String> =
            path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if written.len() > 1 {
            self.note(&written);
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        // What a macro is given need not be Rust: its words are read.
        let text = call.tokens.to_string().replace(" :: ", "::").replace(":: ", "::");
        for word in text.split(|c: char| !c.is_alphanumeric() && !"_:".contains(c)) {
            let written: Vec<String> = word.split("::").map(str::to_string).collect();
            if written.len() > 1 {
                self.note(&written);
            }
        }
    }
}

/// Every path that a source file names, and the module it is.
fn read(file: &str, text: &str) -> (Vec<String>, Vec<Vec<String>>) {
    read_but(file, text, true)
}

/// The same, with or without what its tests name.
fn read_but(file: &str, text: &str, with_tests: bool) -> (Vec<String>, Vec<Vec<String>>) {
    let inside = file.strip_prefix("src/").expect("a source file");
    let parts: Vec<&str> = inside.trim_end_matches(".rs").split('/').collect();
    let is_binary = parts[0] == "arguments" || (parts.len() == 1 && parts[0] != "lib");
    let module: Vec<String> = match parts.as_slice() {
        ["arguments", ..] | [_] => Vec::new(),
        [folders @ .., "mod"] => folders.iter().map(ToString::to_string).collect(),
        all => all.iter().map(ToString::to_string).collect(),
    };
    let root = if is_binary { "asof" } else { "crate" };
    let mut reader = Reader { root, module: module.clone(), with_tests, paths: Vec::new() };
    reader.visit_file(&syn::parse_file(text).expect("Rust"));
    (module, reader.paths)
}

fn height(floors: &[(&str, u8)], module: &str) -> Option<u8> {
    floors.iter().find(|(name, _)| *name == module).map(|(_, height)| *height)
}

/// The imports of a file that do not go down.
fn climbs(file: &str, text: &str) -> Vec<String> {
    let (module, paths) = read(file, text);
    let here = module.first().map_or("main", String::as_str);
    let own = height(FLOORS, here).expect("every module has a floor");
    let is_allowed = |path: &[String]| match path {
        [root, target, ..] if root == "crate" => {
            target == here || height(FLOORS, target).is_some_and(|height| height < own)
        }
        [root] => root != "crate",
        _ => true,
    };
    refused((file, here), &paths, is_allowed)
}

/// The paths of a file, in a module, that are not allowed.
fn refused(
    (file, here): (&str, &str),
    paths: &[Vec<String>],
    is_allowed: impl Fn(&[String]) -> bool,
) -> Vec<String> {
    let refused = paths.iter().filter(|path| !is_allowed(path));
    refused.map(|path| format!("{file}: {here} names {}", path.join("::"))).collect()
}

/// What `storage` shows to the floors above it, with the module that has it.
fn storage_exports(text: &str) -> BTreeMap<String, String> {
    let (_, paths) = read("src/storage/mod.rs", text);
    let exported = |path: Vec<String>| {
        let module = path.first().filter(|module| height(STORAGE_FLOORS, module).is_some())?;
        Some((path.last()?.clone(), module.clone()))
    };
    paths.into_iter().filter_map(exported).collect()
}

/// The imports of a file of `storage` that do not go down inside of it.
fn climbs_inside(file: &str, text: &str, exports: &BTreeMap<String, String>) -> Vec<String> {
    let (module, paths) = read_but(file, text, false);
    let here = match module.as_slice() {
        [floor, here, ..] if floor == "storage" && !module.contains(&"tests".to_string()) => here,
        _ => return Vec::new(),
    };
    let own = height(STORAGE_FLOORS, here).expect("every module of storage has a floor");
    let is_allowed = |path: &[String]| match path {
        [root, floor, target, ..] if root == "crate" && floor == "storage" => {
            let target = exports.get(target).unwrap_or(target);
            target == here || height(STORAGE_FLOORS, target).is_some_and(|height| height < own)
        }
        [root, floor] => root != "crate" || floor != "storage",
        _ => true,
    };
    refused((file, here), &paths, is_allowed)
}

/// The paths of a file into the world that it should have been handed.
fn escapes(file: &str, text: &str) -> Vec<String> {
    let (_, paths) = read(file, text);
    let is_into = |path: &[String], world: &[&str]| {
        // An import of what holds it leads there, too.
        path.iter().zip(world).all(|(word, name)| word == name || word == "*")
    };
    let forbidden = |path: &&Vec<String>| {
        WORLD.iter().any(|(world, places)| {
            is_into(path, world) && !places.iter().any(|place| file.starts_with(place))
        })
    };
    paths.iter().filter(forbidden).map(|path| format!("{file}: {}", path.join("::"))).collect()
}

/// Collects the words that a file has outside of its tests.
#[derive(Default)]
struct Words(BTreeSet<String>);

impl<'ast> Visit<'ast> for Words {
    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        if module.ident != "tests" {
            visit::visit_item_mod(self, module);
        }
    }

    fn visit_ident(&mut self, word: &'ast syn::Ident) {
        self.0.insert(word.to_string());
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        let text = call.tokens.to_string();
        let words = text.split(|c: char| !c.is_alphanumeric() && c != '_');
        self.0.extend(words.map(str::to_string));
    }
}

/// What a file of `storage` knows of the log that only whoever keeps it may know.
fn leaks(file: &str, text: &str) -> Vec<String> {
    if !file.starts_with("src/storage/") || file.contains("/tests/") {
        return Vec::new();
    }
    let mut words = Words::default();
    words.visit_file(&syn::parse_file(text).expect("Rust"));
    let is_keeper = |places: &[&str]| places.iter().any(|place| file.starts_with(place));
    let above = BELOW_THE_LOG.iter().filter(|(_, places)| !is_keeper(places));
    let found = above.flat_map(|(names, _)| *names).filter(|name| words.0.contains(**name));
    found.map(|name| format!("{file}: {name}")).collect()
}

/// What is wrong with a file's shape.
fn misshapen(file: &str, text: &str) -> Vec<String> {
    let lines = text.lines().count();
    let long = (lines > MAX_LINES).then(|| format!("{file} has {lines} lines"));
    let silent =
        (!text.starts_with("//!")).then(|| format!("{file} does not begin with what it is for"));
    long.into_iter().chain(silent).collect()
}

/// Names that each floor may give a type of its own.
const ON_EVERY_FLOOR: &[&str] = &["Error"];

/// Collects the types that a file declares outside of its tests.
#[derive(Default)]
struct TypeNames(Vec<String>);

impl<'ast> Visit<'ast> for TypeNames {
    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        if module.ident != "tests" {
            visit::visit_item_mod(self, module);
        }
    }

    fn visit_item(&mut self, item: &'ast syn::Item) {
        #[expect(clippy::wildcard_enum_match_arm, reason = "no other item is a type")]
        match item {
            syn::Item::Struct(item) => self.0.push(item.ident.to_string()),
            syn::Item::Enum(item) => self.0.push(item.ident.to_string()),
            syn::Item::Trait(item) => self.0.push(item.ident.to_string()),
            syn::Item::Type(item) => self.0.push(item.ident.to_string()),
            _ => {}
        }
        visit::visit_item(self, item);
    }
}

/// Each name that several types have, with the files that declare them.
fn shared_names(files: &[(String, String)]) -> Vec<String> {
    let mut declared: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    let outside_of_tests = |file: &&(String, String)| !file.0.contains("/tests");
    for (file, text) in files.iter().filter(outside_of_tests) {
        let mut names = TypeNames::default();
        names.visit_file(&syn::parse_file(text).expect("Rust"));
        for name in names.0 {
            declared.entry(name).or_default().push(file);
        }
    }
    let shared = declared
        .into_iter()
        .filter(|(name, files)| files.len() > 1 && !ON_EVERY_FLOOR.contains(&name.as_str()));
    shared.map(|(name, files)| format!("{name}: {}", files.join(", "))).collect()
}

/// Every Rust file below a folder with its path from the top and its text.
pub fn sources(folder: &str) -> Vec<(String, String)> {
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders: Vec<PathBuf> = vec![top.join(folder)];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for entry in entries {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let inside = path.strip_prefix(top).expect("below the top");
                let name = inside.to_string_lossy().replace('\\', "/");
                files.push((name, fs::read_to_string(&path).expect("text")));
            }
        }
    }
    files.sort();
    files
}

fn all_of(files: &[(String, String)], rule: fn(&str, &str) -> Vec<String>) -> Vec<String> {
    files.iter().flat_map(|(file, text)| rule(file, text)).collect()
}

#[test]
fn imports_go_down_the_floors() {
    let files = sources("src");
    assert!(files.len() > 100, "only {} files were found", files.len());
    assert_eq!(all_of(&files, climbs), Vec::<String>::new());
}

#[test]
fn imports_go_down_the_floors_of_storage() {
    let files = sources("src/storage");
    let (_, front) = files.iter().find(|(file, _)| file == "src/storage/mod.rs").expect("a front");
    let exports = storage_exports(front);
    assert!(exports.len() > 50, "only {} names are exported", exports.len());
    let up = files.iter().flat_map(|(file, text)| climbs_inside(file, text, &exports));
    assert_eq!(up.collect::<Vec<_>>(), Vec::<String>::new());
}

#[test]
fn the_world_is_touched_where_it_is_injected() {
    assert_eq!(all_of(&sources("src"), escapes), Vec::<String>::new());
}

#[test]
fn nothing_above_the_log_knows_its_bytes() {
    assert_eq!(all_of(&sources("src"), leaks), Vec::<String>::new());
}

#[test]
fn files_are_small_and_say_what_they_are_for() {
    let files: Vec<_> =
        ["src", "tests", "benches", "examples"].into_iter().flat_map(sources).collect();
    assert_eq!(all_of(&files, misshapen), Vec::<String>::new());
}

#[test]
fn no_two_types_share_a_name() {
    assert_eq!(shared_names(&sources("src")), Vec::<String>::new());
}

#[test]
fn every_way_up_is_seen() {
    let up = [
        ("src/planner/mod.rs", "use crate::executor::Context;"),
        ("src/planner/a/b.rs", "use super::super::super::session;"),
        ("src/planner/a.rs", "mod tests { use super::super::super::render; }"),
        ("src/storage/a.rs", "use crate::{types::Value, language::{self}};"),
        ("src/language/a.rs", "use crate::storage as s;"),
        ("src/types/a.rs", "fn f() -> crate::planner::Plan { loop {} }"),
        ("src/types/a.rs", "fn f() { x(<A as crate::session::B>::c()) }"),
        ("src/types/a.rs", "fn f() { println!(\"{}\", crate::session::Session::new()) }"),
        ("src/types/a.rs", "macro_rules! m { () => { $crate::shell::Shell } }"),
        ("src/session/a.rs", "use asof::shell::Shell;"),
        ("src/render/a.rs", "use crate::*;"),
        ("src/render/mod.rs", "use super::*;"),
        ("src/render/a.rs", "pub use crate::attic::Box;"),
    ];
    for (file, text) in up {
        assert_eq!(climbs(file, text).len(), 1, "{file}: {text}");
    }
    let down = [
        (
            "src/main.rs",
            "mod arguments; use arguments::A; use asof::shell::Shell; fn f(x: crate::A) {}",
        ),
        ("src/arguments/mod.rs", "mod spelling; use asof::render::Mode; use super::f;"),
        ("src/executor/a.rs", "use crate::planner::Plan; use super::b; pub(crate) use self::c;"),
        ("src/storage/a/mod.rs", "mod tests { use super::super::Event; use crate::types; }"),
        ("src/types/a.rs", "use std::fmt; pub(in crate::types) fn f() { super::g() }"),
        ("src/types/a.rs", "fn f() { format!(\"crate: {}\", super::g()) }"),
    ];
    for (file, text) in down {
        assert_eq!(climbs(file, text), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn every_way_up_inside_of_storage_is_seen() {
    let exports =
        storage_exports("mod log; pub use store::{EventStore, index::X}; pub use vfs::V;");
    assert_eq!(exports.len(), 3);
    let up = [
        ("src/storage/store/a.rs", "use crate::storage::projections::CatalogFile;"),
        ("src/storage/log/mod.rs", "use super::store::index;"),
        ("src/storage/vfs.rs", "use super::EventStore;"),
        ("src/storage/vfs/memory.rs", "fn f() { crate::storage::X::new() }"),
        ("src/storage/past/a.rs", "use super::super::checkpoint::Checkpointer;"),
        ("src/storage/base.rs", "use super::Nobody;"),
        ("src/storage/base.rs", "use crate::storage;"),
    ];
    for (file, text) in up {
        assert_eq!(climbs_inside(file, text, &exports).len(), 1, "{file}: {text}");
    }
    let down = [
        ("src/storage/database/open.rs", "use crate::storage::{EventStore, V}; use super::name;"),
        ("src/storage/store/a.rs", "use super::lock::Lock; use crate::types::EventId;"),
        ("src/storage/log/a.rs", "mod tests { use crate::storage::Database; }"),
        ("src/storage/log/tests.rs", "use crate::storage::Database;"),
        ("src/storage/mod.rs", "pub use store::EventStore;"),
        ("src/session/a.rs", "use crate::storage::EventStore;"),
    ];
    for (file, text) in down {
        assert_eq!(climbs_inside(file, text, &exports), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn every_escape_is_seen() {
    let out = [
        "use std::fs;",
        "use std::{fmt, fs::File};",
        "use std::*;",
        "fn f() { std::fs::read(\"x\"); }",
        "fn f() { assert!(::std::fs::exists(\"x\").is_ok()); }",
        "use std::time::{Duration, SystemTime};",
        "fn f() { getrandom::fill(b); }",
    ];
    for text in out {
        assert!(!escapes("src/storage/database.rs", text).is_empty(), "{text}");
    }
    for text in ["use std::fmt;", "use std::time::Duration;", "use super::fs::x;"] {
        assert_eq!(escapes("src/storage/database.rs", text), Vec::<String>::new(), "{text}");
    }
    assert!(escapes("src/storage/vfs/standard.rs", "use std::fs;").is_empty());
}

#[test]
fn every_leak_is_seen() {
    let leaking = [
        "fn f(log: &dyn VfsFile) { log.read_at(0, b); }",
        "use super::vfs::read_full;",
        "use crate::storage::log::{Log, FileLog};",
        "use crate::storage::log::reader::LineReader as Lines;",
        "fn f() { assert!(file.write_at(1, b).is_ok()); }",
    ];
    for text in leaking {
        assert_eq!(leaks("src/storage/store/recovery/replay.rs", text).len(), 1, "{text}");
    }
    let text = "/// As [`FileLog::read_at`].\nfn f(log: &dyn Log) { log.read(a..b); } mod tests { use x::FileLog; }";
    assert_eq!(leaks("src/storage/store/recovery/replay.rs", text), Vec::<String>::new());
    assert!(leaks("src/storage/log/file/mod.rs", leaking[0]).is_empty());
}

#[test]
fn every_misshape_is_seen() {
    assert!(misshapen("src/a.rs", "//! Fine.\n").is_empty());
    assert_eq!(misshapen("src/a.rs", "\n//! Late.\n").len(), 1);
    assert_eq!(misshapen("src/a.rs", &format!("//! Long.\n{}", "\n".repeat(MAX_LINES))).len(), 1);
}

#[test]
fn every_shared_name_is_seen() {
    let file = |name: &str, text: &str| (name.to_string(), text.to_string());
    let files = [
        file("src/a.rs", "pub struct Page; enum Error {} trait Visit {} fn f() { struct Inner; }"),
        file("src/b.rs", "type Page = u8; pub enum Error {} mod m { pub trait Visit {} }"),
        file("src/c.rs", "mod tests { struct Page; } impl Iterator for X { type Item = u8; }"),
        file("src/c/tests.rs", "struct Inner; struct Page;"),
    ];
    assert_eq!(shared_names(&files), ["Page: src/a.rs, src/b.rs", "Visit: src/a.rs, src/b.rs"]);
}
