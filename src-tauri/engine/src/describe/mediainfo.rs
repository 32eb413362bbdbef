//! MediaInfo: its arguments, and its JSON in our words (mediaarea.net/mediainfo/mediainfo.xsd).

use serde_json::Value;

use super::Dialect;
use super::read::{date, first, fraction, number, rate, rotation, text, whole};
use super::tech::{Kind, STREAMS, Stream, Tech};

pub(super) const DIALECT: Dialect = Dialect { version: "--Version", args: &["--Output=JSON"], normalise };

/// What is known of a file. None: nothing in it was recognised.
fn normalise(raw: &Value) -> Option<Tech> {
    let tracks = raw["media"]["track"].as_array().map(Vec::as_slice).unwrap_or_default();
    let track = |kind: &str| tracks.iter().find(|track| track["@type"] == kind);
    let general = track("General").unwrap_or(&Value::Null);
    let (video, image, audio) = (track("Video"), track("Image"), track("Audio"));
    let kind = match (video, image, audio) {
        (Some(_), ..) => Kind::Video,
        (None, Some(_), None) => Kind::Image,
        (None, _, Some(_)) => Kind::Audio,
        // Without a format it has only counted bytes.
        (None, None, None) if text(&general["Format"]).is_none() => return None,
        (None, None, None) => Kind::Other,
    };
    // A picture in a sound file illustrates it.
    let picture = video.or(image.filter(|_| kind == Kind::Image)).unwrap_or(&Value::Null);
    let sound = audio.unwrap_or(&Value::Null);
    let timecode = |track: &Value| first(track, &["TimeCode_FirstFrame"], text);
    Some(Tech {
        kind: Some(kind),
        container: container(general),
        duration_s: number(&general["Duration"]).filter(|seconds| *seconds > 0.0),
        bit_rate: whole(&general["OverallBitRate"]),
        video_codec: text(&picture["Format"]),
        width: whole(&picture["Width"]),
        height: whole(&picture["Height"]),
        rotation: number(&picture["Rotation"]).and_then(rotation),
        frame_rate: frame_rate(picture),
        pixel_format: pixel_format(picture),
        color_space: text(&picture["matrix_coefficients"]),
        color_primaries: text(&picture["colour_primaries"]),
        color_transfer: text(&picture["transfer_characteristics"]),
        timecode: timecode(picture).or_else(|| tracks.iter().find_map(timecode)),
        audio_codec: text(&sound["Format"]),
        channels: whole(&sound["Channels"]),
        sample_rate: whole(&sound["SamplingRate"]),
        created: [general, picture, sound]
            .into_iter()
            .find_map(|track| first(track, &["Encoded_Date", "Recorded_Date", "Mastered_Date"], date)),
        streams: tracks
            .iter()
            .filter(|track| track["@type"] != "General")
            .take(STREAMS)
            .map(stream)
            .collect(),
    })
}

fn stream(track: &Value) -> Stream {
    Stream {
        kind: text(&track["@type"]).map(|kind| kind.to_lowercase()),
        codec: first(track, &["Format", "CodecID"], text),
        language: text(&track["Language"]),
        width: whole(&track["Width"]),
        height: whole(&track["Height"]),
        frame_rate: (track["@type"] == "Video").then(|| frame_rate(track)).flatten(),
        channels: whole(&track["Channels"]),
        sample_rate: whole(&track["SamplingRate"]),
    }
}

/// MediaInfo takes QuickTime for a profile of MPEG-4.
fn container(general: &Value) -> Option<String> {
    let format = text(&general["Format"])?;
    let is_quicktime =
        general["Format_Profile"].as_str().is_some_and(|profile| profile.contains("QuickTime"));
    Some(match format.as_str() {
        "MPEG-4" if is_quicktime => "mov".into(),
        "MPEG-4" => "mp4".into(),
        other => other.to_lowercase(),
    })
}

fn frame_rate(track: &Value) -> Option<String> {
    let exact = || fraction(whole(&track["FrameRate_Num"])?, whole(&track["FrameRate_Den"])?);
    exact().or_else(|| rate(&track["FrameRate"]))
}

/// `yuv 4:2:2 10 bit`, as far as it is told.
fn pixel_format(track: &Value) -> Option<String> {
    let model = text(&track["ColorSpace"])?.to_lowercase();
    let sampling = text(&track["ChromaSubsampling"]).map(|sampling| format!(" {sampling}"));
    let depth = whole(&track["BitDepth"]).map(|depth| format!(" {depth} bit"));
    Some([Some(model), sampling, depth].into_iter().flatten().collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_clip_with_timecode() {
        let tech = normalise(&json!({ "media": { "track": [
            { "@type": "General", "Format": "MPEG-4", "Format_Profile": "QuickTime", "Duration": "1.000",
              "OverallBitRate": "7901576", "Encoded_Date": "2012-11-16 18:41:37 UTC" },
            { "@type": "Video", "Format": "ProRes", "Width": "1920", "Height": "1080", "FrameRate": "29.970",
              "FrameRate_Num": "30000", "FrameRate_Den": "1001", "ColorSpace": "YUV",
              "ChromaSubsampling": "4:2:2", "BitDepth": "10", "Rotation": "90.000",
              "colour_primaries": "BT.709" },
            { "@type": "Audio", "Format": "PCM", "Channels": "2", "SamplingRate": "48000" },
            { "@type": "Other", "Type": "Time code", "TimeCode_FirstFrame": "10:00:00;00" }
        ] } }))
        .unwrap();
        assert_eq!((tech.kind, tech.container.as_deref()), (Some(Kind::Video), Some("mov")));
        assert_eq!((tech.video_codec.as_deref(), tech.audio_codec.as_deref()), (Some("ProRes"), Some("PCM")));
        assert_eq!((tech.frame_rate.as_deref(), tech.rotation), (Some("30000/1001"), Some(90)));
        assert_eq!(tech.pixel_format.as_deref(), Some("yuv 4:2:2 10 bit"));
        assert_eq!(tech.timecode.as_deref(), Some("10:00:00;00"));
        assert_eq!(tech.created.as_deref(), Some("2012-11-16T18:41:37Z"));
        assert_eq!(tech.streams.len(), 3);
    }

    #[test]
    fn what_is_no_media_is_not_described() {
        let nothing = json!({ "media": { "track": [{ "@type": "General", "FileSize": "6" }] } });
        assert_eq!(normalise(&nothing), None);
        assert_eq!(normalise(&json!({ "media": null })), None);
    }
}
