//! Which ids and which files rows have named: what tells the second of two.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// What all catalogues of a job have named so far, by 64-bit hashes: sixteen bytes each, for names
/// themselves would not fit into memory.
#[derive(Default)]
pub(crate) struct Seen {
    pub(super) ids: HashMap<u64, Named>,
    pub(super) files: HashMap<u64, Named>,
}

/// Which row named it.
#[derive(Clone, Copy)]
pub(super) struct Named {
    pub(super) row: u32,
    pub(super) catalogue: u16,
    /// Nothing else is wrong with the row.
    is_good: bool,
}

impl Named {
    pub(super) fn new(catalogue: usize, row: u64, is_good: bool) -> Self {
        let row = u32::try_from(row).unwrap_or(u32::MAX);
        Self { row, catalogue: u16::try_from(catalogue).unwrap_or(u16::MAX), is_good }
    }
}

/// Takes a name for a row; gives the good row that has it already.
pub(super) fn claim(names: &mut HashMap<u64, Named>, name: u64, own: Named) -> Option<Named> {
    match names.entry(name) {
        Entry::Occupied(taken) if taken.get().is_good => Some(*taken.get()),
        Entry::Occupied(mut taken) => {
            taken.insert(own);
            None
        }
        Entry::Vacant(free) => {
            free.insert(own);
            None
        }
    }
}
