//! A migration that looks each record up in the laboratory and registers it there.

use std::path::{Path, PathBuf};

use crate::command::{self, Ended, Status};
use crate::compare::entries;
use crate::lab::Lab;
use crate::process::Running;
use crate::site::Site;

/// A place and the job that moves its source to its destination by way of the laboratory.
#[derive(Debug)]
pub struct Served {
    /// Source and destination; the checkpoint is [`Served::checkpoint`].
    pub site: Site,
    /// The job file.
    pub job: PathBuf,
    /// The checkpoint that `run` keeps beside the job file.
    pub checkpoint: PathBuf,
}

/// A job that looks each record up at the laboratory and registers it there. `more` is put before
/// the lookup.
///
/// # Panics
/// When a path is no ASCII.
pub fn job(source: &Path, destination: &Path, lab: &Lab, more: &str) -> String {
    let [source, destination] = [source, destination].map(|path| path.to_str().expect("ASCII"));
    let url = lab.url();
    format!(
        r#"name = "Archive to MAM"
sources = [{source:?}]
destination = {destination:?}
{more}

[[lookup]]
name = "rights"
url = "{url}/lookup?path={{{{ path | urlencode }}}}"
[lookup.fields]
title = "/asset/title"
owner = {{ pointer = "/asset/owner", required = false }}

[register]
url = "{url}/assets"
body = '{{"path": {{{{ path | tojson }}}}, "title": {{{{ fields.title | tojson }}}}, "hash": {{{{ hash | tojson }}}}}}'
id = "/id"
"#
    )
}

impl Served {
    /// Writes the job file. `more` is put before the lookup: `[limits]`, `[control]` and the like.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn new(site: Site, lab: &Lab, more: &str) -> Self {
        let text = job(&site.source, &site.destination, lab, more);
        let job = site.path("job.toml");
        std::fs::write(&job, text).expect("the job file");
        Self { checkpoint: site.path("job.sluice"), site, job }
    }

    /// Starts `sluice run`, new or where it stopped.
    pub fn start(&self, more: &[&str]) -> Running {
        let mut args: Vec<&std::ffi::OsStr> = vec!["run".as_ref(), self.job.as_os_str()];
        args.extend(more.iter().map(AsRef::<std::ffi::OsStr>::as_ref));
        command::start(args)
    }

    /// Runs it to its end.
    pub fn run(&self, more: &[&str]) -> Ended {
        self.start(more).ended()
    }

    /// The checkpoint's status; its balance holds.
    pub fn status(&self) -> Status {
        Status::of(&self.checkpoint)
    }

    /// The paths of all files at the source.
    ///
    /// # Panics
    /// When one is no Unicode.
    pub fn paths(&self) -> Vec<String> {
        let files = entries(&self.site.source).into_iter().filter(|(_, metadata)| metadata.is_file());
        files.map(|(path, _)| path.to_str().expect("ASCII").to_owned()).collect()
    }
}
