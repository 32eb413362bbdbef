//! A file that is being written.

use bytes::Bytes;

use super::{ftp, sftp, webdav};
use crate::storage::remote::fault::Fault;

/// A file that is being written. What is dropped before its end is cut off.
pub(crate) enum Writing {
    Webdav(webdav::Sending),
    Ftp(Box<ftp::Sending>),
    Sftp(Box<sftp::Sending>),
}

impl Writing {
    /// The next bytes.
    pub(crate) async fn write(&mut self, block: Bytes) -> Result<(), Fault> {
        match self {
            Self::Webdav(sending) => sending.write(block).await,
            Self::Ftp(sending) => sending.write(block).await,
            Self::Sftp(sending) => sending.write(block).await,
        }
    }

    /// This was all. Tells whether the server keeps the file's time.
    pub(crate) async fn finish(self) -> Result<bool, Fault> {
        match self {
            Self::Webdav(sending) => sending.finish().await,
            Self::Ftp(sending) => sending.finish().await,
            Self::Sftp(sending) => sending.finish().await,
        }
    }
}
