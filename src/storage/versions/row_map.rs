//! From a row to its latest version.

use super::chunk::VersionPosition;
use crate::types::{RowId, Tree};
use std::sync::Arc;

/// How many row ids one page covers.
const PAGE: u64 = 4096;
/// The most entries that a page keeps as a list. Row ids are dense where asof gave them, but a log
/// may come from anywhere: one row per page must not cost a page per row.
const FEW: usize = 64;

/// Row ids and the position of each one's latest version. Clones share their pages.
#[derive(Clone, Debug, Default)]
pub(super) struct RowMap {
    pages: Tree<u64, Arc<RowMapPage>>,
}

#[derive(Clone, Debug)]
enum RowMapPage {
    /// Entries in order of their place in the page.
    Few(Vec<(u16, VersionPosition)>),
    /// One position per row id, [`VersionPosition::NONE`] where there is no such row.
    Dense(Vec<VersionPosition>),
}

/// A row id's page and its place there.
fn split(row: RowId) -> (u64, u16) {
    let place = (row.0 % PAGE) as u16;
    (row.0 / PAGE, place)
}

impl RowMap {
    /// The position of a row's latest version.
    pub fn get(&self, row: RowId) -> Option<VersionPosition> {
        let (page, place) = split(row);
        self.pages.get(&page)?.get(place)
    }

    /// A way through it.
    pub fn cursor(&self) -> RowMapCursor<'_> {
        RowMapCursor { map: self, number: 0, page: None }
    }

    /// Sets the position of a row's latest version.
    pub fn set(&mut self, row: RowId, position: VersionPosition) {
        let (number, place) = split(row);
        if let Some(page) = self.pages.get_mut(&number) {
            Arc::make_mut(page).set(place, position);
        } else {
            self.pages.insert(number, Arc::new(RowMapPage::Few(vec![(place, position)])));
        }
    }

    /// Takes rows out, which are given in order.
    pub fn remove_all(&mut self, rows: Vec<RowId>) {
        for of_page in rows.chunk_by(|a, b| split(*a).0 == split(*b).0) {
            let Some(number) = of_page.first().map(|row| split(*row).0) else { continue };
            let Some(page) = self.pages.get_mut(&number) else { continue };
            let page = Arc::make_mut(page);
            of_page.iter().for_each(|row| page.remove(split(*row).1));
            if page.make_list() {
                self.pages.remove(&number);
            }
        }
    }

    /// The rows from `first` on, in order, with the position of each.
    pub fn iter_from(&self, first: RowId) -> impl Iterator<Item = (RowId, VersionPosition)> {
        let (number, place) = split(first);
        self.pages.iter_from(&number).flat_map(move |(page, entries)| {
            let start = if *page == number { place } else { 0 };
            entries.iter_from(start).map(move |(place, position)| {
                (RowId(page.saturating_mul(PAGE).saturating_add(u64::from(place))), position)
            })
        })
    }
}

/// A way through the rows of a map, for one who asks for them more or less in order.
pub(super) struct RowMapCursor<'a> {
    map: &'a RowMap,
    number: u64,
    page: Option<&'a RowMapPage>,
}

impl RowMapCursor<'_> {
    /// The position of a row's latest version.
    pub fn get(&mut self, row: RowId) -> Option<VersionPosition> {
        let (number, place) = split(row);
        if self.page.is_none() || number != self.number {
            self.number = number;
            self.page = self.map.pages.get(&number).map(|page| &**page);
        }
        self.page?.get(place)
    }
}

impl RowMapPage {
    fn get(&self, place: u16) -> Option<VersionPosition> {
        match self {
            RowMapPage::Few(entries) => {
                let at = entries.binary_search_by_key(&place, |entry| entry.0).ok()?;
                Some(entries[at].1)
            }
            RowMapPage::Dense(positions) => Some(positions[usize::from(place)])
                .filter(|position| *position != VersionPosition::NONE),
        }
    }

    fn set(&mut self, place: u16, position: VersionPosition) {
        match self {
            RowMapPage::Dense(positions) => positions[usize::from(place)] = position,
            RowMapPage::Few(entries) => match entries.binary_search_by_key(&place, |entry| entry.0)
            {
                Ok(at) => entries[at].1 = position,
                Err(at) if entries.len() < FEW => entries.insert(at, (place, position)),
                Err(_) => {
                    let mut positions = vec![VersionPosition::NONE; 4096];
                    for (place, position) in entries.iter() {
                        positions[usize::from(*place)] = *position;
                    }
                    positions[usize::from(place)] = position;
                    *self = RowMapPage::Dense(positions);
                }
            },
        }
    }

    fn remove(&mut self, place: u16) {
        match self {
            RowMapPage::Dense(positions) => positions[usize::from(place)] = VersionPosition::NONE,
            RowMapPage::Few(entries) => entries.retain(|entry| entry.0 != place),
        }
    }

    /// Makes a list of a page that holds little by now; gives whether it holds nothing.
    fn make_list(&mut self) -> bool {
        let few: Vec<(u16, VersionPosition)> = self.iter_from(0).take(FEW / 2 + 1).collect();
        if few.len() <= FEW / 2 {
            *self = RowMapPage::Few(few);
        }
        matches!(self, RowMapPage::Few(entries) if entries.is_empty())
    }

    /// The entries from a place on.
    fn iter_from(&self, place: u16) -> impl Iterator<Item = (u16, VersionPosition)> {
        let (few, dense): (&[(u16, VersionPosition)], &[VersionPosition]) = match self {
            RowMapPage::Few(entries) => {
                (&entries[entries.partition_point(|entry| entry.0 < place)..], &[])
            }
            RowMapPage::Dense(positions) => (&[], &positions[usize::from(place)..]),
        };
        let dense = (place..).zip(dense.iter().copied());
        few.iter().copied().chain(dense).filter(|(_, position)| *position != VersionPosition::NONE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        #[test]
        fn it_is_a_map(steps in proptest::collection::vec(
            (prop_oneof![0u64..300, 4000u64..4200, any::<u64>()], 0usize..9), 0..600,
        )) {
            let (mut map, mut model) = (RowMap::default(), BTreeMap::new());
            for (row, at) in &steps {
                map.set(RowId(*row), VersionPosition::new(*at, *at));
                model.insert(RowId(*row), VersionPosition::new(*at, *at));
            }
            for (row, _) in &steps {
                prop_assert_eq!(map.get(RowId(*row)), model.get(&RowId(*row)).copied());
                let rest = model.range(RowId(*row)..).map(|(row, position)| (*row, *position));
                prop_assert!(map.iter_from(RowId(*row)).eq(rest));
            }
            prop_assert_eq!(map.get(RowId(77_777)), None);
            let mut gone: Vec<RowId> = steps.iter().map(|(row, _)| RowId(*row)).collect();
            gone.retain(|row| row.0 % 7 != 3);
            gone.sort_unstable();
            map.remove_all(gone);
            model.retain(|row, _| row.0 % 7 == 3);
            let rest = model.iter().map(|(row, position)| (*row, *position));
            prop_assert!(map.iter_from(RowId(0)).eq(rest));
        }
    }
}
