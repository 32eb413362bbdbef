//! A large file on its way to object storage, killed at ten random moments: what is sent again stays small.

use rustix::process::Signal;
use sluice_tests::cable::{Cable, Weather};
use sluice_tests::command::{self, COMPLETE, Status};
use sluice_tests::compare::same_bytes;
use sluice_tests::process::Running;
use sluice_tests::servers::{BUCKET, Kind, Server, connection, signed};
use sluice_tests::site::Site;
use sluice_tests::{tree, wait};

use crate::measure::bytes;
use crate::ramdisk::RamDisk;

const SIZE: u64 = 2 << 30;
const KILLS: usize = 10;
/// Of the file's size, over all runs.
const MOST_SENT: f64 = 1.1;

pub(crate) fn run(disk: &RamDisk) {
    // Source, object, and the server's own memory of its parts.
    let size = SIZE.min(disk.free() / 5);
    let server = Server::below(disk.path(), Kind::Rclone);
    let cable = Cable::to(&server.url(), Weather::default());
    let site = Site::below(disk.path());
    let reel = site.source.join("reel.mov");
    tree::file(&reel, size, 5);
    let job = site.path("job.toml");
    let text = format!(
        "sources = [{:?}]\ndestination = \"shelf:{BUCKET}/in\"\n{}",
        site.source.to_str().expect("ASCII"),
        connection(&cable.url())
    );
    std::fs::write(&job, text).expect("the job file");
    let sluice = || signed(command::sluice(["run".as_ref(), job.as_os_str(), "--quiet".as_ref()]));

    let seed = fastrand::u64(..);
    let mut random = fastrand::Rng::with_seed(seed);
    let mut moments: Vec<u64> = (0..KILLS).map(|_| random.u64(0..size)).collect();
    moments.sort_unstable();
    for moment in moments {
        let mut running = Running::start(sluice());
        wait::until("the next moment", || (cable.sent() >= moment).then_some(()));
        running.signal(Signal::KILL);
    }
    Running::start(sluice()).ended().expect(COMPLETE);
    let checkpoint = site.path("job.sluice");
    assert_eq!(Status::of(&checkpoint).delivered, 1);
    assert!(same_bytes(&reel, &server.files().join("in/reel.mov")), "the object's bytes");
    let open = server.boto("print(len(s3.list_multipart_uploads(Bucket=bucket).get('Uploads', [])))");
    assert_eq!(open.trim(), "0", "uploads that were left behind");
    let share = cable.sent() as f64 / size as f64;
    println!(
        "{} to S3, killed at {KILLS} random moments (seed {seed}): {} sent over all runs, {share:.3} of the file (at most {MOST_SENT}); no upload left",
        bytes(size),
        bytes(cable.sent())
    );
    assert!(share <= MOST_SENT);
}
