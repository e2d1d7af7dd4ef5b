//! Draws the grammar: `cargo run --example railroad` writes `grammar/railroad.md` and its diagrams.
//!
//! A part of the grammar, from one comment to the next, becomes one SVG file with a track for each
//! production. A test holds that the files are what this program makes.

use ebnf::{Grammar, Rule};
use railroad::{
    Choice, Comment, Diagram, Empty, End, Node, NonTerminal, Optional, Repeat, Sequence, Stack,
    Start, Terminal, VerticalGrid,
};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

#[path = "../tests/all/grammar/ebnf.rs"]
pub mod ebnf;

/// The grammar.
const GRAMMAR: &str = include_str!("../grammar/asof.ebnf");

/// Tracks are broken where they would be wider, in pixels: pages of code hosts are about as wide.
const WIDEST: i64 = 900;

/// How the diagrams look, on white and on black.
const STYLE: &str = "
rect.railroad_canvas { fill: white; stroke: none; }
path { stroke: #57606a; stroke-width: 2px; fill: none; }
rect { stroke: #57606a; stroke-width: 2px; }
.terminal rect { fill: #ddf4ff; }
.nonterminal rect { fill: #fff8c5; }
text { font: 14px monospace; text-anchor: middle; fill: #24292f; }
text.comment { font: bold 13px sans-serif; }
";

/// Any node of a diagram.
type Any = Box<dyn Node>;

fn main() -> std::io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("grammar");
    std::fs::create_dir_all(folder.join("railroad"))?;
    files().iter().try_for_each(|(path, text)| std::fs::write(folder.join(path), text))
}

/// Every file that is made, by its path in `grammar/`.
pub fn files() -> Vec<(String, String)> {
    let grammar = ebnf::read(GRAMMAR);
    let reached = reached(&grammar);
    let mut page = "# The grammar as diagrams\n\n\
        `cargo run --example railroad` draws them from [asof.ebnf](asof.ebnf). Words of the language are \
        blue, other productions yellow.\n"
        .to_owned();
    let mut files = Vec::new();
    for (title, productions) in &grammar.sections {
        let productions: Vec<&String> =
            productions.iter().filter(|name| reached.contains(*name)).collect();
        if productions.is_empty() {
            continue;
        }
        let path = format!("railroad/{}.svg", title.to_lowercase().replace(' ', "-"));
        let names: Vec<String> = productions.iter().map(|name| format!("`{name}`")).collect();
        write!(page, "\n## {title}\n\n{}\n\n![{title}]({path})\n", names.join(" "))
            .expect("a String takes everything");
        files.push((path, diagram(&grammar, &productions)));
    }
    files.push(("railroad.md".to_owned(), page));
    files
}

/// The productions that a script can be made of.
fn reached(grammar: &Grammar) -> BTreeSet<String> {
    let mut reached = BTreeSet::new();
    let mut next = vec!["Script".to_owned()];
    while let Some(name) = next.pop() {
        let rule = &grammar.rules[&name];
        if reached.insert(name) {
            rule.walk(&mut |part| {
                if let Rule::Name(name) = part {
                    next.push(name.clone());
                }
            });
        }
    }
    reached
}

/// One file with a track for each of these productions.
fn diagram(grammar: &Grammar, productions: &[&String]) -> String {
    let mut rows: Vec<Any> = Vec::new();
    for name in productions {
        rows.push(Box::new(Comment::new((*name).clone())));
        let track = node(&grammar.rules[*name]);
        let ends: [Any; 3] = [Box::new(Start), track, Box::new(End)];
        rows.push(Box::new(Sequence::new(ends.into())));
    }
    let grid = VerticalGrid::new(rows);
    // Ten pixels of margin on each side; without a size, pages would stretch it.
    let (width, height) = (grid.width() + 20, grid.height() + 20);
    let mut diagram = Diagram::new(grid);
    diagram.attr("width".to_owned()).or_insert(width.to_string());
    diagram.attr("height".to_owned()).or_insert(height.to_string());
    diagram.add_css(STYLE);
    let lines = diagram.to_string();
    // Long lines are hard to compare.
    format!("{}\n", lines.replace("><", ">\n<").trim_end())
}

/// The node of a rule.
fn node(rule: &Rule) -> Any {
    match rule {
        Rule::Literal(text) => Box::new(Terminal::new(text.clone())),
        Rule::Class(set) => Box::new(Terminal::new(set.clone())),
        Rule::Name(name) => Box::new(NonTerminal::new(name.clone())),
        Rule::Choice(parts) => Box::new(Choice::new(parts.iter().map(node).collect())),
        Rule::Sequence(parts) => sequence(parts),
        Rule::Repeat(part, 0, 1) => Box::new(Optional::new(node(part))),
        Rule::Repeat(part, 0, _) => Box::new(Optional::new(Repeat::new(node(part), Empty))),
        Rule::Repeat(part, ..) => Box::new(Repeat::new(node(part), Empty)),
    }
}

/// One node behind the other, in several rows where they are too wide for one.
fn sequence(parts: &[Rule]) -> Any {
    let mut nodes = Vec::new();
    let mut rest = parts;
    while let Some((first, behind)) = rest.split_first() {
        rest = behind;
        // `x ( ',' x )*` is one loop.
        if let Some((separators, behind)) = list(first, behind) {
            rest = behind;
            nodes.push(Box::new(Repeat::new(node(first), sequence(separators))) as Any);
        } else {
            nodes.push(node(first));
        }
    }
    let mut rows: Vec<Vec<Any>> = vec![Vec::new()];
    let mut width = 0;
    for node in nodes {
        width += node.width() + 10;
        if width > WIDEST && rows.last().is_some_and(|row| !row.is_empty()) {
            width = node.width() + 10;
            rows.push(Vec::new());
        }
        rows.last_mut().expect("one row at least").push(node);
    }
    let mut rows: Vec<Any> =
        rows.into_iter().map(|row| Box::new(Sequence::new(row)) as Any).collect();
    if rows.len() == 1 { rows.remove(0) } else { Box::new(Stack::new(rows)) }
}

/// What stands between the items of a list, and what follows it: `first` and then as often as one
/// likes separators and `first` again.
fn list<'a>(first: &Rule, behind: &'a [Rule]) -> Option<(&'a [Rule], &'a [Rule])> {
    let (again, behind) = behind.split_first()?;
    let Rule::Repeat(part, 0, usize::MAX) = again else { return None };
    let Rule::Sequence(parts) = &**part else { return None };
    let (last, separators) = parts.split_last()?;
    (last == first).then_some((separators, behind))
}
