//! Where checkpoints are kept.

use std::path::PathBuf;

use super::Error;
use crate::spec::JobSpec;

/// The user's folder for what Sluice keeps: migrations, the list of them, logs.
pub fn data_folder() -> Result<PathBuf, Error> {
    Ok(dirs::data_dir().ok_or(Error::NoDataFolder)?.join("sluice"))
}

/// Where a job's checkpoint is kept when nobody says otherwise: in the user's data folder, named
/// after the job. The same job gives the same names in the same order: the first, then `-2`, `-3`…
pub fn default_checkpoints(job: &JobSpec) -> Result<impl Iterator<Item = PathBuf> + use<>, Error> {
    let folder = data_folder()?.join("migrations");
    let job = job.clone().checked()?;
    let sources: Vec<String> = job.sources.iter().map(ToString::to_string).collect();
    let destination = job.destination.to_string();
    let identity = match job.catalogues.as_slice() {
        [] => format!("{:?}", (&sources, &destination)),
        catalogues => format!("{:?}", (&sources, catalogues, &destination)),
    };
    let safe = |char: char| if char.is_alphanumeric() || "-_ ".contains(char) { char } else { '_' };
    let name: String = job.name.chars().take(60).map(safe).collect();
    let stem = format!("{}-{:08x}", name.trim(), xxhash_rust::xxh3::xxh3_64(identity.as_bytes()) as u32);
    Ok((1..).map(move |number: u32| match number {
        1 => folder.join(format!("{stem}.sluice")),
        _ => folder.join(format!("{stem}-{number}.sluice")),
    }))
}

/// The first default checkpoint of this job that does not exist yet.
pub fn default_checkpoint(job: &JobSpec) -> Result<PathBuf, Error> {
    default_checkpoints(job)?.find(|path| path.symlink_metadata().is_err()).ok_or(Error::NoDataFolder)
}
