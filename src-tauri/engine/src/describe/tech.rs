//! Technical metadata in the same words, whichever program read it.

use serde::{Deserialize, Serialize};

/// What a file says of itself. Every field is optional: no format has all of them, and a program may
/// leave out any of them. Templates see it as `tech`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Tech {
    /// What it holds above all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) kind: Option<Kind>,
    /// The format of the file, in lower case: `mov`, `mp4`, `mxf`, `wav`, `tiff`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) container: Option<String>,
    /// Length in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) duration_s: Option<f64>,
    /// Of the whole file, in bits a second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) bit_rate: Option<u64>,
    /// Codec of the first picture stream, or of the still, in the program's words: `prores` with
    /// ffprobe, `apcn` with exiftool, `ProRes` with mediainfo.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) video_codec: Option<String>,
    /// Pixels across.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) width: Option<u64>,
    /// Pixels down.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) height: Option<u64>,
    /// Degrees clockwise by which the picture is to be turned to show it: 90, 180 or 270.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) rotation: Option<u64>,
    /// Frames a second as a fraction: `25/1`, `30000/1001`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) frame_rate: Option<String>,
    /// How pixels are stored: `yuv422p10le`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) pixel_format: Option<String>,
    /// Matrix coefficients: `bt709`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) color_space: Option<String>,
    /// Primaries: `bt709`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) color_primaries: Option<String>,
    /// Transfer characteristics: `bt709`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) color_transfer: Option<String>,
    /// Of the first frame: `10:00:00:00`, with `;` before the frames where some are dropped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) timecode: Option<String>,
    /// Codec of the first sound stream.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) audio_codec: Option<String>,
    /// Channels of the first sound stream.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) channels: Option<u64>,
    /// Of the first sound stream, in hertz.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sample_rate: Option<u64>,
    /// When it was made (ISO 8601), as exactly as the file says it: with a time or without, in UTC
    /// (`Z`) or without a zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) created: Option<String>,
    /// What is in the file, in its order, at most [`STREAMS`].
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) streams: Vec<Stream>,
}

/// Streams told of one file; more are in the raw JSON.
pub(super) const STREAMS: usize = 64;

/// What a file holds above all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    /// Moving pictures.
    Video,
    /// Sound alone.
    Audio,
    /// A still.
    Image,
    /// Anything else.
    Other,
}

/// One stream of a file.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Stream {
    /// `video`, `audio`, `subtitle`, `data` or another word of the program.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) kind: Option<String>,
    /// In the program's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) codec: Option<String>,
    /// As the file names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) language: Option<String>,
    /// Pixels across.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) width: Option<u64>,
    /// Pixels down.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) height: Option<u64>,
    /// Frames a second as a fraction.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) frame_rate: Option<String>,
    /// Sound channels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) channels: Option<u64>,
    /// Hertz.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sample_rate: Option<u64>,
}
