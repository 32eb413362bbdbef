//! A record's content into object storage: in one request, or in parts that outlive this program.
//!
//! There is no temporary name: an object is there when it is whole, and its parts are seen by nobody. What
//! has arrived of an upload is kept in the checkpoint part by part; the next attempt reads the source from
//! its beginning (it has to hash it anyway), and sends only parts that are missing. Where a part is another
//! now, the upload begins anew.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use object_store::PutPayload;
use tokio::sync::{OwnedSemaphorePermit, oneshot};
use tokio::task::JoinSet;
use xxhash_rust::xxh3::Xxh3;

use super::carry::{Hashed, Hashing};
use super::reading::Reading;
use super::{Stop, Way};
use crate::control::line::{Line, Trouble};
use crate::failure::{Category, Stage};
use crate::record::{Evidence, Failure, Objects, RawPath};
use crate::spec::Verify;
use crate::stage::{self, Arrived, Processed, Proof, deliver};
use crate::storage::hash::Hasher;
use crate::storage::object::{Bucket, Stored, parts};
use crate::storage::remote::fault::FaultKind;
use crate::storage::remote::{Mode, Place, Store, Told};
use crate::stream::Handover;
use crate::upload::{Note, Part, Upload};

/// The steps of these requests, for latencies and breakers.
const PUT: &str = "put";
const PART: &str = "put part";
const BEGIN: &str = "begin upload";
const COMPLETE: &str = "complete upload";

/// How often a part is sent within one attempt.
const PART_TRIES: u32 = 5;

