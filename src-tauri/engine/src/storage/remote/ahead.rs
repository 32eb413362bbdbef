//! Reading a large object in ranges, the next ones while one is being used: object storage gives a single
//! connection only a part of what it has (Amazon S3, "Best practices design patterns: byte-range fetches").

use std::collections::VecDeque;
use std::ops::Range;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesOrdered;
use tokio::sync::OwnedSemaphorePermit;

use super::fetch::Fetch;
use crate::control::line::{Line, Trouble};

/// What is smaller comes in one answer (bytes).
pub(super) const LARGE: u64 = 64 << 20;

/// Bytes of a range.
const RANGE: u64 = 16 << 20;

/// Ranges of one file that are on their way or held.
const AT_ONCE: usize = 4;

/// Whoever gets a range in less than this has a connection that others beside it do not starve. What comes
/// slower is read as it comes: a whole range would be long in silence.
const QUICK: Duration = Duration::from_secs(4);

/// The ranges of one file.
pub(super) struct Ahead<'a> {
    size: u64,
    /// Where the first range begins that nobody has asked for.
    next: u64,
    coming: FuturesOrdered<BoxFuture<'a, Result<Came, Trouble>>>,
    ready: VecDeque<Bytes>,
    /// For what is ready.
    room: Option<OwnedSemaphorePermit>,
    /// When the range was begun that is read as it comes.
    begun: Instant,
    is_quick: bool,
}

/// A whole range.
struct Came {
    blocks: VecDeque<Bytes>,
    room: OwnedSemaphorePermit,
    is_quick: bool,
}

/// Where the next bytes are.
pub(super) enum Turn {
    Ready(Bytes),
    /// That range is to be read as it comes.
    Read(Range<u64>),
    End,
}

impl<'a> Ahead<'a> {
    pub(super) fn new(size: u64) -> Self {
        Self {
            size,
            next: 0,
            coming: FuturesOrdered::new(),
            ready: VecDeque::new(),
            room: None,
            begun: Instant::now(),
            is_quick: false,
        }
    }

    /// A block of what has come; waits for it where it is on its way.
    pub(super) async fn turn(&mut self, fetch: impl Fn() -> Fetch<'a>, line: &Line) -> Result<Turn, Trouble> {
        loop {
            if let Some(block) = self.ready.pop_front() {
                return Ok(Turn::Ready(block));
            }
            self.room = None;
            self.ask(&fetch, line);
            let Some(came) = self.coming.next().await else {
                let range = self.take();
                self.begun = Instant::now();
                return Ok(if range.is_empty() { Turn::End } else { Turn::Read(range) });
            };
            let came = came?;
            self.is_quick = came.is_quick;
            self.ready = came.blocks;
            self.room = Some(came.room);
        }
    }

    /// The range that was read as it came has come.
    pub(super) fn has_read(&mut self) {
        self.is_quick = self.begun.elapsed() < QUICK;
    }

    /// Asks for as many ranges as there is room for.
    fn ask(&mut self, fetch: impl Fn() -> Fetch<'a>, line: &Line) {
        while self.is_quick
            && self.next < self.size
            && self.coming.len() < AT_ONCE
            && let Some(room) = line.room_ahead(RANGE)
        {
            let part = fetch().of_range(self.take());
            self.coming.push_back(Box::pin(whole(part, line.beside(), room)));
        }
    }

    fn take(&mut self) -> Range<u64> {
        let from = self.next;
        self.next = (from + RANGE).min(self.size);
        from..self.next
    }
}

async fn whole(mut part: Fetch<'_>, line: Line, room: OwnedSemaphorePermit) -> Result<Came, Trouble> {
    let (begun, mut blocks) = (Instant::now(), VecDeque::new());
    while let Some(block) = part.streamed(&line).await? {
        blocks.push_back(block);
    }
    Ok(Came { blocks, room, is_quick: begun.elapsed() < QUICK })
}
