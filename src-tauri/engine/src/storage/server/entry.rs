//! What a folder on a server holds.

use futures_util::stream::BoxStream;

use crate::storage::remote::fault::Fault;

/// What a name in a folder stands for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Kind {
    #[default]
    File,
    Folder,
    /// A link: what it points to may lie anywhere.
    Link,
    /// A pipe, a socket or a device.
    Special,
}

/// A name in a folder.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Entry {
    /// As the server spells it. It may be anything.
    pub(crate) name: Vec<u8>,
    pub(crate) kind: Kind,
    /// Bytes; 0 for what is no file.
    pub(crate) size: u64,
}

/// What a folder holds, as it comes in.
pub(crate) type Entries = BoxStream<'static, Result<Entry, Fault>>;
