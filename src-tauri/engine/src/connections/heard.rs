//! What a step of a trial heard, as a value. The sentence is made of it, in English here; the window makes
//! its own.

use std::fmt;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What a step of a trial found, or why it failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Heard {
    /// A step before it failed.
    NotTried,
    /// The service answers.
    Answers,
    /// It does not answer in time.
    Late {
        /// How long it was waited for, in seconds.
        waited_s: u64,
    },
    /// It does not answer at all.
    NoAnswer {
        /// Where it was asked.
        from: String,
        /// What the system said.
        said: String,
    },
    /// The service tells no time.
    NoTime,
    /// Its clock and ours agree.
    ClocksAgree,
    /// Its clock is ahead of ours.
    ClockAhead {
        /// By so many seconds.
        seconds: u64,
        /// So far that nobody can sign in.
        too_far: bool,
    },
    /// Its clock is behind ours.
    ClockBehind {
        /// By so many seconds.
        seconds: u64,
        /// So far that nobody can sign in.
        too_far: bool,
    },
    /// It knows us.
    KnowsUs,
    /// It does not refuse us.
    DoesNotRefuse,
    /// Files are there.
    Files {
        /// How many were listed.
        files: u64,
        /// There are more.
        more: bool,
    },
    /// The folder will be made.
    NoFolderYet,
    /// So many bytes were written.
    Wrote {
        /// How many.
        bytes: u64,
    },
    /// The service computed the same checksum.
    SameChecksum,
    /// The service computes no checksum.
    NoChecksum,
    /// The service refuses a name that is taken.
    RefusesTaken,
    /// The service replaces what is there.
    Replaces,
    /// The same bytes came back.
    SameBytes,
    /// Other bytes came back.
    OtherBytes,
    /// Files keep the times of their sources.
    KeepsTimes,
    /// Files get the times at which they arrive.
    LosesTimes,
    /// The file is gone.
    Gone,
    /// The service says that the file is gone; nobody can look.
    SaidGone,
    /// The file is still there.
    Stays {
        /// The file.
        key: String,
        /// What the service said. None: that it is gone.
        said: Option<String>,
    },
    /// A file behind a URL has so many bytes.
    Bytes {
        /// How many.
        bytes: u64,
    },
    /// A file behind a URL can be fetched; its size is not known.
    NoSize,
    /// Nothing can be fetched under the address itself, which is nothing bad.
    NothingItself {
        /// What the server said.
        said: String,
    },
    /// The service said something of its own.
    Said {
        /// What.
        said: String,
    },
}

impl fmt::Display for Heard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let clock = |f: &mut fmt::Formatter<'_>, seconds, side, too_far| {
            write!(f, "the service's clock is {seconds} s {side} this computer's")?;
            f.write_str(if too_far { "; set the clock, or nobody can sign in" } else { "" })
        };
        match self {
            Self::NotTried => f.write_str("a step before it failed"),
            Self::Answers => f.write_str("it answers"),
            Self::Late { waited_s } => write!(f, "no answer within {waited_s} s"),
            Self::NoAnswer { from, said } => write!(f, "no answer from {from}: {said}"),
            Self::NoTime => f.write_str("the service tells no time"),
            Self::ClocksAgree => f.write_str("both clocks agree"),
            Self::ClockAhead { seconds, too_far } => clock(f, *seconds, "ahead of", *too_far),
            Self::ClockBehind { seconds, too_far } => clock(f, *seconds, "behind", *too_far),
            Self::KnowsUs => f.write_str("it knows us"),
            Self::DoesNotRefuse => f.write_str("it does not refuse us"),
            Self::Files { files, more } => {
                write!(f, "{files} files{} are there", if *more { " and more" } else { "" })
            }
            Self::NoFolderYet => f.write_str("the folder is not there yet"),
            Self::Wrote { bytes } => write!(f, "{bytes} bytes"),
            Self::SameChecksum => f.write_str("the service computed the same one"),
            Self::NoChecksum => f.write_str("the service computes none; `read_back` proves what arrived"),
            Self::RefusesTaken => f.write_str("a name that is taken is refused"),
            Self::Replaces => f.write_str(
                "the service replaces what is there, so a run looks before it writes; let nothing else write \
                 there meanwhile",
            ),
            Self::SameBytes => f.write_str("the same bytes came back"),
            Self::OtherBytes => f.write_str("other bytes came back than were written"),
            Self::KeepsTimes => f.write_str("a file keeps the time of its source"),
            Self::LosesTimes => f.write_str("files get the time at which they arrive"),
            Self::Gone => f.write_str("it is gone"),
            Self::SaidGone => f.write_str("the service says it is gone"),
            Self::Stays { key, said } => {
                let said = said.as_deref().unwrap_or("the service says it is gone, and it is not");
                write!(f, "{said}; {key} is left there")
            }
            Self::Bytes { bytes } => write!(f, "{bytes} bytes are there"),
            Self::NoSize => f.write_str("it can be fetched; how long it is, the server does not say"),
            Self::NothingItself { said } => {
                write!(f, "nothing can be fetched under the address itself: {said}")
            }
            Self::Said { said } => f.write_str(said),
        }
    }
}

impl From<String> for Heard {
    fn from(said: String) -> Self {
        Self::Said { said }
    }
}
