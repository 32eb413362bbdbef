//! A refusal's word for scripts, and what to do about it, in English.

use super::{PlaceTrouble, Refusal, ServiceKind};
use crate::spec::Tool;

const BUCKET_FIRST: &str = "Write the bucket (in Azure: the container) first: s3://bucket/prefix, az://container/prefix, gs://bucket/prefix, or NAME:bucket/prefix.";

impl Refusal {
    /// A word for scripts.
    pub fn code(&self) -> &str {
        match self {
            Self::SourceTwice { .. } => "source_twice",
            Self::SourceMissing { .. } => "source_missing",
            Self::SourceUnreadable { .. } => "source_unreadable",
            Self::SourceIsObject { .. } => "source_is_object",
            Self::SourceUnlistable { .. } | Self::SourceUnseen { .. } => "source_unlistable",
            Self::WatchNotAFolder { .. } => "watch_not_a_folder",
            Self::BaseNotAFolder { .. } => "base_not_a_folder",
            Self::CatalogueFolderMissing { .. } => "catalogue_folder_missing",
            Self::DestinationIsSourceFile { .. } | Self::DestinationIsFile { .. } => "destination_is_file",
            Self::DestinationIsSource { .. } => "destination_is_source",
            Self::DestinationInsideSource { .. } => "destination_inside_source",
            Self::DestinationNotWritable { .. } => "destination_not_writable",
            Self::ScratchUnusable { .. } => "scratch_unusable",
            Self::OneConnection { .. } => "one_connection",
            Self::SecretUnset { .. } | Self::SecretMissing { .. } | Self::KeysMissing { .. } => {
                "secret_missing"
            }
            Self::SecretUnreadable { .. } => "secret_unreadable",
            Self::Connections { code, .. } => code,
            Self::ConnectionUnknown { .. } => "connection_unknown",
            Self::ConnectionInvalid { .. } => "connection_invalid",
            Self::WebServer { .. } | Self::KindNotBuilt { .. } => "connection_kind",
            Self::BucketMissing { .. } => "bucket_missing",
            Self::BucketInvalid { .. } => "bucket_invalid",
            Self::PlaceInvalid { .. } => "place_invalid",
            Self::Place { trouble, .. } => trouble.code(),
            Self::ToolMissing { .. } => "tool_missing",
            Self::ToolUnusable { .. } => "tool_unusable",
            Self::NoRequest => "no_request",
            Self::NothingToTry => "nothing_to_try",
        }
    }

