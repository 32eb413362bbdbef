//! Reading a file behind a connection to its end, over as many connections as it takes.

use std::ops::Range;

use bytes::Bytes;
use futures_util::StreamExt;

use super::ahead::{self, Ahead, Turn as Next};
use super::claim::{Checking, Checksum, Claim};
use super::fault::{Fault, FaultKind};
use super::{Looked, Place, Stream};
use crate::control::line::{Line, Trouble};
use crate::storage::server::Turn;

/// Connections that may break one after the other without a byte in between.
const IN_VAIN: u32 = 3;

/// A file that is being read. What breaks off is gone on with from the next byte, as long as the content
/// is still the same.
pub(crate) struct Fetch<'a> {
    place: &'a Place,
    key: String,
    size: u64,
    etag: Option<String>,
    version: Option<String>,
    read: u64,
    /// Where the answer ends that is being read: with the file, or with a range of it.
    end: u64,
    stream: Option<Stream>,
    /// Held from the first byte to the last, also where a connection breaks in between.
    turn: Option<Turn>,
    in_vain: u32,
    /// Its ranges, where it is read in such.
    ahead: Option<Ahead<'a>>,
    /// What the service said of the content, to be held against it. None: nothing, or nobody asks.
    checking: Option<(Claim, Checking)>,
}

impl<'a> Fetch<'a> {
    /// A file of that size and tag; asks for nothing yet.
    pub(crate) fn new(place: &'a Place, key: String, size: u64, etag: Option<String>) -> Self {
        // Without a tag two ranges might be of two files.
        let in_ranges = size >= ahead::LARGE && etag.is_some() && place.has_ranges();
        let ahead = in_ranges.then(|| Ahead::new(size));
        Self { ahead, end: if in_ranges { 0 } else { size }, ..Self::in_one(place, key, size, etag) }
    }

    fn in_one(place: &'a Place, key: String, size: u64, etag: Option<String>) -> Self {
        Self {
            place,
            key,
            size,
            etag,
            version: None,
            read: 0,
            end: size,
            stream: None,
            turn: None,
            in_vain: 0,
            ahead: None,
            checking: None,
        }
    }

    /// Opens a file of which no more is known than the size that was listed, and tells what it is. `checked`:
    /// what comes is held against the service's own checksum of it, where it gives one.
    pub(crate) async fn open(
        place: &'a Place,
        key: String,
        listed: u64,
        checked: bool,
        line: &Line,
    ) -> Result<(Self, Looked), Trouble> {
        let turn = line.wait(place.turn_to_read()).await?;
        let endpoint = place.endpoint();
        let (looked, stream) = if listed >= ahead::LARGE && place.has_ranges() {
            // A service tells the checksum of the whole with no range.
            (line.ask(endpoint, LOOK, place.look(&key)).await?, None)
        } else {
            let (looked, stream) = line.ask(endpoint, READ, place.read(&key, (0, None), None)).await?;
            (looked, Some(stream))
        };
        let make = if stream.is_some() { Self::in_one } else { Self::new };
        let mut fetch = make(place, key, looked.size, looked.etag.clone());
        fetch.version.clone_from(&looked.version);
        let claim = place.claim_of(&looked).filter(|_| checked);
        let checking = claim.map(|claim| (claim.clone(), claim.by.begin()));
        Ok((Self { stream, turn, checking, ..fetch }, looked))
    }

    /// The same file, to be read from one place to another.
    pub(super) fn of_range(self, range: Range<u64>) -> Self {
        Self { read: range.start, end: range.end, ..self }
    }

    /// The version that comes, where the service keeps several. Not known before the first bytes.
    pub(crate) fn version(&self) -> Option<&str> {
        self.version.as_deref()
    }

    /// Gives the connection back where others wait for it, for as long as nothing is read.
    pub(crate) fn let_go(&mut self) {
        if self.turn.take().is_some() {
            self.stream = None;
        }
    }

    /// The next bytes. None: this was all, and it is what the service says that it is. More than the file's
    /// size is never given.
    pub(crate) async fn next(&mut self, line: &Line) -> Result<Option<Bytes>, Trouble> {
        let block = self.block(line).await?;
        match (&block, &mut self.checking) {
            (Some(block), Some((_, checking))) => checking.update(block),
            (None, _) => self.check(line).await?,
            _ => {}
        }
        Ok(block)
    }

    async fn check(&mut self, line: &Line) -> Result<(), Trouble> {
        let Some((claim, checking)) = self.checking.take() else { return Ok(()) };
        let came = checking.finish();
        let is_same = came == claim.value;
        if !claim.is_promised {
            if is_same {
                self.place.learn_of_tags(true);
            } else if self.comes_again(line, claim.by, &came).await? {
                // The same bytes twice: so this tag is no hash, although those of other files may be.
                self.place.learn_of_tags(false);
                return Ok(());
            }
        }
        if is_same {
            return Ok(());
        }
        let (by, value) = (claim.by.word(), claim.value);
        let said = format!("its {by} is {value}, but that of what came is {came}");
        Err(Trouble::Refused(Fault::new(FaultKind::Damaged, said)))
    }

