//! Why a record fails, whether trying again can help, and what the person can do about it.

mod like;
mod why;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

pub(crate) use like::like;
pub(crate) use why::Tried;
pub use why::{Deed, Must, Why};

/// The stages of a stream, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// The source could not be listed.
    Plan,
    /// Resolve and inspect the source file.
    Ingest,
    /// Work out the target's name.
    Transform,
    /// Copy, verify and publish.
    Deliver,
}

impl Stage {
    /// The stage of a word of the checkpoint.
    pub(crate) fn from_word(word: &str) -> Option<Self> {
        [Self::Plan, Self::Ingest, Self::Transform, Self::Deliver]
            .into_iter()
            .find(|stage| stage.word() == word)
    }

    /// The stage that a step belongs to: `ingest`, `describe`, `lookup:NAME`, `copy`, `register`.
    pub(crate) fn of_step(step: &str) -> Self {
        match step {
            "ingest" | "describe" => Self::Ingest,
            step if step.starts_with("lookup:") => Self::Transform,
            _ => Self::Deliver,
        }
    }

    /// The word that the checkpoint and the reports use.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::Ingest => "ingest",
            Self::Transform => "transform",
            Self::Deliver => "deliver",
        }
    }
}

/// Whether trying again can help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// It may work the next time.
    Transient,
    /// It will fail again until somebody mends the cause.
    Permanent,
    /// A whole volume or service is away: the run pauses and the record is not to blame.
    Outage,
}

impl Class {
    /// The word that the reports use.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Transient => "transient",
            Self::Permanent => "permanent",
            Self::Outage => "outage",
        }
    }
}