    /// What to do next.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::SourceTwice { .. } => {
                "Remove one of the two. What a catalogue does not name, its option `unlisted` counts."
            }
            Self::SourceMissing { .. } => {
                "Check the path, and that the drive or network folder is connected."
            }
            Self::SourceUnreadable { .. } => {
                "Give your user account the right to read it, or choose another source."
            }
            Self::SourceIsObject { .. } => "Name the folder that it lies in.",
            Self::SourceUnlistable { .. } => {
                "Check its address and that the connection's secret may list it; `sluice plan` tells more."
            }
            Self::SourceUnseen { .. } => "Check its address and that the connection's secret may list it.",
            Self::WatchNotAFolder { .. } => "Watch the folder that it lies in, or leave the watch out.",
            Self::BaseNotAFolder { .. } => "Name the folder that the catalogue's paths begin at.",
            Self::CatalogueFolderMissing { .. } => {
                "Make the folder, or name another file in [catalogue_out]."
            }
            Self::DestinationIsSourceFile { .. } | Self::DestinationIsSource { .. } => {
                "Choose another folder as destination."
            }
            Self::DestinationInsideSource { .. } => "Choose a destination outside of all sources.",
            Self::DestinationIsFile { .. } => "Choose a folder as destination.",
            Self::DestinationNotWritable { .. } => {
                "Give your user account the right to write there, or choose another folder."
            }
            Self::ScratchUnusable { .. } => "Name a folder that you may write to under [scratch] in the job.",
            Self::OneConnection { .. } => {
                "Set sessions = 2 or more in the connection: one to read, one to write."
            }
            Self::SecretUnset { .. } => {
                "Set an environment variable of that name before you start Sluice. Secrets are never kept in a file."
            }
            Self::SecretMissing { .. } => {
                "Keep the secret with `sluice connections add`, or set the environment variable before you start Sluice."
            }
            Self::KeysMissing { service, .. } => match service {
                ServiceKind::Azure => {
                    "Keep one of the secrets with `sluice connections add`, or set its environment variable before you start Sluice. Without an endpoint of its own, what the Azure tools take serves as well (AZURE_STORAGE_ACCOUNT with AZURE_STORAGE_KEY, with AZURE_STORAGE_SAS_TOKEN, or with AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET)."
                }
                ServiceKind::Gcs => {
                    "Name the key file that Google gave you (key_file), or keep its content with `sluice connections add` or in that environment variable. Without an endpoint of its own, what the Google tools know serves as well (GOOGLE_APPLICATION_CREDENTIALS, `gcloud auth application-default login`)."
                }
                ServiceKind::S3 | ServiceKind::Files => {
                    "Keep the secret with `sluice connections add`, or set the environment variables before you start Sluice. The AWS tools' own (AWS_ACCESS_KEY_ID, AWS_PROFILE, ~/.aws) serve as well."
                }
            },
            Self::SecretUnreadable { .. } => {
                "Unlock the keychain, or set the connection's environment variables before you start Sluice."
            }
            Self::Connections { .. } => "Mend that file, or name another one in SLUICE_CONNECTIONS.",
            Self::ConnectionUnknown { .. } => {
                "Add it with `sluice connections add` or as [connections.NAME] in the job. A file or folder of this computer whose name begins so is written with ./ before it."
            }
            Self::ConnectionInvalid { service, .. } => match service {
                ServiceKind::S3 => "Correct the connection's endpoint, region or style.",
                ServiceKind::Azure | ServiceKind::Gcs => {
                    "Correct the connection's account, endpoint or secret."
                }
                ServiceKind::Files => "Correct the connection's address.",
            },
            Self::WebServer { .. } => {
                "Name its files by their URLs, in the rows of a catalogue; below its address they are fetched with the connection's secret."
            }
            Self::KindNotBuilt { .. } => "Take a Sluice that was built with it.",
            Self::BucketMissing { .. } | Self::BucketInvalid { .. } => BUCKET_FIRST,
            Self::PlaceInvalid { .. } => "Write the path there plainly, without . and .. in it.",
            Self::Place { trouble, .. } => trouble.advice(),
            Self::ToolMissing { tool, .. } => match tool {
                Tool::Ffprobe => {
                    "Install FFmpeg (Debian, Ubuntu: `sudo apt install ffmpeg`; macOS: `brew install ffmpeg`; Windows: `winget install ffmpeg`), or write in the job's [describe] where it is: path = \"…\"."
                }
                Tool::Exiftool => {
                    "Install ExifTool (Debian, Ubuntu: `sudo apt install libimage-exiftool-perl`; macOS: `brew install exiftool`; Windows: `winget install exiftool`), or write in the job's [describe] where it is: path = \"…\"."
                }
                Tool::Mediainfo => {
                    "Install the MediaInfo command (Debian, Ubuntu: `sudo apt install mediainfo`; macOS: `brew install mediainfo`; Windows: `winget install MediaArea.MediaInfo`), or write in the job's [describe] where it is: path = \"…\"."
                }
            },
            Self::ToolUnusable { .. } => {
                "Try the program by hand. If it needs more memory, raise memory_mb in the job's [describe]; otherwise install it anew, or choose another one."
            }
            Self::NoRequest => "Describe it first.",
            Self::NothingToTry => "Add a source or a catalogue that names files which are there.",
        }
    }
}

impl PlaceTrouble {
    const fn code(self) -> &'static str {
        match self {
            Self::SignIn => "service_denied",
            Self::Denied => "service_forbids",
            Self::Missing => "place_missing",
            Self::Unreachable | Self::NoRetry => "service_unreachable",
            Self::Busy => "service_busy",
            Self::Refuses => "service_refuses",
        }
    }

    const fn advice(self) -> &'static str {
        match self {
            Self::SignIn => {
                "Check the connection's user and secret; for object storage its region and this computer's clock too."
            }
            Self::Denied => "Give the connection's user the right to list, read and write there.",
            Self::Missing => {
                "Check the path there, and the connection's address. Sluice makes folders, but no buckets."
            }
            Self::Unreachable => "Check the network and the connection's address.",
            Self::Busy | Self::NoRetry => "Try again in a while.",
            Self::Refuses => {
                "Read the service's answer. Where it does not know checksums, set checksum = \"none\" in the connection."
            }
        }
    }
}
