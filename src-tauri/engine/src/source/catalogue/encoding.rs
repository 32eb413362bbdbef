//! Which characters a file's bytes are: by its mark, by its content, by a guess, or as chosen.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, MACINTOSH, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use encoding_rs_io::{DecodeReaderBytes, DecodeReaderBytesBuilder};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::CatalogueError;

/// Bytes that are looked at.
const SAMPLE: usize = 4 << 20;
/// Where these are plain ASCII, the first others are looked for as far as this (bytes).
const SEARCHED: u64 = 64 << 20;

/// How an encoding was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum EncodingBy {
    /// The job chose it.
    Chosen,
    /// The file begins with its mark (BOM).
    Mark,
    /// The bytes can hardly be anything else.
    Content,
    /// The bytes look most like it; worth a look at the first rows.
    Guess,
}

/// An encoding, and how it was found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Found {
    pub(super) encoding: &'static Encoding,
    pub(super) by: EncodingBy,
}

/// Finds the encoding of a file. `chosen`: the label that the job gives, if it gives one.
pub(super) fn find(path: &Path, chosen: Option<&str>) -> Result<Found, CatalogueError> {
    let failed = |error| CatalogueError::Io { path: path.to_owned(), error };
    let mut file = File::open(path).map_err(failed)?;
    let mut start = Vec::new();
    (&mut file).take(SAMPLE as u64).read_to_end(&mut start).map_err(failed)?;
    if start.starts_with(&[0xff, 0xfe, 0, 0]) || start.starts_with(&[0, 0, 0xfe, 0xff]) {
        let what = "UTF-32, which hardly any program writes; save it as UTF-8".to_owned();
        return Err(CatalogueError::Option { path: path.to_owned(), what });
    }
    let mark = Encoding::for_bom(&start).map(|(encoding, _)| encoding);
    if let Some(label) = chosen {
        let encoding = Encoding::for_label(label.as_bytes()).or_else(|| other_label(label));
        let encoding = encoding.ok_or_else(|| CatalogueError::Option {
            path: path.to_owned(),
            what: format!("encoding = \"{label}\": there is no such encoding"),
        })?;
        // Nobody who says UTF-16 means to choose the order of its bytes against the file's own mark.
        let is_wide = |encoding| encoding == UTF_16LE || encoding == UTF_16BE;
        let encoding = mark.filter(|mark| is_wide(*mark) && is_wide(encoding)).unwrap_or(encoding);
        return Ok(Found { encoding, by: EncodingBy::Chosen });
    }
    if let Some(encoding) = mark {
        return Ok(Found { encoding, by: EncodingBy::Mark });
    }
    let is_whole = start.len() < SAMPLE;
    if !is_whole && start.is_ascii() && find_other(&mut file).map_err(failed)? {
        start.clear();
        (&mut file).take(SAMPLE as u64).read_to_end(&mut start).map_err(failed)?;
    }
    Ok(guess(&start, is_whole))
}

/// Names that people use and the standard does not have.
fn other_label(label: &str) -> Option<&'static Encoding> {
    let plain: String = label.chars().filter(char::is_ascii_alphanumeric).collect();
    Some(match plain.to_ascii_lowercase().as_str() {
        "macroman" | "mac" | "macosroman" | "applemacroman" => MACINTOSH,
        "ansi" | "windowsansi" | "cp1252" | "win1252" | "latin1" => WINDOWS_1252,
        "utf8bom" | "utf8sig" | "utf8" => UTF_8,
        "unicode" | "utf16" => UTF_16LE,
        "sjis" | "cp932" | "shiftjis" => encoding_rs::SHIFT_JIS,
        _ => return None,
    })
}

/// Goes to the first byte that is no ASCII. Gives false where none is near.
fn find_other(file: &mut File) -> io::Result<bool> {
    let mut block = vec![0; 256 * 1024];
    let mut at = file.stream_position()?;
    while at < SEARCHED {
        let count = file.read(&mut block)?;
        if count == 0 {
            return Ok(false);
        }
        if let Some(other) = block[..count].iter().position(|byte| !byte.is_ascii()) {
            file.seek(SeekFrom::Start(at + other as u64))?;
            return Ok(true);
        }
        at += count as u64;
    }
    Ok(false)
}