macro_rules! categories {
    ($($(#[$doc:meta])* $name:ident $word:literal $class:ident $title:literal $advice:literal;)*) => {
        /// Why a record failed or the run had to pause.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
        #[serde(rename_all = "snake_case")]
        pub enum Category { $($(#[$doc])* $name,)* }

        impl Category {
            /// All categories, in the order of the stages that raise them.
            pub const ALL: &'static [Category] = &[$(Category::$name,)*];

            /// The word that scripts, reports and the checkpoint use.
            pub const fn word(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }

            /// Whether trying again can help.
            pub const fn class(self) -> Class {
                match self { $(Self::$name => Class::$class,)* }
            }

            /// A few words for a heading.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)* }
            }

            /// What the person can do next.
            pub const fn advice(self) -> &'static str {
                match self { $(Self::$name => $advice,)* }
            }
        }

        impl std::str::FromStr for Category {
            type Err = UnknownCategory;

            fn from_str(word: &str) -> Result<Self, Self::Err> {
                match word { $($word => Ok(Self::$name),)* _ => Err(UnknownCategory(word.to_owned())) }
            }
        }
    };
}

categories! {
    /// The file is no longer where the plan found it.
    SourceMissing "source_missing" Permanent "Source file is gone"
        "Put the file back where it was, or leave the record as it is; then reprocess it.";
    /// A row of a catalogue is no row.
    RowUnreadable "row_unreadable" Permanent "A row of the catalogue cannot be read"
        "Correct the row in the catalogue, and start a new migration with it: what is there already will be skipped.";
    /// A row's path leads out of the folders that the job names.
    PathUnsafe "path_unsafe" Permanent "A row's path leads out of its folders"
        "Add a prefix rule for it to the job's catalogue and start a new migration, or give the record a path below its folder and reprocess it.";
    /// Two rows have the same id.
    DuplicateId "duplicate_id" Permanent "Another row has the same id"
        "The first row with this id is delivered. Correct the other one in the catalogue, and start a new migration with it.";
    /// Two rows name the same file.
    DuplicatePath "duplicate_path" Permanent "Another row names the same file"
        "The file is delivered once, as the first row describes it. Where both are right, nothing needs doing; else correct the path.";
    /// The file has another size than the catalogue says.
    SizeMismatch "size_mismatch" Permanent "The file has another size than the catalogue says"
        "Compare the file with its original: it may be cut off. Put back the right one, or correct the catalogue, and start a new migration: what is there already will be skipped.";
    /// The file's bytes hash to another value than the catalogue says.
    ChecksumMismatch "checksum_mismatch" Permanent "The file is not what the catalogue says"
        "The file was changed or damaged since its checksum was taken. Put back the right one, or correct the catalogue; then reprocess.";
    /// The system does not let us read the file or folder.
    SourceUnreadable "source_unreadable" Permanent "Source cannot be opened"
        "Give your user account the right to read it, then reprocess.";
    /// A folder could not be listed, so what it holds is not in the plan.
    FolderUnreadable "folder_unreadable" Permanent "A source folder cannot be listed"
        "Give your user account the right to open it, then plan again or start a new migration: what is there already will be skipped.";
    /// The object lies in an archive's storage class.
    SourceArchived "source_archived" Permanent "Source lies in an archive"
        "The object must be brought back first: ask the service to restore it (hours, as a rule), wait until it says that this is done, then reprocess.";
    /// Reading failed half way.
    SourceIo "source_io" Transient "Source cannot be read to its end"
        "The disk or the connection to it may be failing: check it, then reprocess.";
    /// Other bytes came than the service holds, by its own checksum.
    SourceDamaged "source_damaged" Transient "What came is not what the source holds"
        "The bytes were changed on their way, or the service's disk is failing: reprocess. If it happens again, check the network and ask who runs the service.";
    /// The file changed while it was copied.
    SourceChanged "source_changed" Transient "Source changed while it was copied"
        "Wait until nothing writes to the file any more, then reprocess.";
    /// What was a file is now something else.
    SourceNotAFile "source_not_a_file" Permanent "Source is no regular file"
        "Only regular files are moved. Replace it with the file itself, then reprocess.";
    /// Two records would have the same name at the destination.
    NameCollision "name_collision" Permanent "Another record has the same target name"
        "The destination does not tell these names apart. Rename one of the two at the source and plan again.";
    /// The destination cannot hold the name.
    NameUnsupported "name_unsupported" Permanent "The destination cannot hold this name"
        "Give the file a shorter or plainer name at the source and plan again.";
    /// Something else is under the target's name.
    DestinationConflict "destination_conflict" Permanent "A different file has this name already"
        "Compare the two files. Then choose another conflict policy (rename, overwrite) or move the file at the destination away, and reprocess.";
    /// The path leads out of the destination root.
    DestinationOutside "destination_outside" Permanent "The target would lie outside the destination"
        "A folder below the destination is a link that leads elsewhere. Replace the link with a real folder, then reprocess.";
    /// The system does not let us write there.
    DestinationDenied "destination_denied" Permanent "The destination refuses the file"
        "Give your user account the right to write there, then reprocess.";
    /// Writing failed.
    DestinationIo "destination_io" Transient "Writing to the destination failed"
        "The disk or the connection to it may be failing: check it, then reprocess.";
    /// The destination's service rejects the request as it is.
    DestinationRefused "destination_refused" Permanent "The destination rejects the file"
        "Read the service's answer. Where it does not know checksums or conditions, the connection's options can leave them out; then reprocess.";
    /// The file is too large for the destination's file system.
    FileTooLarge "file_too_large" Permanent "The file is too large for the destination"
        "The destination's file system has a limit for one file (FAT32: 4 GiB). Use one with another file system for it.";
    /// A template needs what the record does not have.
    TemplateFailed "template_failed" Permanent "A template cannot be filled in"
        "Correct the template in the job, or the record's fields, then reprocess.";
    /// A field is not what the job requires.
    MetadataInvalid "metadata_invalid" Permanent "A field is not what the job requires"
        "Correct the record's field, or the requirement in the job, then reprocess.";
    /// The target's template gives no path below the destination.
    TargetUnsafe "target_unsafe" Permanent "The target's name would be no safe path"
        "Correct the template of the target or the record's fields, then reprocess. Nothing is ever written outside the destination.";
    /// The service knows nothing of the record (404, 410).
    NotFound "not_found" Permanent "The service does not know this record"
        "Check the record's path or fields against the service, then reprocess.";
    /// The service refuses the record for what is there already (409).
    AssetConflict "asset_conflict" Permanent "The service has a conflicting entry"
        "Look the record up at the service. Where its answer means that all is well, add 409 to `success`; then reprocess.";
    /// The service refuses the request as it is (400, 403, 422 and the like).
    RequestRejected "request_rejected" Permanent "The service rejects this record"
        "Read the service's answer, correct the record's fields or the job, then reprocess.";
    /// The answer is not what it should be.
    AnswerInvalid "answer_invalid" Permanent "The service's answer makes no sense"
        "Try the request on this record alone and compare its answer with the job's pointers, then reprocess.";
    /// The answer lacks a required field.
    FieldMissing "field_missing" Permanent "The answer lacks a required field"
        "Complete the entry at the service, or make the field optional in the job, then reprocess.";
    /// No answer, or no progress, in time.
    Timeout "timeout" Transient "It took too long"
        "The service or the disk did not answer for this record. Try it alone; reprocess when it answers again.";
    /// The service failed on its side (5xx).
    ServiceError "service_error" Transient "The service failed on its side"
        "Ask who runs the service, with the time and the message; then reprocess.";
    /// The connection failed.
    ServiceUnreachable "service_unreachable" Transient "The service could not be reached"
        "Check the network and the service's address, then reprocess.";
    /// The service asked us to slow down (429, 503 with Retry-After).
    Throttled "throttled" Transient "The service asks us to slow down"
        "Lower the rate or the concurrency towards this service, then reprocess.";
    /// The program that describes files makes nothing of this one.
    MediaUnreadable "media_unreadable" Permanent "The file cannot be described"
        "It may be damaged, or of a kind that the program does not know: play it. To deliver such files all the same, set on_unknown_media = \"deliver\" in the job; then reprocess.";
    /// The scratch area cannot hold the file at this moment.
    ScratchUnusable "scratch_unusable" Transient "The scratch area cannot hold the file"
        "Make room where the scratch area lies, or name another folder or a higher limit under [scratch] in the job; then reprocess.";
    /// The file is larger than the scratch area.
    ScratchTooSmall "scratch_too_small" Permanent "The file is larger than the scratch area"
        "A file from elsewhere lies there while it is described, or when its server does not say how large it is. Raise limit_mib under [scratch] in the job, then reprocess.";
    /// What was read back is not what was written.
    VerifyMismatch "verify_mismatch" Transient "The copy differs from its source"
        "The destination did not keep the bytes that were written. Reprocess; if it happens again, do not trust that disk.";
    /// Another file of its group is not delivered.
    GroupIncomplete "group_incomplete" Permanent "Another file of its group failed"
        "Mend the file that the message names, and reprocess any of the group: all of it is tried again. To deliver the others without that file, leave it with a note, then reprocess them.";
    /// More files belong together than can be delivered together.
    GroupTooLarge "group_too_large" Permanent "Its group has too many files"
        "Name a folder further down in the job's [[group]], so that each clip is a group of its own, and start a new migration.";
    /// An error of Sluice itself.
    Internal "internal" Permanent "Sluice made an error"
        "Other records are not affected. Please report it with the message; reprocess after an update.";
    /// The destination has no room.
    DestinationFull "destination_full" Outage "The destination is full"
        "Make room at the destination; the run then goes on by itself. Nothing is lost.";
    /// The destination went away.
    DestinationGone "destination_gone" Outage "The destination is not there"
        "Connect the drive or the network folder again under the same path; the run then goes on by itself.";
    /// The destination's volume takes no writes any more.
    DestinationReadOnly "destination_read_only" Outage "The destination became read-only"
        "The system locks a volume when its disk has errors, or when it is write-protected. Check the disk and mount it writable again; the run then goes on by itself.";
    /// A service fails for every record.
    ServiceDown "service_down" Outage "A service is not there"
        "Nothing is lost, and nobody has to do anything: the run goes on by itself when the service answers again.";
    /// A service does not accept our sign-in (401, 407).
    ServiceDenied "service_denied" Outage "A service refuses our sign-in"
        "Check the secret that the job names for this service; the run goes on when the service accepts it.";
    /// The checkpoint itself cannot be written.
    CheckpointUnusable "checkpoint_unusable" Outage "The checkpoint cannot be written"
        "Make room on the disk that holds the .sluice file, or check that it is still there; the run then goes on by itself. Nothing is lost.";
    /// The program that describes files cannot be started any more.
    ToolGone "tool_gone" Outage "A program that describes files is gone"
        "Install the program again, or give the system room for it to run; the run then goes on by itself.";
    /// A source went away as a whole.
    SourceGone "source_gone" Outage "A source is not there"
        "Connect the drive or the network folder again under the same path; the run then goes on by itself.";
}

/// A word that names no category.
#[derive(Debug, thiserror::Error)]
#[error("there is no failure category \"{0}\"")]
pub struct UnknownCategory(pub String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_scripts_and_of_json_are_the_same() {
        for category in Category::ALL {
            assert_eq!(serde_json::to_value(category).unwrap(), category.word());
            assert_eq!(category.word().parse::<Category>().unwrap(), *category);
        }
    }
}
