//! How a large object is cut into parts (Amazon S3 User Guide, "Multipart upload limits").

/// The smallest part but the last (bytes).
pub(crate) const SMALLEST: u64 = 5 << 20;

/// Parts of an upload, at most.
const MOST: u64 = 10_000;

/// Up to this size (bytes) an object goes in one request: a part of its own would gain nothing.
pub(crate) const WHOLE: u64 = 8 << 20;

/// The size of a file's parts (bytes): the smallest that fits, so that little has to be sent again after
/// a cut, in whole MiB.
pub(crate) fn size(file: u64) -> u64 {
    const MIB: u64 = 1 << 20;
    file.div_ceil(MOST).div_ceil(MIB).saturating_mul(MIB).max(SMALLEST)
}

/// A part of a copy that a service makes by itself (bytes): nothing of it is sent again, and each is a request.
const COPIED: u64 = 256 << 20;

/// The size of a copy's parts (bytes); `at_once`: what the service copies in one request, at most.
pub(crate) fn copy_size(object: u64, at_once: u64) -> u64 {
    size(object).max(COPIED).min(at_once.max(SMALLEST))
}

/// Parts of a file that are sent at once: what is on its way when it is cut off is sent again, so it stays a
/// small share of the file.
pub(crate) fn at_once(file: u64) -> usize {
    (file / size(file) / 400).clamp(2, 6) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_neither_too_small_nor_too_many() {
        for file in [WHOLE + 1, 2 << 30, 52_428_800_000, 52_428_800_001, 5 << 40] {
            let size = size(file);
            assert!(size >= SMALLEST && file.div_ceil(size) <= MOST, "{file}: {size}");
        }
        assert_eq!(size(2 << 30), SMALLEST);
        assert_eq!((copy_size(6 << 30, 5 << 30), copy_size(12 << 20, 5 << 20)), (COPIED, SMALLEST));
        assert!((5_u64 << 40).div_ceil(copy_size(5 << 40, 5 << 30)) <= MOST);
    }
}