/// Longest wait with a part in memory. Who has to wait longer gives its room to others.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// Where the content goes, and as what.
struct Target<'a> {
    place: &'a Arc<Place>,
    bucket: &'a Arc<Bucket>,
    path: RawPath,
    key: String,
    told: Told,
    mode: Mode,
}

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
    pub(super) async fn write_to_bucket(
        &self,
        line: &Arc<Line>,
        source: &mut Reading<'_>,
        (place, bucket): (&Arc<Place>, &Arc<Bucket>),
        path: RawPath,
        told: Told,
        mode: Mode,
    ) -> Result<Processed, Stop> {
        let what = format!("cannot write {}", place.shown(&path));
        let key = place.target(&path).map_err(|fault| fault.of_destination(&what))?;
        let to = Target { place, bucket, path, key, told, mode };
        if source.size() > parts::WHOLE {
            return self.put_parts(line, source, to).await;
        }
        match self.put_whole(line, source, &to).await? {
            Ok((hashed, stored)) => self.arrived_there(line, source.objects(), to, hashed, stored).await,
            Err(trouble) => {
                let ours = self.ours(line, source.size(), &to, &trouble).await?;
                ours.ok_or_else(|| self.not_written(&to, trouble))
            }
        }
    }

    /// Who has taken the name may be ourselves: an earlier attempt that the look before did not yet see.
    async fn ours(
        &self,
        line: &Line,
        size: u64,
        to: &Target<'_>,
        trouble: &Trouble,
    ) -> Result<Option<Processed>, Stop> {
        let is_taken = matches!(trouble, Trouble::Refused(fault) if fault.kind == FaultKind::Taken);
        if !is_taken || !self.may_be_there() {
            return Ok(None);
        }
        let same = self.same_content(line, size, &to.path).await?;
        Ok(same.map(|hash| {
            deliver::already_there(self.record, size, true, to.path.clone(), hash, &self.work.site)
        }))
    }

    /// Puts a small file without a look at what is there. None: the name is taken.
    pub(super) async fn try_bucket(
        &self,
        line: &Line,
        source: &mut Reading<'_>,
        (place, bucket): (&Arc<Place>, &Arc<Bucket>),
        path: RawPath,
        told: Told,
    ) -> Result<Option<Processed>, Stop> {
        let what = format!("cannot write {}", place.shown(&path));
        let key = place.target(&path).map_err(|fault| fault.of_destination(&what))?;
        let to = Target { place, bucket, path, key, told, mode: Mode::Create };
        match self.put_whole(line, source, &to).await? {
            Ok((hashed, stored)) => self.arrived_there(line, source.objects(), to, hashed, stored).await.map(Some),
            Err(Trouble::Refused(fault)) if fault.kind == FaultKind::Taken => {
                place.expect_occupants(true);
                Ok(None)
            }
            Err(trouble) => Err(self.not_written(&to, trouble)),
        }
    }

    async fn arrived_there(
        &self,
        line: &Line,
        came: Objects,
        to: Target<'_>,
        hashed: Hashed,
        stored: Stored,
    ) -> Result<Processed, Stop> {
        // It is there. A pause now would leave our own object unproven, and unknown.
        let evidence = self.prove(&line.to_the_end(), &to, &hashed, &stored).await?;
        self.keep_objects(Objects { target_version: stored.version, ..came }).await;
        let mirrored = stage::mirrored(self.record, &self.work.site);
        let target = (mirrored.as_ref() != Some(&to.path)).then_some(to.path);
        let Hashed { bytes, hash, .. } = hashed;
        Ok(Processed::Arrived(Arrived { bytes, target, hash, proof: Proof::Delivered(evidence) }))
    }

    async fn put_whole(
        &self,
        line: &Line,
        source: &mut Reading<'_>,
        to: &Target<'_>,
    ) -> Result<Result<(Hashed, Stored), Trouble>, Stop> {
        let bucket = to.bucket;
        let _room = self.room(source.size()).await;
        let mut hashing = Hashing::new(self.hashes());
        let mut blocks = Vec::new();
        while let Some(block) = source.next(self, line).await? {
            hashing.update(&block);
            self.moved(block.len()).await?;
            blocks.push(block);
            // It grew; how far is not for the memory to hold.
            if hashing.bytes > source.size() {
                break;
            }
        }
        let hashed = hashing.finish();
        self.check(source, &hashed).await?;
        let putting = bucket.put(&to.key, PutPayload::from_iter(blocks), &to.told, to.mode);
        let put = self.alive(line.ask(&bucket.endpoint, PUT, putting)).await;
        Ok(put.map(|stored| (hashed, stored)))
    }

    async fn put_parts(
        &self,
        line: &Arc<Line>,
        source: &mut Reading<'_>,
        to: Target<'_>,
    ) -> Result<Processed, Stop> {
        let bucket = to.bucket;
        let upload = self.upload(line, source.size(), &to).await?;
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
                let answer = send_part(&line, &bucket, &key, &id, number, &blocks).await;
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

    fn begins_anew(&self) -> Stop {
        let shown = self.shown_source();
        let message = format!("{shown} is not what an earlier attempt began to send; it is sent anew");
        Failure::new(Stage::Deliver, Category::SourceChanged, message).into()
    }

    /// The upload that an earlier attempt began, or a new one.
    async fn upload(&self, line: &Line, size: u64, to: &Target<'_>) -> Result<Upload, Stop> {
        let bucket = to.bucket;
        let place = to.place.shown(&RawPath::default());
        let part_size = parts::size(size);
        if let Some(kept) = &self.record.upload {
            let fits =
                (&kept.place, &kept.key, kept.size, kept.part_size) == (&place, &to.key, size, part_size);
            if fits {
                return Ok(kept.clone());
            }
            self.give_up(line, bucket, &kept.key, kept.id.clone()).await?;
        }
        let beginning = self.alive(line.ask(&bucket.endpoint, BEGIN, bucket.begin(&to.key, &to.told))).await;
        let id = beginning.map_err(|trouble| self.not_written(to, trouble))?;
        let (record, key) = (self.record.id, to.key.clone());
        let upload = Upload { id, record, place, key, size, part_size, ..Upload::default() };
        // Known before it holds a byte, so that none is ever left behind unknown.
        let is_kept = self.note(Note::Begun(upload.clone())).await?;
        self.alive(is_kept).await.map_err(|_| Stop::WithCollector)?;
        Ok(upload)
    }

    /// Gives up what an earlier attempt left of an upload, when the record has arrived without it.
    pub(super) async fn forget_upload(&self, line: &Line) -> Result<(), Stop> {
        if let (Some(kept), Some(place)) = (&self.record.upload, self.work.site.destination.remote())
            && let Store::Object(bucket) = &place.store
        {
            self.give_up(line, bucket, &kept.key, kept.id.clone()).await?;
        }
        Ok(())
    }

    /// An upload that the service does not let go of stays known, and can be given up later.
    async fn give_up(&self, line: &Line, bucket: &Bucket, key: &str, upload: String) -> Result<(), Stop> {
        match self.alive(line.ask(&bucket.endpoint, "abort upload", bucket.abort(key, &upload))).await {
            Ok(()) => self.note(Note::Ended { upload }).await.map(drop),
            Err(error) => {
                tracing::warn!(upload, %error, "an upload is not given up");
                Ok(())
            }
        }
    }

    /// Hands a note over. What it gives is told when it is in the checkpoint.
    async fn note(&self, note: Note) -> Result<oneshot::Receiver<()>, Stop> {
        let (kept, is_kept) = oneshot::channel();
        self.hand_over(Handover::Upload { note, kept }).await?;
        Ok(is_kept)
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

    /// What arrived must be what is meant, before it can be seen.
    async fn check(&self, source: &mut Reading<'_>, hashed: &Hashed) -> Result<(), Stop> {
        source.check(self, hashed).await
    }

    /// What is proven of an object that has arrived.
    async fn prove(
        &self,
        line: &Line,
        to: &Target<'_>,
        hashed: &Hashed,
        stored: &Stored,
    ) -> Result<Evidence, Stop> {
        let proven = match (self.work.site.delivery.verify, &hashed.hash) {
            (Verify::ReadBack, Some(expected)) => {
                let hash = async |etag| {
                    let hasher = Hasher::new(expected.algorithm);
                    let there = self.hash_there(line, to.place, hashed.bytes, &to.path, etag, hasher).await?;
                    Ok::<_, Stop>(there.map(|there| there.hash))
                };
                let ours = match &stored.etag {
                    Some(etag) => hash(Some(etag.clone())).await?,
                    None => None,
                };
                let is_ours = ours.is_some();
                // Somebody has changed it meanwhile, or the service gives tags of two kinds.
                let there = if is_ours { ours } else { hash(None).await? };
                if there.as_ref() == Some(expected) {
                    return Ok(Evidence::ReadBack);
                }
                if is_ours {
                    self.take_away(line, to).await;
                }
                None
            }
            (Verify::Written, _) if stored.asserted => Some(Evidence::RemoteChecksum),
            (Verify::Written, _) => Some(Evidence::Written),
            (Verify::Size | Verify::ReadBack, _) => {
                let looked = self.alive(line.ask(to.place.endpoint(), "look", to.place.look(&to.key))).await;
                let what = format!("cannot look at {}", to.place.shown(&to.path));
                let there = looked.map_err(|trouble| self.no_destination(to.place, &what, trouble))?;
                (there.size == hashed.bytes).then_some(Evidence::Size)
            }
        };
        if let Some(evidence) = proven {
            return Ok(evidence);
        }
        let message = format!("{}: what was read back is not what was sent", to.place.shown(&to.path));
        Err(Failure::new(Stage::Deliver, Category::VerifyMismatch, message).into())
    }

    /// Removes what is ours and damaged, where nobody had the name before: it does not stay under it.
    async fn take_away(&self, line: &Line, to: &Target<'_>) {
        if to.mode == Mode::Create {
            let deleting = to.place.delete(&to.key);
            if let Err(error) = self.alive(line.ask(to.place.endpoint(), "delete", deleting)).await {
                tracing::warn!(key = to.key, %error, "a damaged object stays");
            }
        }
    }

    fn not_written(&self, to: &Target<'_>, trouble: Trouble) -> Stop {
        let what = format!("cannot write {}", to.place.shown(&to.path));
        self.no_destination(to.place, &what, trouble)
    }

    /// Waits for room in the memory for bytes in flight. What is larger than all of it goes alone.
    async fn room(&self, bytes: u64) -> Option<OwnedSemaphorePermit> {
        let memory = &self.work.site.memory;
        self.alive(memory.take(bytes)).await
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

/// Sends a part, and sends it again where that may help: a new attempt would have to read the file from its
/// beginning.
async fn send_part(
    line: &Line,
    bucket: &Bucket,
    key: &str,
    upload: &str,
    number: u32,
    blocks: &[Bytes],
) -> Result<String, Trouble> {
    let put = || bucket.put_part(key, upload, number, blocks.iter().cloned().collect());
    let mut answer = line.ask(&bucket.endpoint, PART, put()).await;
    for tries in 1..PART_TRIES {
        let Err(trouble) = &answer else { break };
        let Some(wait) = pause(trouble, tries) else { break };
        tokio::time::sleep(wait).await;
        answer = line.again().ask(&bucket.endpoint, PART, put()).await;
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
