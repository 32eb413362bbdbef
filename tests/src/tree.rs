//! Trees of ordinary files: the same seed gives the same names and bytes.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

const KIB: u64 = 1024;
const FILES_A_FOLDER: u64 = 100;
const BLOCK: usize = 1 << 20;

/// What a workbook under a password is: no longer a workbook, but a container of another kind with a
/// stream of this name ([MS-OFFCRYPTO] 2.3).
pub fn locked_workbook() -> Vec<u8> {
    let name: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
    [&[0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1], &[0; 1016][..], &name].concat()
}

/// Writes one file of `size` bytes that depend on `seed`.
///
/// # Panics
/// When the file cannot be written.
pub fn file(path: &Path, size: u64, seed: u64) {
    let parent = path.parent().expect("a folder to write into");
    fs::create_dir_all(parent).unwrap_or_else(|error| panic!("{}: {error}", parent.display()));
    let mut out = File::create(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut rng = fastrand::Rng::with_seed(seed);
    let mut block = vec![0; BLOCK.min(size as usize)];
    let mut left = size;
    while left > 0 {
        let part = block.len().min(left as usize);
        rng.fill(&mut block[..part]);
        out.write_all(&block[..part]).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        left -= part as u64;
    }
}

/// `count` files of 1 to 40 kB in folders of a hundred. Returns their bytes in all.
pub fn small_files(root: &Path, count: u64, seed: u64) -> u64 {
    let mut rng = fastrand::Rng::with_seed(seed);
    (0..count)
        .map(|n| {
            let size = rng.u64(KIB..=40 * KIB);
            file(&small_file(root, n), size, seed ^ n);
            size
        })
        .sum()
}

/// The path of the file with number `n` of [`small_files`].
pub fn small_file(root: &Path, n: u64) -> PathBuf {
    root.join(format!("reel-{:04}/take-{n:06}.dat", n / FILES_A_FOLDER))
}

/// `count` files of `size` bytes each.
pub fn large_files(root: &Path, count: u64, size: u64, seed: u64) {
    for n in 0..count {
        file(&root.join(format!("masters/master-{n}.mov")), size, seed.rotate_left(32) ^ n);
    }
}

/// A folder of media such as a person would have: the project's corpus where it lies beside the
/// repository, else files of the same names and sizes made in `made`.
pub fn media(made: &Path) -> PathBuf {
    if let Some(corpus) = corpus() {
        return corpus;
    }
    let sizes = [
        ("apple-prores-422-proxy.mov", 1_200_000),
        ("balloon.jp2", 600_000),
        ("hdv-720p60.mov", 2_500_000),
        ("lorem-ipsum.jpg", 40_000),
        ("old-style-jpeg.tif", 90_001),
        ("xdcam-ex-720p25.mov", 3_000_000),
    ];
    for (seed, (name, size)) in (0..).zip(sizes) {
        file(&made.join(name), size, seed);
    }
    made.to_owned()
}

/// The project's corpus of media files, where it lies beside the repository.
pub fn corpus() -> Option<PathBuf> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpora/media");
    corpus.is_dir().then_some(corpus)
}