    /// Whether the same comes when it is read once more.
    async fn comes_again(&mut self, line: &Line, by: Checksum, came: &str) -> Result<bool, Trouble> {
        let mut again = Self::new(self.place, self.key.clone(), self.size, self.etag.clone());
        let mut checking = by.begin();
        while let Some(block) = again.block(line).await? {
            checking.update(&block);
        }
        Ok(checking.finish() == came)
    }

    async fn block(&mut self, line: &Line) -> Result<Option<Bytes>, Trouble> {
        loop {
            let has_answer = self.stream.is_some() || self.read < self.end;
            if has_answer && let Some(block) = self.streamed(line).await? {
                return Ok(Some(block));
            }
            let (place, key, size, etag) = (self.place, &self.key, self.size, &self.etag);
            let Some(ahead) = &mut self.ahead else { return Ok(None) };
            if has_answer {
                ahead.has_read();
            }
            match ahead.turn(|| Self::in_one(place, key.clone(), size, etag.clone()), line).await? {
                Next::Ready(block) => {
                    self.read += block.len() as u64;
                    self.end = self.read;
                    return Ok(Some(block));
                }
                Next::Read(range) => self.end = range.end,
                Next::End => return Ok(None),
            }
        }
    }

    /// The next bytes of the answer that is being read.
    pub(super) async fn streamed(&mut self, line: &Line) -> Result<Option<Bytes>, Trouble> {
        loop {
            let Some(stream) = &mut self.stream else {
                if self.read >= self.end {
                    self.turn = None;
                    return Ok(None);
                }
                // What has begun ends although the intake closes, as one answer would.
                let goes_on = (self.read > 0 && self.in_vain == 0).then(|| line.to_the_end());
                let line = goes_on.as_ref().unwrap_or(line);
                if self.turn.is_none() {
                    self.turn = line.wait(self.place.turn_to_read()).await?;
                }
                let to = (self.end < self.size).then_some(self.end);
                let opening = self.place.read(&self.key, (self.read, to), self.etag.as_deref());
                match line.ask(self.place.endpoint(), READ, opening).await {
                    Ok((looked, stream)) => {
                        if looked.size != self.size {
                            let said = format!("it went from {} to {} bytes", self.size, looked.size);
                            return Err(Trouble::Refused(Fault::new(FaultKind::Changed, said)));
                        }
                        self.version = looked.version;
                        self.stream = Some(stream);
                    }
                    Err(Trouble::Refused(fault)) if self.may_go_on(&fault) => {}
                    Err(trouble) => return Err(trouble),
                }
                continue;
            };
            let patience = self.place.patience();
            let silent = |_| {
                let said = format!("nothing came for {} s", patience.as_secs());
                Some(Err(Fault::new(FaultKind::Timeout, said)))
            };
            match tokio::time::timeout(patience, stream.next()).await.unwrap_or_else(silent) {
                Some(Ok(block)) if block.is_empty() => {}
                Some(Ok(block)) => {
                    let left = self.end - self.read;
                    if block.len() as u64 > left {
                        let said = format!("more than its {} bytes came", self.size);
                        return Err(Trouble::Refused(Fault::new(FaultKind::Changed, said)));
                    }
                    self.in_vain = 0;
                    self.read += block.len() as u64;
                    return Ok(Some(block));
                }
                Some(Err(fault)) if self.may_go_on(&fault) => self.stream = None,
                Some(Err(fault)) => return Err(Trouble::Refused(fault)),
                None if self.read >= self.end => {
                    // What it keeps of the service is given back, although nobody drops this yet.
                    self.stream = None;
                    self.turn = None;
                    return Ok(None);
                }
                // It ended early without saying so.
                None => {
                    let said = format!("{} of its {} bytes came", self.read, self.end);
                    let fault = Fault::new(FaultKind::Unreachable, said);
                    if !self.may_go_on(&fault) {
                        return Err(Trouble::Refused(fault));
                    }
                    self.stream = None;
                }
            }
        }
    }

    fn may_go_on(&mut self, fault: &Fault) -> bool {
        self.in_vain += 1;
        self.in_vain <= IN_VAIN && matches!(fault.kind, FaultKind::Unreachable | FaultKind::Timeout)
    }
}

/// The step of these requests, for latencies and breakers.
const READ: &str = "read";

/// The look before a file is read in ranges.
const LOOK: &str = "look";
