//! The kill story, small in the tests and at full size in the bench.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::command::{self, COMPLETE};
use crate::compare::{Identity, assert_same, identities, same_bytes};
use crate::site::Site;
use crate::{tree, wait};

/// What is moved, and how often the run is killed.
#[derive(Debug, Clone, Copy)]
pub struct Kill {
    /// Files of 1 to 40 kB.
    pub small_files: u64,
    /// Large files.
    pub large_files: u64,
    /// Bytes of each large file.
    pub large_size: u64,
    /// How often the run is killed.
    pub kills: u32,
}

impl Kill {
    /// Kills the run at random moments, starts it again each time, and asserts after each kill and
    /// in the end that nothing is lost, nothing written twice, nothing half.
    ///
    /// The seed of the moments is printed; `SLUICE_SEED` sets it.
    ///
    /// # Panics
    /// When anything of that does not hold.
    pub fn tell(self, folder: &Path) {
        let seed = std::env::var("SLUICE_SEED").ok().and_then(|seed| seed.parse().ok());
        let seed = seed.unwrap_or_else(|| fastrand::u64(..));
        println!("kill story with SLUICE_SEED={seed}");
        let mut rng = fastrand::Rng::with_seed(seed);
        let source = Site::below(folder);
        tree::small_files(&source.source, self.small_files, seed);
        tree::large_files(&source.source, self.large_files, self.large_size, seed);
        let whole = self.undisturbed(&source.source, folder);

        let mut kills = 0;
        while kills < self.kills {
            // A run that ends before its share of the kills is followed by another from the start.
            let site = Site::below(folder);
            kills += self.round(&source.source, &site, self.kills - kills, whole, &mut rng);
        }
        println!("{kills} kills: all arrived, nothing was written twice, nothing is left over");
    }

    /// How long the run takes when nobody kills it: the moments are drawn from that.
    fn undisturbed(self, source: &Path, folder: &Path) -> Duration {
        let site = Site::below(folder);
        let start = Instant::now();
        command::run(copy(source, &site)).expect(COMPLETE);
        start.elapsed()
    }

    /// One migration, killed at most `kills` times. Returns how often it was.
    fn round(self, source: &Path, site: &Site, kills: u32, whole: Duration, rng: &mut fastrand::Rng) -> u32 {
        let mut seen = BTreeMap::new();
        let mut done = 0;
        while done < kills {
            let moment = whole.mul_f64(rng.f64() * 2.0 / f64::from(self.kills));
            let mut running = command::start(resume_or_copy(source, site));
            let start = Instant::now();
            let ended = wait::until("the moment of the kill", || {
                let ended = running.has_ended();
                (ended.is_some() || start.elapsed() >= moment).then_some(ended)
            });
            if ended.is_some() {
                running.ended().expect(COMPLETE);
                break;
            }
            running.signal(rustix::process::Signal::KILL);
            running.ended();
            done += 1;
            self.look(source, site, &mut seen);
        }
        command::run(resume_or_copy(source, site)).expect(COMPLETE);
        self.look(source, site, &mut seen);
        assert_same(source, &site.destination);
        let status = site.status();
        let records = self.small_files + self.large_files;
        assert_eq!((status.state.as_str(), status.records), ("finished", records));
        assert_eq!(status.delivered + status.skipped, records, "{status:?}");
        done
    }

    /// What stands under a final name is whole, and stays the very file that it was.
    fn look(self, source: &Path, site: &Site, seen: &mut BTreeMap<PathBuf, Identity>) {
        let now = identities(&site.destination);
        for (path, identity) in seen.iter() {
            assert_eq!(now.get(path), Some(identity), "{path:?} was written again");
        }
        for path in now.keys().filter(|path| !seen.contains_key(*path)) {
            let (from, to) = (source.join(path), site.destination.join(path));
            assert!(same_bytes(&from, &to), "{path:?} is only partly there under its final name");
        }
        if site.checkpoint.exists() {
            let status = site.status();
            assert!(status.delivered <= now.len() as u64, "more recorded than delivered: {status:?}");
        }
        *seen = now;
    }
}

fn copy<'a>(source: &'a Path, site: &'a Site) -> Vec<&'a OsStr> {
    let mut args: Vec<&OsStr> = vec!["copy".as_ref(), source.as_ref(), site.destination.as_ref()];
    args.extend([OsStr::new("--checkpoint"), site.checkpoint.as_ref(), OsStr::new("--batch-size=200")]);
    args
}

fn resume_or_copy<'a>(source: &'a Path, site: &'a Site) -> Vec<&'a OsStr> {
    if site.checkpoint.exists() { vec!["run".as_ref(), site.checkpoint.as_ref()] } else { copy(source, site) }
}
