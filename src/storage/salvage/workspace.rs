//! A directory that comes to be whole or not at all.
//!
//! It is made under another name and renamed when it is done, so that no crash leaves half of a database
//! under the name of a whole one.

use crate::storage::error::Error;
use crate::storage::vfs::{Vfs, check_absent, parent_of};
use std::io;
use std::path::{Path, PathBuf};

/// What the name ends in until the directory is whole.
const PART: &str = ".part";

/// Makes a directory that does not exist yet: `fill` does it, under the name that it is given.
///
/// # Errors
/// [`Error::Io`] where the directory or the one that it is made in is there, or one of them cannot be
/// made; those of `fill`. Then nothing is left; where it cannot be removed, [`Error::Leftover`].
pub(super) fn make<T>(
    vfs: &dyn Vfs,
    directory: &Path,
    fill: impl FnOnce(&Path) -> Result<T, Error>,
) -> Result<T, Error> {
    let part = part_of(directory);
    for path in [directory, &part] {
        check_absent(vfs, path).map_err(Error::io("create", path))?;
    }
    let made = fill(&part).and_then(|made| {
        vfs.rename(&part, directory).map_err(Error::io("create", directory))?;
        let parent = parent_of(directory);
        vfs.sync_directory(parent).map_err(Error::io("sync", parent))?;
        Ok(made)
    });
    made.map_err(|error| {
        // Nobody else knows of it: it was not there before.
        let removed = [part.as_path(), directory].map(|path| remove_all(vfs, path));
        match removed.into_iter().find_map(Result::err) {
            None => error,
            Some(path) => Error::Leftover { path, cause: Box::new(error) },
        }
    })
}

/// The name of a directory that is not whole yet.
fn part_of(directory: &Path) -> PathBuf {
    // Without what may stand behind the last name, `saved/`.
    let mut name = directory.components().as_path().as_os_str().to_owned();
    name.push(PART);
    PathBuf::from(name)
}

/// Removes a directory with all that is in it; the error is the path that stays.
fn remove_all(vfs: &dyn Vfs, directory: &Path) -> Result<(), PathBuf> {
    let stays = |_| directory.to_path_buf();
    let names = match vfs.names(directory) {
        Ok(names) => names,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(stays(error)),
    };
    for name in names {
        let path = directory.join(name);
        match vfs.names(&path) {
            Ok(_) => remove_all(vfs, &path)?,
            Err(_) => vfs.remove(&path).map_err(|_| path)?,
        }
    }
    vfs.remove_directory(directory).map_err(stays)
}
