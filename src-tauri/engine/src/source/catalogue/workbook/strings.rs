//! The texts that the cells of an XLSX share. A sheet of a million rows has millions of them, so
//! they lie in a temporary file once they are many; only where each ends is kept.

use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};

use super::Broken;

/// Bytes of text that are kept in memory.
const IN_MEMORY: usize = 16 << 20;
/// Texts that a workbook may have.
const MOST: usize = 32 << 20;
/// Bytes of text that a workbook may have.
const LONGEST: u64 = 4 << 30;

/// Texts on disk are read in pieces of this size (bytes), and so many of these are kept.
const PIECE: u64 = 4096;
const PIECES: usize = 1024;

/// Texts by their number. First all are added, then they are looked up.
#[derive(Default)]
pub(super) struct Strings {
    /// Where each text ends; it begins where the one before it ends. In bytes, at most `LONGEST`.
    ends: Vec<u32>,
    memory: Vec<u8>,
    disk: Option<Disk>,
}

struct Disk {
    file: File,
    writer: Option<BufWriter<File>>,
    pieces: Vec<(u64, Box<[u8]>)>,
}

impl Strings {
    pub(super) fn add(&mut self, text: &str) -> Result<(), Broken> {
        let end = self.ends.last().map_or(0, |end| u64::from(*end)) + text.len() as u64;
        let too_many = || Broken::Other("it holds more texts than can be kept".into());
        if self.ends.len() >= MOST || end >= LONGEST {
            return Err(too_many());
        }
        self.ends.push(u32::try_from(end).map_err(|_| too_many())?);
        if self.disk.is_none() && self.memory.len() + text.len() > IN_MEMORY {
            self.disk = Some(Disk::new(&std::mem::take(&mut self.memory))?);
        }
        match &mut self.disk {
            Some(Disk { writer: Some(writer), .. }) => writer.write_all(text.as_bytes())?,
            _ => self.memory.extend_from_slice(text.as_bytes()),
        }
        Ok(())
    }

    /// Puts text number `index` into `text`. Gives false where there is none.
    pub(super) fn get(&mut self, index: usize, text: &mut String) -> Result<bool, Broken> {
        let Some(end) = self.ends.get(index) else { return Ok(false) };
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        let mut bytes = Vec::new();
        match &mut self.disk {
            None => bytes.extend_from_slice(&self.memory[start as usize..*end as usize]),
            Some(disk) => disk.read(start.into(), (*end).into(), &mut bytes)?,
        }
        text.push_str(&String::from_utf8_lossy(&bytes));
        Ok(true)
    }
}

impl Disk {
    fn new(memory: &[u8]) -> io::Result<Self> {
        let file = tempfile::tempfile()?;
        let mut writer = BufWriter::new(file.try_clone()?);
        writer.write_all(memory)?;
        Ok(Self { file, writer: Some(writer), pieces: Vec::new() })
    }

    fn read(&mut self, start: u64, end: u64, bytes: &mut Vec<u8>) -> io::Result<()> {
        if let Some(mut writer) = self.writer.take() {
            writer.flush()?;
            self.pieces = (0..PIECES).map(|_| (u64::MAX, Box::from([]))).collect();
        }
        let mut at = start;
        while at < end {
            let number = at / PIECE;
            let place = &mut self.pieces[number as usize % PIECES];
            if place.0 != number {
                let mut piece = Vec::with_capacity(PIECE as usize);
                self.file.seek(SeekFrom::Start(number * PIECE))?;
                (&mut self.file).take(PIECE).read_to_end(&mut piece)?;
                *place = (number, piece.into());
            }
            let from = (at % PIECE) as usize;
            let count = (end - at).min(PIECE - at % PIECE) as usize;
            bytes.extend_from_slice(place.1.get(from..from + count).ok_or(io::ErrorKind::UnexpectedEof)?);
            at += count as u64;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_on_disk_are_those_that_were_added() {
        let text = |n: usize| format!("{n} {}", "ü".repeat(n % 3000));
        let mut strings = Strings::default();
        let count = 12_000;
        for n in 0..count {
            strings.add(&text(n)).unwrap();
        }
        assert!(strings.disk.is_some() && strings.memory.is_empty());
        for n in (0..count).chain([7, 11_999, 0, 5_000]) {
            let mut found = String::new();
            assert!(strings.get(n, &mut found).unwrap());
            assert_eq!(found, text(n));
        }
        assert!(!strings.get(count, &mut String::new()).unwrap());
    }
}
