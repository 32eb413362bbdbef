//! A large record's content into object storage, in parts that outlive this program and that nobody sees
//! before they are put together.
//!
//! What has arrived of an upload is kept in the checkpoint part by part; the next attempt reads the source from
//! its beginning (it has to hash it anyway), and sends only parts that are missing. Where a part is another
//! now, the upload begins anew.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use xxhash_rust::xxh3::Xxh3;

use super::carry::Hashing;
use super::reading::Reading;
use super::upload::Target;
use super::{Stop, Way};
use crate::control::line::{Line, Trouble};
use crate::failure::{Category, Stage};
use crate::record::Failure;
use crate::stage::Processed;
use crate::storage::object::{Bucket, parts};
use crate::storage::remote::fault::{Fault, FaultKind};
use crate::upload::{Note, Part, Upload};

/// The steps of these requests, for latencies and breakers.
const PART: &str = "put part";
pub(super) const COMPLETE: &str = "complete upload";

/// How often a part is sent within one attempt.
const PART_TRIES: u32 = 5;

/// Longest wait with a part in memory. Who has to wait longer gives its room to others.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// A part that was sent.
struct Sent {
    number: u32,
    hash: String,
    answer: Result<String, Trouble>,
}

/// Takes a source apart into parts of one size.
struct Cutter {
    size: u64,
    rest: Bytes,
}

impl Way<'_> {
    pub(super) async fn put_parts(
        &self,
        line: &Arc<Line>,
        source: &mut Reading<'_>,
        to: Target<'_>,
    ) -> Result<Processed, Stop> {
        let bucket = to.bucket;
        let sizes = (source.size(), parts::size(source.size()));
        let upload = self.upload(line, sizes, &to, bucket.begin(&to.key, &to.told)).await?;
        let at_once = parts::at_once(source.size());
        let mut receipts: Vec<Option<String>> = Vec::new();
        let mut sending: JoinSet<Sent> = JoinSet::new();
        // What has arrived but is not noted yet would be sent again after a kill, like what is on its way.
        let mut keeping: VecDeque<oneshot::Receiver<()>> = VecDeque::new();
        let mut hashing = Hashing::new(self.hashes());
        let mut cutter = Cutter { size: upload.part_size, rest: Bytes::new() };
        for number in 0.. {
            let room = self.room(upload.part_size).await;
            let blocks = cutter.next(self, line, source, &mut hashing).await?;
            if blocks.is_empty() || hashing.bytes > source.size() {
                break;
            }
            let hash = hash_of(&blocks);
            if let Some(kept) = upload.parts.get(&number) {
                if kept.hash != hash {
                    // Not every service lets a part be replaced.
                    self.give_up(line, bucket, &to.key, upload.id).await?;
                    return Err(self.begins_anew());
                }
                receipts.push(Some(kept.receipt.clone()));
                continue;
            }
            receipts.push(None);
            while sending.len() >= at_once {
                keeping.push_back(self.sent(&mut sending, &mut receipts, &upload, &to).await?);
            }
            while sending.len() + keeping.len() > at_once
                && let Some(is_kept) = keeping.pop_front()
            {
                self.alive(is_kept).await.map_err(|_| Stop::WithCollector)?;
            }
            let (line, bucket) = (Arc::clone(line), Arc::clone(bucket));
            let (key, id) = (to.key.clone(), upload.id.clone());
            sending.spawn(async move {
                let put = || bucket.put_part(&key, &id, number, blocks.iter().cloned().collect());
                let answer = insist(&line, &bucket, PART, put).await;
                drop(room);
                Sent { number, hash, answer }
            });
        }
        let hashed = hashing.finish();
        self.check(source, &hashed).await?;
        while !sending.is_empty() {
            self.sent(&mut sending, &mut receipts, &upload, &to).await?;
        }
        let receipts: Vec<String> = receipts.into_iter().flatten().collect();
        let completing = bucket.complete(&to.key, &upload.id, receipts, &to.told, to.mode);
        let completed = self.alive(line.ask(&bucket.endpoint, COMPLETE, completing)).await;
        match completed {
            Ok(stored) => {
                self.note(Note::Ended { upload: upload.id }).await?;
                self.arrived_there(line, source.objects(), to, hashed, stored).await
            }
            Err(trouble) => {
                let ours = self.ours(line, source.size(), &to, &trouble).await?;
                if let Trouble::Refused(fault) = &trouble
                    && matches!(fault.kind, FaultKind::NoUpload | FaultKind::Taken)
                {
                    self.give_up(line, bucket, &to.key, upload.id).await?;
                }
                ours.ok_or_else(|| self.not_written(&to, trouble))
            }
        }
    }

    /// Waits for the next part that has been sent, and hands its note over.
    async fn sent(
        &self,
        sending: &mut JoinSet<Sent>,
        receipts: &mut [Option<String>],
        upload: &Upload,
        to: &Target<'_>,
    ) -> Result<oneshot::Receiver<()>, Stop> {
        let internal = |said: String| Failure::new(Stage::Deliver, Category::Internal, said);
        let joined = self.alive(sending.join_next()).await;
        let sent = joined.ok_or_else(|| internal("no part is on its way".into()))?;
        let Sent { number, hash, answer } =
            sent.map_err(|panic| internal(format!("unexpected error: {panic}")))?;
        let id = upload.id.clone();
        match answer {
            Ok(receipt) => {
                let part = Part { hash, receipt: receipt.clone() };
                let is_kept = self.note(Note::Part { upload: id, number, part }).await?;
                if let Some(place) = receipts.get_mut(number as usize) {
                    *place = Some(receipt);
                }
                Ok(is_kept)
            }
            Err(trouble) => {
                if let Trouble::Refused(fault) = &trouble
                    && fault.kind == FaultKind::NoUpload
                {
                    // The service let it go; the next attempt begins anew.
                    self.note(Note::Ended { upload: id }).await?;
                }
                Err(self.not_written(to, trouble))
            }
        }
    }
}

