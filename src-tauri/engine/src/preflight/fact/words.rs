//! A fact in English: the word for scripts, the sentence, and what to do about it.

use std::borrow::Cow;
use std::fmt;

use super::{CatalogueRemark, Fact, LeftOut};
use crate::failure::Category;
use crate::report::words::{bytes, count};

impl Fact {
    /// A word for scripts, such as `no_space`, `name_collision`, `excluded_junk`.
    pub fn code(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::NoSpace { .. } => "no_space",
            Self::Failed { category, .. } | Self::RecordFails { category, .. } => category.word(),
            Self::FileTwice { .. } => "file_twice",
            Self::NameNumbered { .. } => "name_numbered",
            Self::NameIllegal { .. } | Self::BecomesLegal { .. } => "name_illegal",
            Self::TargetTaken { .. } => "name_collision",
            Self::TargetLate { .. } | Self::TargetLater { .. } => "target_late",
            Self::CheckpointOnNetwork { .. } => "checkpoint_on_network",
            Self::Watched { .. } => "watched",
            Self::NothingToMove => "nothing_to_move",
            Self::Excluded { policy, .. } => return format!("excluded_{}", policy.word()).into(),
            Self::Groups { .. } => "groups",
            Self::Catalogue { remark, .. } => remark.code(),
            Self::Archived { .. } => "archived",
            Self::BadNames { .. } => "bad_names",
            Self::EstimateWithoutServices => "estimate_without_services",
            Self::DestinationNotEmpty => "destination_not_empty",
            Self::TimesLost { .. } => "times_lost",
            Self::DestinationUnguarded { .. } => "destination_unguarded",
            Self::ServiceUnreachable { .. } => "service_unreachable",
            Self::ServiceDenied { .. } => "service_denied",
            Self::Refused { refusal } => return refusal.code().to_owned().into(),
        })
    }

    /// What to do about it; empty where nothing needs doing.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::NoSpace { .. } => {
                "Make room at the destination, choose a larger one, or take fewer sources."
            }
            Self::Failed { category, .. } | Self::RecordFails { category, .. } => category.advice(),
            Self::FileTwice { .. } => {
                "Each is delivered for itself, under its own target. Take the rows out of the catalogue where once is enough."
            }
            Self::NameNumbered { .. } => {
                "Look at the proposed names. Change the template of the target where they should be told apart in another way."
            }
            Self::NameIllegal { .. } => {
                "What it cannot hold is written as % and two digits. Use the filter safe_name for nicer names."
            }
            Self::CheckpointOnNetwork { .. } => "Keep the checkpoint on a disk of this computer.",
            Self::NothingToMove => "Choose a source that holds files.",
            Self::Catalogue { remark, .. } => remark.advice(),
            Self::Archived { .. } => {
                "What was not brought back when its turn comes fails as source_archived: ask the service to restore it first (hours, as a rule)."
            }
            Self::BadNames { .. } => {
                "They are delivered as they are where the destination allows it. Rename them at the source if the files travel on."
            }
            Self::DestinationNotEmpty => {
                "What is there under the same name is treated as the conflict policy says."
            }
            Self::TimesLost { .. } => {
                "Where the times of the sources matter, reach the server by SFTP, or mount it as a folder."
            }
            Self::DestinationUnguarded { .. } => {
                "Sluice looks before it writes each object; see to it that nothing else writes to the same place meanwhile."
            }
            Self::ServiceUnreachable { .. } => {
                "Check the network and the service's address. A run would wait for it."
            }
            Self::ServiceDenied { .. } => {
                "Check the secret that the job names for this service. Some services refuse this look and accept the requests all the same."
            }
            Self::Refused { refusal } => refusal.advice(),
            Self::TargetLate { .. }
            | Self::Watched { .. }
            | Self::Excluded { .. }
            | Self::Groups { .. }
            | Self::EstimateWithoutServices
            | Self::BecomesLegal { .. }
            | Self::TargetTaken { .. }
            | Self::TargetLater { .. } => "",
        }
    }
}

