//! Every pair of places as source and destination, with real media.

use std::fs;

use sluice_tests::file_servers::files_below;
use sluice_tests::pairs::Pairs;
use sluice_tests::tree;

/// The largest file of the selection (bytes).
const LARGEST: u64 = 4 << 20;

/// Files of the selection.
const FILES: usize = 12;

#[test]
fn every_pair_of_places_moves_real_media_whole() {
    let made = tempfile::tempdir().expect("a folder");
    let media = tree::media(made.path());
    let mut chosen = files_below(&media);
    chosen.retain(|path| fs::metadata(path).is_ok_and(|file| file.len() <= LARGEST));
    chosen.sort();
    chosen.truncate(FILES);
    assert!(!chosen.is_empty());
    let pairs = Pairs::start(&std::env::temp_dir());
    pairs.fill(&media, &chosen);
    pairs.move_all(|_, _| ());
}
