//! Giving a file another name, whatever has that name.

use super::{Protocol, Server, within};
use crate::storage::patience::to_complete;
use crate::storage::remote::Mode;
use crate::storage::remote::fault::{Fault, FaultKind};

impl Server {
    /// Gives a file of so many bytes another name. It may be a copy to the server.
    pub(crate) async fn rename(&self, from: &str, to: &str, size: u64, mode: Mode) -> Result<(), Fault> {
        match self.rename_once(from, to, size, mode).await {
            Err(refused) if mode == Mode::Replace => self.rename_around(from, to, refused).await,
            other => other,
        }
    }

    async fn rename_once(&self, from: &str, to: &str, size: u64, mode: Mode) -> Result<(), Fault> {
        let patience = self.queue.behind(to_complete(size));
        let _seat = self.seats.take().await;
        match &self.protocol {
            Protocol::Webdav(webdav) => within(patience, Box::pin(webdav.rename(from, to, mode))).await,
            Protocol::Ftp(ftp) => within(patience, Box::pin(ftp.rename(from, to, mode))).await,
            Protocol::Sftp(sftp) => within(patience, Box::pin(sftp.rename(from, to, mode))).await,
        }
    }

    /// The same where the server refuses to replace what has the name: that is set aside, and removed only
    /// when the new file is there. Whatever else the refusal was because of, nothing is lost.
    async fn rename_around(&self, from: &str, to: &str, refused: Fault) -> Result<(), Fault> {
        if !may_be_in_the_way(refused.kind) {
            return Err(refused);
        }
        let (Some(new), Some(old)) = (self.size_of(from).await, self.size_of(to).await) else {
            return Err(refused);
        };
        let aside = format!("{}-old.part", from.strip_suffix(".part").unwrap_or(from));
        // What a kill left of an earlier attempt.
        let _ = self.delete(&aside).await;
        let freed = self.rename_once(to, &aside, old, Mode::Create).await;
        let renamed = match &freed {
            Ok(()) => self.rename_once(from, to, new, Mode::Create).await,
            Err(_) => Err(refused),
        };
        // Back, also where the answer to the first step was lost.
        let last = match renamed {
            Ok(()) => self.delete(&aside).await,
            Err(_) => self.rename_once(&aside, to, old, Mode::Create).await,
        };
        if let (Ok(()), Err(error)) = (freed, last) {
            tracing::warn!(aside, %error, "a file that was to be replaced stays under a temporary name");
        }
        renamed
    }

    /// The size of a file that is there for certain.
    async fn size_of(&self, path: &str) -> Option<u64> {
        self.look(path).await.ok().filter(|there| !there.is_folder).map(|there| there.size)
    }
}

/// Whether a rename that was refused like that may work when the name is free. Servers have no word of their
/// own for a name that is taken.
fn may_be_in_the_way(kind: FaultKind) -> bool {
    matches!(kind, FaultKind::Taken | FaultKind::Failed | FaultKind::Rejected | FaultKind::Name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::server::fake::{Fake, Rename};

    const PART: &str = "a/.sluice-0a1b2c3d-7.part";
    const TARGET: &str = "a/clip.mov";

    fn files(of: &[(&str, &str)]) -> Vec<(String, String)> {
        of.iter().map(|(path, content)| (format!("/home/{path}"), (*content).to_owned())).collect()
    }

    #[tokio::test]
    async fn what_has_the_name_is_replaced_where_a_rename_refuses_it() {
        let fake = Fake::start(&files(&[(PART, "new"), (TARGET, "old")]), &[]).await;
        assert_eq!(
            fake.server().rename(PART, TARGET, 3, Mode::Create).await.unwrap_err().kind,
            FaultKind::Taken
        );
        fake.server().rename(PART, TARGET, 3, Mode::Replace).await.expect("replaced");
        assert_eq!(fake.files(), files(&[(TARGET, "new")]), "and nothing stays beside it");
    }

    #[tokio::test]
    async fn what_has_the_name_stays_where_the_new_file_is_not_there() {
        let fake = Fake::start(&files(&[(TARGET, "old")]), &[]).await;
        fake.server().rename(PART, TARGET, 3, Mode::Replace).await.expect_err("there is nothing to rename");
        assert_eq!(fake.files(), files(&[(TARGET, "old")]));
    }

    #[tokio::test]
    async fn what_has_the_name_stays_whatever_goes_wrong() {
        let before = files(&[(PART, "new"), (TARGET, "old")]);
        for wrong in [
            // Refused for another reason, and cut off.
            vec![Rename::Answer("550 Permission denied")],
            vec![Rename::Cut],
            // Set aside, and then it turns out that the name was not the reason.
            vec![Rename::Answer("550 Cannot rename"), Rename::Done, Rename::Answer("550 Cannot rename")],
            vec![Rename::Answer("550 Cannot rename"), Rename::Done, Rename::Cut],
            // Set aside, but the answer is lost.
            vec![Rename::Answer("550 Cannot rename"), Rename::DoneAndCut],
        ] {
            let fake = Fake::start(&before, &wrong).await;
            fake.server().rename(PART, TARGET, 3, Mode::Replace).await.expect_err("refused");
            assert_eq!(fake.files(), before, "{wrong:?}");
        }
    }
}