fn guess(sample: &[u8], is_whole: bool) -> Found {
    if let Some(encoding) = wide(sample) {
        return Found { encoding, by: EncodingBy::Content };
    }
    let (mut several, mut broken) = (0, 0);
    for chunk in sample.utf8_chunks() {
        several += chunk.valid().chars().filter(|char| !char.is_ascii()).count();
        broken += usize::from(!chunk.invalid().is_empty());
    }
    // A few broken characters among many whole ones are broken rows, not another encoding. The last
    // one may only be cut off with the sample.
    if several >= broken * 4 {
        return Found { encoding: UTF_8, by: EncodingBy::Content };
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    detector.feed(sample, is_whole);
    let guessed = detector.guess(None, Utf8Detection::Deny);
    let encoding = if guessed.is_single_byte() && looks_like_mac(sample) { MACINTOSH } else { guessed };
    Found { encoding, by: EncodingBy::Guess }
}

/// UTF-16 without its mark: every other byte of mostly Latin text is zero.
fn wide(sample: &[u8]) -> Option<&'static Encoding> {
    let pairs = sample.len().min(64 * 1024) / 2;
    if pairs < 2 {
        return None;
    }
    let zeros =
        |first: usize| sample.iter().skip(first).step_by(2).take(pairs).filter(|byte| **byte == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    match (even * 10 > pairs * 4, odd * 10 > pairs * 4) {
        (true, false) if odd * 10 < pairs => Some(UTF_16BE),
        (false, true) if even * 10 < pairs => Some(UTF_16LE),
        _ => None,
    }
}

/// Whether the accents of this Latin text are where old Macs had them. The letters of Windows-1252
/// begin at 0xC0; those of Mac Roman lie below 0xA0, where Windows has little that stands in words.
fn looks_like_mac(sample: &[u8]) -> bool {
    // Quotes, dashes, ellipsis, euro and the trade mark stand beside letters in Windows text too.
    const WINDOWS_MARKS: [u8; 12] = [0x80, 0x82, 0x84, 0x85, 0x91, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97, 0x99];
    let (mut mac, mut windows) = (0_u32, 0_u32);
    for three in sample.windows(3) {
        let [before, byte, after] = three else { continue };
        if byte.is_ascii() || !before.is_ascii_alphabetic() && !after.is_ascii_alphabetic() {
            continue;
        }
        match byte {
            0x80..=0x9f if !WINDOWS_MARKS.contains(byte) => mac += 1,
            // In Mac Roman these are its quotes, dashes and hard space.
            0xca | 0xd0..=0xd5 => {}
            0xc0..=0xff => windows += 1,
            _ => {}
        }
    }
    mac > windows
}

/// Opens a file as UTF-8. Bytes that are no text become U+FFFD.
pub(super) fn open(path: &Path, encoding: &'static Encoding) -> io::Result<DecodeReaderBytes<File, Vec<u8>>> {
    let mut file = File::open(path)?;
    let mut mark = [0; 3];
    let count = (&mut file).take(3).read(&mut mark)?;
    let mark = Encoding::for_bom(&mark[..count]).filter(|(marked, _)| *marked == encoding);
    file.seek(SeekFrom::Start(mark.map_or(0, |(_, length)| length as u64)))?;
    DecodeReaderBytesBuilder::new()
        .encoding(Some(encoding))
        .build_with_buffer(file, vec![0; 64 * 1024])
        .map_err(io::Error::other)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guessed(bytes: &[u8]) -> &'static str {
        guess(bytes, true).encoding.name()
    }

    #[test]
    fn encodings_are_found_by_what_the_bytes_are() {
        assert_eq!(guessed(b"plain"), "UTF-8");
        assert_eq!(guessed("Zürich – 映画".as_bytes()), "UTF-8");
        assert_eq!(guessed(b"name,d\xe9j\xe0 vu,Z\xfcrich,Fran\xe7ois\n"), "windows-1252");
        // "déjà vu, Zürich, François" in Mac Roman.
        assert_eq!(guessed(b"name,d\x8ej\x88 vu,Z\x9frich,Fran\x8dois\n"), "macintosh");
        let (japanese, ..) = encoding_rs::SHIFT_JIS.encode("名前,映画のタイトル,日本語の説明文です\n");
        assert_eq!(guessed(&japanese), "Shift_JIS");
        let wide: Vec<u8> = "name,title\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(guessed(&wide), "UTF-16LE");
    }

    #[test]
    fn one_broken_byte_does_not_turn_the_accents_of_all_rows_into_others() {
        let mut bytes = "Zürich, Köln, Malmö, Århus, Łódź\n".repeat(20).into_bytes();
        bytes.extend_from_slice(b"broken \xff\n");
        assert_eq!(guessed(&bytes), "UTF-8");
    }
}
