//! A file on its way to a WebDAV server: one request, whose body is handed over block by block.

use bytes::Bytes;
use reqwest::header::CONTENT_LENGTH;
use reqwest::{Body, RequestBuilder};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::answer::{lost, refusal};
use crate::storage::patience::to_complete;
use crate::storage::remote::fault::{Fault, FaultKind};
use crate::storage::server::seats::Seat;
use crate::storage::server::{PATIENCE, within};

/// Bytes of a piece, and pieces that may wait for the network.
const PIECE: usize = 64 << 10;
const AHEAD: usize = 16;

/// A request that is being sent. Dropped before its end it is cut off, and its connection closed.
pub(crate) struct Sending {
    /// None: the server has answered, or the connection is lost.
    blocks: Option<mpsc::Sender<Bytes>>,
    answer: JoinSet<Result<bool, Fault>>,
    /// Bytes.
    size: u64,
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
        Self { blocks: Some(blocks), answer, size }
    }

    pub(crate) async fn write(&mut self, mut block: Bytes) -> Result<(), Fault> {
        let Some(blocks) = &self.blocks else { return self.answer().await.map(drop) };
        loop {
            if block.is_empty() {
                return Ok(());
            }
            // However slow the line is, a piece goes out in time.
            let piece = block.split_to(block.len().min(PIECE));
            if !within(PATIENCE, async { Ok(blocks.send(piece).await.is_ok()) }).await? {
                break;
            }
        }
        // Nobody takes any more: the answer says why.
        self.blocks = None;
        self.answer().await?;
        Err(Fault::new(FaultKind::Rejected, "the server answered before it had all"))
    }

    pub(crate) async fn finish(mut self) -> Result<bool, Fault> {
        self.blocks = None;
        self.answer().await
    }

    async fn answer(&mut self) -> Result<bool, Fault> {
        let broken = || Fault::new(FaultKind::Unreachable, "the connection is lost");
        // Many a server has the file elsewhere until it is whole, and copies it then.
        within(to_complete(self.size), async {
            let answer = self.answer.join_next().await;
            answer.ok_or_else(broken)?.map_err(|_| broken())?
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::storage::patience::COMPLETION;

    #[tokio::test(start_paused = true)]
    async fn the_larger_a_file_the_longer_its_server_may_take_with_it() {
        let finish = async |size| {
            let mut answer = JoinSet::new();
            answer.spawn(async {
                tokio::time::sleep(COMPLETION + Duration::from_secs(600)).await;
                Ok(true)
            });
            Sending { blocks: None, answer, size }.finish().await.is_ok()
        };
        assert!(!finish(1 << 20).await);
        assert!(finish(1 << 30).await);
    }
}
