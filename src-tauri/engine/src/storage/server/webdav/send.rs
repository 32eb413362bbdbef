//! A file on its way to a WebDAV server: one request, whose body is handed over block by block.

use bytes::Bytes;
use reqwest::header::CONTENT_LENGTH;
use reqwest::{Body, RequestBuilder};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::answer::{lost, refusal};
use crate::storage::remote::fault::{Fault, FaultKind};
use crate::storage::server::seats::Seat;
use crate::storage::server::{PATIENCE, late};

/// Blocks that may wait for the network.
const AHEAD: usize = 2;

/// A request that is being sent. Dropped before its end it is cut off, and its connection closed.
pub(crate) struct Sending {
    /// None: the server has answered, or the connection is lost.
    blocks: Option<mpsc::Sender<Bytes>>,
    answer: JoinSet<Result<bool, Fault>>,
}

impl Sending {
    pub(super) fn begin(request: RequestBuilder, size: u64, seat: Seat) -> Self {
        let (blocks, incoming) = mpsc::channel::<Bytes>(AHEAD);
        let body = futures_util::stream::unfold(incoming, |mut incoming| async {
            let block = incoming.recv().await?;
            Some((Ok::<_, std::io::Error>(block), incoming))
        });
        // With its length: not every server takes a body without.
        let request = request.header(CONTENT_LENGTH, size);
        let request = if size == 0 { request } else { request.body(Body::wrap_stream(body)) };
        let mut answer = JoinSet::new();
        answer.spawn(async move {
            let _seat = seat;
            let response = request.send().await.map_err(|error| lost(&error))?;
            if !response.status().is_success() {
                return Err(refusal(response).await);
            }
            let kept = response.headers().get("X-OC-Mtime");
            Ok(kept.is_some_and(|kept| kept.as_bytes().eq_ignore_ascii_case(b"accepted")))
        });
        Self { blocks: Some(blocks), answer }
    }

    pub(crate) async fn write(&mut self, block: Bytes) -> Result<(), Fault> {
        let Some(blocks) = &self.blocks else { return self.answer().await.map(drop) };
        match timeout(PATIENCE, blocks.send(block)).await {
            Ok(Ok(())) => Ok(()),
            // Nobody takes any more: the answer says why.
            Ok(Err(_)) => {
                self.blocks = None;
                match self.answer().await {
                    Ok(_) => Err(Fault::new(FaultKind::Rejected, "the server answered before it had all")),
                    Err(fault) => Err(fault),
                }
            }
            Err(_) => Err(late()),
        }
    }

    pub(crate) async fn finish(mut self) -> Result<bool, Fault> {
        self.blocks = None;
        self.answer().await
    }

    async fn answer(&mut self) -> Result<bool, Fault> {
        let broken = || Fault::new(FaultKind::Unreachable, "the connection is lost");
        match timeout(PATIENCE, self.answer.join_next()).await {
            Ok(Some(Ok(answer))) => answer,
            Ok(_) => Err(broken()),
            Err(_) => Err(late()),
        }
    }
}
