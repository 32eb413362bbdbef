//! Uploads in parts that are not complete yet: what has to be known to go on with them, or to give them
//! up.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::connections::access_of;
use crate::control::intake::IntakeSwitch;
use crate::control::line::Line;
use crate::error::Error;
use crate::record::RecordId;
use crate::session::Session;
use crate::spec::Location;
use crate::storage::remote::Store;
use crate::storage::remote::connect::connect;

/// An upload that was begun.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Upload {
    /// The service's own name for it.
    pub(crate) id: String,
    pub(crate) record: RecordId,
    /// The destination, as the job writes it.
    pub(crate) place: String,
    /// The name there that it will have.
    pub(crate) key: String,
    /// Of the file, in bytes.
    pub(crate) size: u64,
    /// Of each part but the last, in bytes.
    pub(crate) part_size: u64,
    /// Parts that have arrived, by number from 0.
    pub(crate) parts: BTreeMap<u32, Part>,
}

/// A part that has arrived.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Part {
    /// XXH3 with 128 bits, in hexadecimal: a source that changed gives itself away.
    pub(crate) hash: String,
    /// What the service wants to hear when the upload is completed.
    pub(crate) receipt: String,
}

/// What happened to an upload, to be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Note {
    Begun(Upload),
    Part {
        upload: String,
        number: u32,
        part: Part,
    },
    /// It was completed or given up: the service no longer holds it.
    Ended {
        upload: String,
    },
}

/// An upload in parts that is not complete.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenUpload {
    /// The service's own name for it.
    pub id: String,
    /// The record's number.
    pub record: RecordId,
    /// The destination, as the job writes it.
    pub place: String,
    /// The name in its store that it will have.
    pub key: String,
    /// Of the file, in bytes.
    pub size: u64,
    /// Of each part but the last, in bytes.
    pub part_size: u64,
    /// When it was begun, in milliseconds since 1970 (UTC).
    pub begun_ms: i64,
    /// Parts that have arrived.
    pub parts: u64,
    /// The run goes on with it by itself: its record is pending.
    pub pending: bool,
}

/// What became of an upload that was to be given up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GivenUp {
    /// The upload.
    #[serde(flatten)]
    pub upload: OpenUpload,
    /// Why the service still holds it; it is then still listed.
    pub error: Option<String>,
}

/// Gives up uploads at their service: those that no run will go on with, or `all`.
pub(crate) async fn give_up(session: &Session, all: bool) -> Result<Vec<GivenUp>, Error> {
    let job = session.job();
    let open = session.checkpoint.open_uploads().await?;
    let open: Vec<OpenUpload> = open.into_iter().filter(|upload| all || !upload.pending).collect();
    let Location::Remote(remote) = &job.destination else { return Ok(Vec::new()) };
    let place = connect(remote, &job.destination.to_string(), &job, &access_of(&job)?)?;
    let Store::Object(bucket) = &place.store else { return Ok(Vec::new()) };
    let line = Line::new(Arc::clone(&session.controls), Arc::new(IntakeSwitch::new()), false);
    let mut given_up = Vec::with_capacity(open.len());
    for upload in open {
        let abort = bucket.abort(&upload.key, &upload.id);
        let error = match line.ask(&bucket.endpoint, "abort upload", abort).await {
            Ok(()) => {
                let note = Note::Ended { upload: upload.id.clone() };
                session.checkpoint.keep_uploads(&[note]).await?;
                None
            }
            Err(trouble) => Some(trouble.to_string()),
        };
        given_up.push(GivenUp { upload, error });
    }
    Ok(given_up)
}
