//! ffprobe: its arguments, and its JSON in our words (`doc/ffprobe.xsd` in FFmpeg names the fields).

use serde_json::Value;

use super::Dialect;
use super::read::{date, first, number, rate, rotation, text, whole};
use super::tech::{Kind, STREAMS, Stream, Tech};

/// Only files are opened, whatever a playlist or a reference in the file says.
pub(super) const DIALECT: Dialect = Dialect {
    version: "-version",
    args: &[
        "-hide_banner",
        "-v",
        "error",
        "-protocol_whitelist",
        "file",
        "-threads",
        "1",
        "-of",
        "json=compact=1",
        "-show_format",
        "-show_streams",
        "-i",
    ],
    normalise,
};

/// What is known of a file. None: nothing in it was recognised.
fn normalise(raw: &Value) -> Option<Tech> {
    let format = &raw["format"];
    let streams = raw["streams"].as_array().map(Vec::as_slice).unwrap_or_default();
    if streams.is_empty() {
        return None;
    }
    let of_type = |stream: &Value, kind: &str| stream["codec_type"] == kind;
    let video = streams.iter().find(|stream| of_type(stream, "video") && !is_cover(stream));
    let audio = streams.iter().find(|stream| of_type(stream, "audio"));
    let kind = match (video, audio) {
        (Some(_), _) if is_still(format) => Kind::Image,
        (Some(_), _) => Kind::Video,
        (None, Some(_)) => Kind::Audio,
        (None, None) => Kind::Other,
    };
    let picture = video.unwrap_or(&Value::Null);
    let sound = audio.unwrap_or(&Value::Null);
    let moving = kind != Kind::Image;
    Some(Tech {
        kind: Some(kind),
        container: container(format, picture),
        // What ffprobe says of a still here is made up.
        duration_s: moving.then(|| duration(format, streams)).flatten(),
        bit_rate: moving.then(|| whole(&format["bit_rate"])).flatten(),
        video_codec: text(&picture["codec_name"]),
        width: whole(&picture["width"]),
        height: whole(&picture["height"]),
        rotation: turned(picture),
        frame_rate: moving.then(|| frame_rate(picture)).flatten(),
        pixel_format: text(&picture["pix_fmt"]),
        color_space: text(&picture["color_space"]),
        color_primaries: text(&picture["color_primaries"]),
        color_transfer: text(&picture["color_transfer"]),
        timecode: in_tags(format, picture, streams, &["timecode"], text),
        audio_codec: text(&sound["codec_name"]),
        channels: whole(&sound["channels"]),
        sample_rate: whole(&sound["sample_rate"]),
        created: created(format, picture, streams),
        streams: streams.iter().take(STREAMS).map(stream).collect(),
    })
}

fn stream(stream: &Value) -> Stream {
    let is_video = stream["codec_type"] == "video";
    Stream {
        kind: text(&stream["codec_type"]),
        codec: text(&stream["codec_name"]).or_else(|| text(&stream["codec_tag_string"])),
        language: text(&stream["tags"]["language"]),
        width: whole(&stream["width"]),
        height: whole(&stream["height"]),
        frame_rate: is_video.then(|| frame_rate(stream)).flatten(),
        channels: whole(&stream["channels"]),
        sample_rate: whole(&stream["sample_rate"]),
    }
}

/// A picture that illustrates a song.
fn is_cover(stream: &Value) -> bool {
    number(&stream["disposition"]["attached_pic"]).is_some_and(|is| is > 0.0)
}

fn format_name(format: &Value) -> Option<&str> {
    format["format_name"].as_str()
}

fn is_still(format: &Value) -> bool {
    format_name(format).is_some_and(|name| name == "image2" || name.ends_with("_pipe"))
}

fn container(format: &Value, picture: &Value) -> Option<String> {
    let name = format_name(format)?;
    if name == "image2" {
        let codec = text(&picture["codec_name"])?;
        return Some(if codec == "mjpeg" { "jpeg".into() } else { codec });
    }
    let names: Vec<&str> = name.split(',').collect();
    if names.contains(&"mov") {
        // One reader for a family of formats: the brand tells them apart (ISO 14496-12, 4.3).
        let brand = format["tags"]["major_brand"].as_str().unwrap_or("qt").trim().to_ascii_lowercase();
        let format = match brand.as_str() {
            "qt" => "mov",
            "m4a" | "m4b" => "m4a",
            "mjp2" => "mj2",
            brand if brand.starts_with("3g2") => "3g2",
            brand if brand.starts_with("3g") => "3gp",
            _ => "mp4",
        };
        return Some(format.into());
    }
    text(&Value::String(names.first()?.trim_end_matches("_pipe").to_ascii_lowercase()))
}

fn duration(format: &Value, streams: &[Value]) -> Option<f64> {
    let longest = || streams.iter().filter_map(|stream| number(&stream["duration"])).reduce(f64::max);
    number(&format["duration"]).or_else(longest).filter(|seconds| *seconds > 0.0)
}

fn frame_rate(stream: &Value) -> Option<String> {
    first(stream, &["avg_frame_rate", "r_frame_rate"], rate)
}

