//! Uploads in parts that were begun: known before they hold a byte, gone on with by the next attempt, or given
//! up, so that none is left behind at a service unknown.

use tokio::sync::oneshot;

use super::upload::Target;
use super::{Stop, Way};
use crate::control::line::Line;
use crate::failure::{Category, Stage};
use crate::record::{Failure, RawPath};
use crate::storage::object::Bucket;
use crate::storage::remote::Store;
use crate::storage::remote::fault::Fault;
use crate::stream::Handover;
use crate::upload::{Note, Upload};

const BEGIN: &str = "begin upload";
const ABORT: &str = "abort upload";

impl Way<'_> {
    /// The upload that an earlier attempt began, or a new one: `begin` gives its id.
    pub(super) async fn upload(
        &self,
        line: &Line,
        (size, part_size): (u64, u64),
        to: &Target<'_>,
        begin: impl Future<Output = Result<String, Fault>>,
    ) -> Result<Upload, Stop> {
        let bucket = to.bucket;
        let place = to.place.shown(&RawPath::default());
        if let Some(kept) = &self.record.upload {
            let fits =
                (&kept.place, &kept.key, kept.size, kept.part_size) == (&place, &to.key, size, part_size);
            if fits {
                return Ok(kept.clone());
            }
            self.give_up(line, bucket, &kept.key, kept.id.clone()).await?;
        }
        let beginning = self.alive(line.ask(&bucket.endpoint, BEGIN, begin)).await;
        let id = beginning.map_err(|trouble| self.not_written(to, trouble))?;
        let (record, key) = (self.record.id, to.key.clone());
        let upload = Upload { id, record, place, key, size, part_size, ..Upload::default() };
        // Known before it holds a byte, so that none is ever left behind unknown.
        let is_kept = self.note(Note::Begun(upload.clone())).await?;
        self.alive(is_kept).await.map_err(|_| Stop::WithCollector)?;
        Ok(upload)
    }

    pub(super) fn begins_anew(&self) -> Stop {
        let shown = self.shown_source();
        let message = format!("{shown} is not what an earlier attempt began to send; it is sent anew");
        Failure::new(Stage::Deliver, Category::SourceChanged, message).into()
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
    pub(super) async fn give_up(
        &self,
        line: &Line,
        bucket: &Bucket,
        key: &str,
        upload: String,
    ) -> Result<(), Stop> {
        match self.alive(line.ask(&bucket.endpoint, ABORT, bucket.abort(key, &upload))).await {
            Ok(()) => self.note(Note::Ended { upload }).await.map(drop),
            Err(error) => {
                tracing::warn!(upload, %error, "an upload is not given up");
                Ok(())
            }
        }
    }

    /// Hands a note over. What it gives is told when it is in the checkpoint.
    pub(super) async fn note(&self, note: Note) -> Result<oneshot::Receiver<()>, Stop> {
        let (kept, is_kept) = oneshot::channel();
        self.hand_over(Handover::Upload { note, kept }).await?;
        Ok(is_kept)
    }
}