impl Cutter {
    /// The blocks of the next part. Empty: the source is at its end.
    async fn next(
        &mut self,
        way: &Way<'_>,
        line: &Line,
        source: &mut Reading<'_>,
        hashing: &mut Hashing,
    ) -> Result<Vec<Bytes>, Stop> {
        let (mut blocks, mut missing) = (Vec::new(), self.size);
        while missing > 0 {
            let mut block = std::mem::take(&mut self.rest);
            if block.is_empty() {
                let Some(read) = source.next(way, line).await? else { break };
                hashing.update(&read);
                way.moved(read.len()).await?;
                block = read;
            }
            if block.len() as u64 > missing {
                self.rest = block.split_off(missing as usize);
            }
            missing -= block.len() as u64;
            blocks.push(block);
        }
        Ok(blocks)
    }
}

/// Sends a request for a part, and sends it again where that may help: a new attempt would have to begin with
/// the whole file.
pub(super) async fn insist<Answer>(
    line: &Line,
    bucket: &Bucket,
    step: &str,
    request: impl Fn() -> Answer,
) -> Result<String, Trouble>
where
    Answer: Future<Output = Result<String, Fault>>,
{
    let mut answer = line.ask(&bucket.endpoint, step, request()).await;
    for tries in 1..PART_TRIES {
        let Err(trouble) = &answer else { break };
        let Some(wait) = pause(trouble, tries) else { break };
        tokio::time::sleep(wait).await;
        answer = line.again().ask(&bucket.endpoint, step, request()).await;
    }
    answer
}

/// How long to wait before a part is sent again. None: that would not help, or it is for others to say when.
fn pause(trouble: &Trouble, tries: u32) -> Option<Duration> {
    let backoff = Duration::from_millis(250 << tries).mul_f64(fastrand::f64());
    match trouble {
        Trouble::Refused(fault) => match fault.kind {
            FaultKind::Unreachable | FaultKind::Timeout | FaultKind::Busy => Some(backoff),
            FaultKind::Throttled => fault
                .retry_after
                .map_or(Some(backoff), |wait| (wait < LONGEST_PAUSE).then_some(wait + backoff)),
            _ => None,
        },
        Trouble::Later(wait) => (*wait < LONGEST_PAUSE).then_some(*wait + backoff),
        Trouble::Away(..) | Trouble::Closed => None,
    }
}

fn hash_of(blocks: &[Bytes]) -> String {
    let mut hasher = Xxh3::new();
    blocks.iter().for_each(|block| hasher.update(block));
    format!("{:032x}", hasher.digest128())
}