fn turned(picture: &Value) -> Option<u64> {
    let side_data = picture["side_data_list"].as_array().map(Vec::as_slice).unwrap_or_default();
    let matrix = side_data.iter().find_map(|data| data["rotation"].as_f64());
    match matrix {
        // The matrix turns against the clock.
        Some(degrees) => rotation(-degrees),
        None => rotation(number(&picture["tags"]["rotate"])?),
    }
}

/// A tag of the file, of its picture, or of the first stream that has it.
fn in_tags<T>(
    format: &Value,
    picture: &Value,
    streams: &[Value],
    names: &[&str],
    read: impl Fn(&Value) -> Option<T> + Copy,
) -> Option<T> {
    let places = [format, picture].into_iter().chain(streams).map(|place| &place["tags"]);
    places.into_iter().find_map(|tags| {
        // Matroska writes its tags in capitals.
        let is_named = |key: &str| names.iter().any(|name| name.eq_ignore_ascii_case(key));
        tags.as_object()?.iter().filter(|(key, _)| is_named(key)).find_map(|(_, value)| read(value))
    })
}

fn created(format: &Value, picture: &Value, streams: &[Value]) -> Option<String> {
    let tags = &format["tags"];
    // Broadcast Wave keeps day and time apart (EBU Tech 3285).
    let apart = || {
        let (day, time) = (tags["date"].as_str()?, tags["creation_time"].as_str()?);
        date(&Value::String(format!("{day} {time}")))
    };
    in_tags(format, picture, streams, &["creation_time"], date)
        .or_else(apart)
        .or_else(|| in_tags(format, picture, streams, &["com.apple.quicktime.creationdate", "date"], date))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_clip_with_sound_timecode_and_rotation() {
        let tech = normalise(&json!({
            "streams": [
                { "codec_type": "data", "codec_tag_string": "tmcd", "tags": { "timecode": "10:00:00:00" } },
                { "codec_type": "audio", "codec_name": "pcm_s24le", "channels": 2, "sample_rate": "48000" },
                { "codec_type": "video", "codec_name": "prores", "width": 1920, "height": 1080,
                  "avg_frame_rate": "30000/1001", "r_frame_rate": "0/0", "pix_fmt": "yuv422p10le",
                  "color_space": "bt709", "color_primaries": "unknown",
                  "side_data_list": [{ "side_data_type": "Display Matrix", "rotation": -90 }] }
            ],
            "format": { "format_name": "mov,mp4,m4a,3gp,3g2,mj2", "duration": "12.512500", "bit_rate": "99000",
                "tags": { "major_brand": "qt  ", "creation_time": "2012-11-16T18:05:40.000000Z" } }
        }))
        .unwrap();
        assert_eq!(tech.kind, Some(Kind::Video));
        assert_eq!(tech.container.as_deref(), Some("mov"));
        assert_eq!(
            (tech.video_codec.as_deref(), tech.audio_codec.as_deref()),
            (Some("prores"), Some("pcm_s24le"))
        );
        assert_eq!((tech.width, tech.height, tech.rotation), (Some(1920), Some(1080), Some(90)));
        assert_eq!((tech.frame_rate.as_deref(), tech.duration_s), (Some("30000/1001"), Some(12.5125)));
        assert_eq!((tech.channels, tech.sample_rate), (Some(2), Some(48000)));
        assert_eq!((tech.color_space.as_deref(), tech.color_primaries), (Some("bt709"), None));
        assert_eq!(tech.timecode.as_deref(), Some("10:00:00:00"));
        assert_eq!(tech.created.as_deref(), Some("2012-11-16T18:05:40Z"));
        assert_eq!(tech.streams[0].codec.as_deref(), Some("tmcd"));
    }

    #[test]
    fn stills_songs_and_broadcast_waves() {
        let still = normalise(&json!({
            "streams": [{ "codec_type": "video", "codec_name": "mjpeg", "width": 600, "avg_frame_rate": "25/1" }],
            "format": { "format_name": "image2", "duration": "0.040000", "bit_rate": "52742600" }
        }))
        .unwrap();
        assert_eq!((still.kind, still.container.as_deref()), (Some(Kind::Image), Some("jpeg")));
        assert_eq!((still.duration_s, still.bit_rate, still.frame_rate), (None, None, None));
        let song = normalise(&json!({
            "streams": [
                { "codec_type": "audio", "codec_name": "mp3" },
                { "codec_type": "video", "codec_name": "png", "width": 500, "disposition": { "attached_pic": 1 } }
            ],
            "format": { "format_name": "mp3" }
        }))
        .unwrap();
        assert_eq!((song.kind, song.width, song.video_codec), (Some(Kind::Audio), None, None));
        let wave = normalise(&json!({
            "streams": [{ "codec_type": "audio", "codec_name": "pcm_s16le" }],
            "format": { "format_name": "wav", "tags": { "date": "1998-03-04", "creation_time": "10:20:30" } }
        }))
        .unwrap();
        assert_eq!(wave.created.as_deref(), Some("1998-03-04T10:20:30"));
    }
}