impl fmt::Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSpace { free, needed } => {
                let (free, needed) = (bytes(*free), bytes(*needed));
                write!(f, "the destination has {free} free, but {needed} are needed")
            }
            Self::Failed { category, records } => write!(f, "{} {}", count(*records), failed(*category)),
            Self::FileTwice { records } => {
                write!(f, "{} name a file that an earlier record names too", count(*records))
            }
            Self::NameNumbered { records } => write!(
                f,
                "{} have the same target as another record, as the destination tells names apart; they get a number, such as \"name (2)\"",
                count(*records)
            ),
            Self::NameIllegal { records } => {
                write!(f, "{} have a name that the destination cannot hold as it is", count(*records))
            }
            Self::TargetLate { variable } => write!(
                f,
                "targets use {variable}, which is known only in the run: equal targets are found there, before a byte is written"
            ),
            Self::CheckpointOnNetwork { path } => write!(
                f,
                "the checkpoint {path} lies on a network share and is used in a slower, safe mode; its progress cannot be watched from another program"
            ),
            Self::Watched { files, bytes: size } => write!(
                f,
                "{} files ({}) lie in the watched folders; each is taken in when it is complete",
                count(*files),
                bytes(*size)
            ),
            Self::NothingToMove => f.write_str("there is nothing to move"),
            Self::Excluded { policy, records } => write!(f, "{} {}", count(*records), policy.what()),
            Self::Groups { rule, groups, records } => write!(
                f,
                "{} files in {} groups ({rule}) are delivered together or not at all",
                count(*records),
                count(*groups)
            ),
            Self::Catalogue { name, remark, rows } => {
                write!(f, "{name}: {} {}", count(*rows), remark.what())
            }
            Self::Archived { records } => write!(f, "{} lie in an archive's storage class", count(*records)),
            Self::BadNames { names } => {
                write!(f, "{} names could not be held by Windows or many NAS systems", count(*names))
            }
            Self::EstimateWithoutServices => {
                f.write_str("the time that services take to answer is not in the estimate; a pilot shows it")
            }
            Self::DestinationNotEmpty => f.write_str("the destination holds files already"),
            Self::TimesLost { place } => {
                write!(f, "{place}: the server gives each file the time at which it arrives")
            }
            Self::DestinationUnguarded { place } => {
                write!(f, "{place}: the service replaces what is there even when it is told not to")
            }
            Self::ServiceUnreachable { lookup, service, waited_s, said } => {
                write!(f, "{}: the service {service} cannot be reached: ", Asking(lookup.as_deref()))?;
                match waited_s {
                    Some(waited) => write!(f, "it did not answer within {waited} s"),
                    None => f.write_str(said),
                }
            }
            Self::ServiceDenied { lookup, service, status } => {
                let asking = Asking(lookup.as_deref());
                write!(f, "{asking}: the service {service} refuses our sign-in ({status})")
            }
            Self::Refused { refusal } => write!(f, "{refusal}"),
            Self::BecomesLegal { wanted, legal } => {
                write!(f, "{wanted} becomes {legal}, which the destination can hold")
            }
            Self::TargetTaken { target, proposed } => {
                write!(f, "another record has the target {target}; this one becomes {proposed}")
            }
            Self::TargetLater { variable } => {
                write!(f, "the target uses {variable}, which is known only in the run")
            }
            Self::RecordFails { said, .. } => f.write_str(said),
        }
    }
}

/// Which request asks a service.
struct Asking<'a>(Option<&'a str>);

impl fmt::Display for Asking<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(lookup) => write!(f, "lookup \"{lookup}\""),
            None => f.write_str("register"),
        }
    }
}

/// What records did that failed while the plan was made.
fn failed(category: Category) -> &'static str {
    match category {
        Category::FolderUnreadable => "cannot be listed; what they hold is not in the plan",
        Category::NameCollision => "have a name that the destination does not tell from another record's",
        Category::MetadataInvalid => "have a field that is not what the job requires",
        Category::TemplateFailed => "lack what a template needs",
        Category::TargetUnsafe => "would have a target that is no safe path",
        Category::NameUnsupported => "have a name that the destination cannot hold",
        Category::SourceMissing => "name a file that is not there",
        Category::RowUnreadable => "stand for a row of a catalogue that cannot be read",
        Category::PathUnsafe => "have a path that leads out of the catalogue's folders",
        Category::DuplicateId => "have the id of another row",
        Category::DuplicatePath => "name the file of another row",
        Category::GroupIncomplete => "belong together with a file that has failed already",
        Category::GroupTooLarge => "belong to a group that is too large to be delivered together",
        Category::SizeMismatch => "name a file that has another size than the catalogue says",
        _ => "failed already",
    }
}

impl LeftOut {
    const fn what(self) -> &'static str {
        match self {
            Self::Junk => "system leftovers (.DS_Store, ._*, Thumbs.db and the like) are left out",
            Self::FolderMarker => "stand for a folder in object storage; they hold no bytes",
            Self::Symlink => "links are left out: what they point to is not moved through them",
            Self::NotInCatalogue => "files lie below the catalogue's folder, but no row names them",
            Self::Special => "pipes, sockets and devices are left out: they hold no bytes of their own",
            Self::Marker => "files that mark others as complete are left out",
            Self::ChangedLater => "files changed after they were delivered and are left out",
            Self::OwnCheckpoint => "files of this migration's own checkpoint are left out",
        }
    }
}

impl CatalogueRemark {
    const fn code(self) -> &'static str {
        match self {
            Self::Undecodable => "catalogue_undecodable",
            Self::ShortRows => "catalogue_short_rows",
            Self::VagueSizes => "catalogue_vague_sizes",
            Self::UrlsUnsized => "urls_unsized",
            Self::UrlsNamedLate => "urls_named_late",
            Self::UrlsManyServers => "urls_many_servers",
            Self::Respelt => "catalogue_respelt",
        }
    }

    const fn what(self) -> &'static str {
        match self {
            Self::Undecodable => "rows hold bytes that are no text in its encoding",
            Self::ShortRows => {
                "rows have fewer cells than there are columns; the missing ones are taken as empty"
            }
            Self::VagueSizes => "rows give a size that is no number of bytes; it is not compared",
            Self::UrlsUnsized => {
                "files are named by URLs of which no size is known before they are fetched; they count as nothing in the bytes, the room and the time"
            }
            Self::UrlsNamedLate => {
                "files get the names that their servers give them, which are known only in the run: equal targets are found there, before a byte is written"
            }
            Self::UrlsManyServers => {
                "files lie on more servers than one migration asks (64); those beyond would fail"
            }
            Self::Respelt => {
                "files were found under another spelling (spaces around, accents stored in another way)"
            }
        }
    }

    const fn advice(self) -> &'static str {
        match self {
            Self::Undecodable => "Look at it with `sluice catalogue FILE`; another `encoding` may be right.",
            Self::ShortRows => "Look whether their values stand in the right columns.",
            Self::UrlsUnsized => "Name the catalogue's column with the sizes as `size`, where it has one.",
            Self::UrlsManyServers => "Split the catalogue by server, into a migration each.",
            Self::VagueSizes | Self::UrlsNamedLate | Self::Respelt => "",
        }
    }
}

#[cfg(test)]
mod tests;
