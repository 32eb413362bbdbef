//! The loop that moves bytes: read, hash, write, block by block.

use std::cell::RefCell;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::time::{Duration, Instant};

use crate::metrics::times::{Part, Times};
use crate::record::ContentHash;
use crate::spec::HashAlgorithm;
use crate::storage::hash::Hasher;

/// Bytes read at once: fits a core's cache, and large enough for the system to read ahead.
const BLOCK: usize = 256 * 1024;

/// Holes are looked for in pieces of this size (bytes).
const HOLE: usize = 64 * 1024;

thread_local! {
    /// One buffer a thread, so that memory follows concurrency and not the number of files.
    static BUFFER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Why the loop ended early.
#[derive(Debug)]
pub(crate) enum CopyError {
    Read(io::Error),
    Write(io::Error),
    /// Somebody asked to stop.
    Cut,
}

/// What went through the loop.
#[derive(Debug)]
pub(crate) struct Copied {
    pub(crate) bytes: u64,
    /// None: no hash was asked for.
    pub(crate) hash: Option<ContentHash>,
    /// By the catalogue's algorithm, where it gives a checksum.
    pub(crate) listed: Option<ContentHash>,
}

/// Which hashes are computed while reading.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Hashes {
    /// The migration's own.
    pub(crate) own: Option<HashAlgorithm>,
    /// That of the catalogue's checksum.
    pub(crate) listed: Option<HashAlgorithm>,
}

/// Tells of each block; gives false when the work is to be cut off.
pub(crate) type OnBlock<'a> = &'a dyn Fn(u64) -> bool;

/// Copies `from` to `to` up to its end. `sparse`: runs of zeros are left as holes.
pub(crate) fn copy(
    from: &mut File,
    to: &mut File,
    expected: u64,
    hashes: Hashes,
    sparse: bool,
    times: &Times,
    on_block: OnBlock,
) -> Result<Copied, CopyError> {
    let started = Instant::now();
    let mut writing = Duration::ZERO;
    let copied = read_through(from, expected, hashes, on_block, |block| {
        let started = Instant::now();
        let written = if sparse { write_with_holes(to, block) } else { to.write_all(block) };
        writing += started.elapsed();
        written
    })?;
    times.add(Part::Writing, writing);
    times.add(Part::Reading, started.elapsed().saturating_sub(writing));
    if sparse {
        to.set_len(copied.bytes).map_err(CopyError::Write)?;
    }
    Ok(copied)
}

/// Reads a file to its end and hashes it.
pub(crate) fn hash(
    file: &mut File,
    expected: u64,
    algorithm: HashAlgorithm,
    on_block: OnBlock,
) -> Result<Copied, CopyError> {
    let hashes = Hashes { own: Some(algorithm), listed: None };
    read_through(file, expected, hashes, on_block, |_| Ok(()))
}

/// Reads a file to its end and computes these hashes.
pub(crate) fn hash_all(
    file: &mut File,
    expected: u64,
    hashes: Hashes,
    on_block: OnBlock,
) -> Result<Copied, CopyError> {
    read_through(file, expected, hashes, on_block, |_| Ok(()))
}

fn read_through(
    from: &mut File,
    expected: u64,
    hashes: Hashes,
    on_block: OnBlock,
    mut with_block: impl FnMut(&[u8]) -> io::Result<()>,
) -> Result<Copied, CopyError> {
    BUFFER.with_borrow_mut(|buffer| {
        if buffer.is_empty() {
            // Zeroed by the system, page by page as it is used: small files touch little of it.
            *buffer = vec![0; BLOCK];
        }
        let mut own = hashes.own.map(Hasher::new);
        // One pass serves both where they are the same.
        let mut listed = hashes.listed.filter(|listed| hashes.own != Some(*listed)).map(Hasher::new);
        let mut bytes = 0;
        loop {
            let count = match from.read(buffer) {
                Ok(0) => break,
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(CopyError::Read(error)),
            };
            for hasher in own.iter_mut().chain(&mut listed) {
                hasher.update(&buffer[..count]);
            }
            with_block(&buffer[..count]).map_err(CopyError::Write)?;
            bytes += count as u64;
            if !on_block(count as u64) {
                return Err(CopyError::Cut);
            }
            // Spares one call per small file; a file that grew is found by its size afterwards.
            if bytes == expected {
                break;
            }
        }
        let hash = own.map(Hasher::finish);
        let listed = listed.map(Hasher::finish).or_else(|| hash.clone().filter(|_| hashes.listed.is_some()));
        Ok(Copied { bytes, hash, listed })
    })
}

fn write_with_holes(to: &mut File, block: &[u8]) -> io::Result<()> {
    for piece in block.chunks(HOLE) {
        if piece.iter().all(|byte| *byte == 0) {
            to.seek(SeekFrom::Current(piece.len() as i64))?;
        } else {
            to.write_all(piece)?;
        }
    }
    Ok(())
}
