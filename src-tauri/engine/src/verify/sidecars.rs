//! Sidecars, read again and compared with what was written.

use std::io::ErrorKind;
use std::path::Path;

use futures_util::{StreamExt, stream};
use serde_json::Value;
use tokio::task::spawn_blocking;

use super::{Verdict, outside, patiently};
use crate::control::line::{Line, Trouble};
use crate::record::RecordId;
use crate::sidecar::{self, Written};
use crate::spec::HashAlgorithm;
use crate::storage::hash::Hasher;
use crate::storage::local::platform::{self, to_shown};
use crate::storage::remote::Place;
use crate::storage::remote::fault::FaultKind;
use crate::storage::remote::fetch::Fetch;
use crate::threads::joined;

/// Sidecars read at the same time, where they lie behind a connection.
const AT_ONCE: usize = 8;

/// Checks what was written of sidecars, as their steps keep it, in a folder of this computer.
pub(super) async fn check(written: Vec<(RecordId, Value)>, root: &Path) -> Vec<(RecordId, String, Verdict)> {
    if written.is_empty() {
        return Vec::new();
    }
    let root = root.to_owned();
    let checking = spawn_blocking(move || {
        let written = written.iter().filter_map(|(id, result)| Some((*id, Written::of(result)?)));
        let checked = written.map(|(id, written)| {
            let Some(path) = platform::to_path(&written.target).map(|below| root.join(below)) else {
                return (id, to_shown(root.as_os_str()), outside());
            };
            let verdict = compare(&path, &written.hash);
            (id, to_shown(path.as_os_str()), verdict)
        });
        checked.collect()
    });
    joined(checking).await
}

/// The same behind a connection.
pub(super) async fn check_remote(
    written: Vec<(RecordId, Value)>,
    place: &Place,
    line: &Line,
) -> Vec<(RecordId, String, Verdict)> {
    let written = written.into_iter().filter_map(|(id, result)| Some((id, Written::of(&result)?)));
    let checked = written.map(|(id, written)| async move {
        let verdict = match place.target(&written.target) {
            Ok(key) => patiently(|| read_there(place, line, &key, &written.hash)).await,
            Err(fault) => Verdict::Unreadable(fault.to_string()),
        };
        (id, place.shown(&written.target), verdict)
    });
    stream::iter(checked).buffer_unordered(AT_ONCE).collect().await
}

async fn read_there(place: &Place, line: &Line, key: &str, hash: &str) -> Result<Verdict, Trouble> {
    let size = match line.ask(place.endpoint(), "look", place.look(key)).await {
        Ok(looked) => looked.size,
        Err(Trouble::Refused(fault)) if fault.kind == FaultKind::Missing => return Ok(Verdict::Missing),
        Err(trouble) => return Err(trouble),
    };
    let mut read = Fetch::new(place, key.to_owned(), size, None);
    let mut hasher = Hasher::new(HashAlgorithm::Xxh128);
    while let Some(block) = read.next(line).await? {
        hasher.update(&block);
    }
    Ok(match hasher.finish().hex == hash {
        true => Verdict::Matching(size),
        false => Verdict::Differing("its content is not what was written".into()),
    })
}

fn compare(path: &Path, hash: &str) -> Verdict {
    match sidecar::read(path) {
        Ok(found) if sidecar::hash(&found) == hash => Verdict::Matching(found.len() as u64),
        Ok(_) => Verdict::Differing("its content is not what was written".into()),
        Err(error) if error.kind() == ErrorKind::NotFound => Verdict::Missing,
        Err(error) => Verdict::Unreadable(error.to_string()),
    }
}
