//! What projections cost: the load with them and without, and what lies on the disk afterwards.

use crate::median;
use crate::process::run;
use std::fs;
use std::path::Path;
use std::process::Command;

/// More events than there are.
const NEVER: &str = "100000000";

/// What a load took.
pub struct BulkLoad {
    /// Ticks of user and system time.
    pub cpu: f64,
    /// From start to end.
    pub seconds: f64,
}

/// Loads a script into a new database, a process of its own; with `--snapshot-every` where given.
pub fn load(path: &Path, script: &str, every: Option<&str>) -> BulkLoad {
    drop(fs::remove_dir_all(path));
    let mut command = Command::new(env!("CARGO_BIN_EXE_asof"));
    command.arg(path);
    if let Some(every) = every {
        command.args(["--snapshot-every", every]);
    }
    let before = children_ticks();
    let run = run(&mut command, script);
    assert_eq!(run.output, "", "a load has nothing to say");
    BulkLoad { cpu: children_ticks() - before, seconds: run.seconds }
}

/// The CPU time of loads with snapshots as they are by default and without any, in turn; gives the
/// medians. The last load by default is left in `path`.
pub fn loads(path: &Path, script: &str, rounds: usize) -> (BulkLoad, BulkLoad) {
    let bare = path.with_extension("bare");
    let (mut with, mut without) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        without.push(load(&bare, script, Some(NEVER)));
        with.push(load(path, script, None));
    }
    let middle = |loads: Vec<BulkLoad>| BulkLoad {
        cpu: median(loads.iter().map(|load| load.cpu).collect()),
        seconds: median(loads.iter().map(|load| load.seconds).collect()),
    };
    (middle(with), middle(without))
}

/// The CPU time of all processes that were started here and have ended, user and system, in ticks
/// as Linux counts them; 0 elsewhere.
fn children_ticks() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name, in parentheses, may hold anything; the third field follows it.
    let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields);
    let ticks = |field: usize| fields.split_whitespace().nth(field - 3)?.parse::<f64>().ok();
    ticks(16).unwrap_or(0.0) + ticks(17).unwrap_or(0.0)
}

/// The bytes of each part of a database.
pub fn parts(path: &Path) -> Vec<(&'static str, u64)> {
    let mut parts = vec![("log", 0), ("index", 0), ("snapshots", 0), ("row files, catalog", 0)];
    for directory in [path.to_path_buf(), path.join("snapshots")] {
        let entries = fs::read_dir(&directory).expect("a database has snapshots");
        for entry in entries {
            let entry = entry.expect("an entry");
            let metadata = entry.metadata().expect("it is there");
            let name = entry.file_name().to_string_lossy().into_owned();
            let part = match name.as_str() {
                _ if metadata.is_dir() => continue,
                _ if directory != path => 2,
                "events.log" => 0,
                "events.index" => 1,
                _ => 3,
            };
            parts[part].1 += metadata.len();
        }
    }
    parts
}
