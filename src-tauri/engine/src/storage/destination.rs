//! Where files go: a folder of this computer, or a place behind a connection.

use std::path::PathBuf;
use std::sync::Arc;

use super::local::destination::Folder;
use super::local::platform::{self, to_shown};
use super::names::NameRules;
use super::remote::Place;
use crate::record::RawPath;
use crate::spec::Location;

/// A destination that can be written to.
pub(crate) enum Destination {
    Local(Folder),
    Remote(Arc<Place>),
}

impl Destination {
    /// The folder, where it is one of this computer.
    pub(crate) fn local(&self) -> Option<&Folder> {
        match self {
            Self::Local(folder) => Some(folder),
            Self::Remote(_) => None,
        }
    }

    /// The place, where it lies behind a connection.
    pub(crate) fn remote(&self) -> Option<&Arc<Place>> {
        match self {
            Self::Local(_) => None,
            Self::Remote(place) => Some(place),
        }
    }

    pub(crate) fn rules(&self) -> NameRules {
        match self {
            Self::Local(folder) => folder.rules(),
            Self::Remote(_) => NameRules::Service,
        }
    }

    /// Whether the destination is still what was opened. What lies behind a connection is missed by the
    /// requests that fail.
    pub(crate) fn is_there(&self) -> bool {
        self.local().is_none_or(Folder::is_there)
    }

    /// Where a target lies, where that is on this computer. None: it is not, or its path leads out of the
    /// destination.
    pub(crate) fn path(&self, target: &RawPath) -> Option<PathBuf> {
        self.local()?.path(target)
    }

    /// Forgets which folders were checked: between batches somebody may have changed them.
    pub(crate) fn forget_folders(&self) {
        if let Self::Local(folder) = self {
            folder.forget_folders();
        }
    }

    /// The destination itself, safe to show.
    pub(crate) fn shown(&self) -> String {
        match self {
            Self::Local(folder) => to_shown(folder.root().as_os_str()),
            Self::Remote(place) => place.shown(&RawPath::default()),
        }
    }
}

/// What a destination asks of names, without opening it.
pub(crate) fn rules_of(destination: &Location) -> NameRules {
    match destination {
        Location::Local(path) => platform::name_rules(path),
        Location::Remote(_) => NameRules::Service,
    }
}
