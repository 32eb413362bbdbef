//! ExifTool: its arguments, and its JSON in our words (exiftool.org/TagNames lists the names).

use std::path::Path;

use serde_json::Value;

use super::Dialect;
use super::kept::Keeping;
use super::read::{date, first, number, rate, rotation, text, whole};
use super::tech::{Kind, Tech};

/// Without the person's own configuration, numbers as numbers.
pub(super) const DIALECT: Dialect = Dialect {
    version: "-ver",
    args: &["-config", "", "-json", "-n", "-api", "largefilesupport=1"],
    normalise,
};

/// The same, file after file (exiftool.org/exiftool_pod.html, `-stay_open` and `-execute`). Perl takes a
/// tenth of a second to start, and some thousandths for a file.
pub(super) const KEEPING: Keeping = Keeping {
    args: &[
        "-config",
        "",
        "-stay_open",
        "True",
        "-@",
        "-",
        "-common_args",
        "-charset",
        "filename=utf8",
        "-json",
        "-n",
        "-api",
        "largefilesupport=1",
    ],
    farewell: "-stay_open\nFalse\n",
    question: |file, number| {
        // Each line is an argument. An absolute path begins neither as an option nor as a comment does;
        // a line end within would begin another argument.
        let file = file.to_str().filter(|text| file.is_absolute() && !text.contains(char::is_control))?;
        Some(format!("{file}\n-execute{number}\n"))
    },
    end: |number| format!("{{ready{number}}}"),
};

/// Whether an answer is about this file.
pub(super) fn is_about(raw: &Value, file: &Path) -> bool {
    // On Windows it prints the path with the other strokes.
    let same = |text: &str| if cfg!(windows) { text.replace('\\', "/") } else { text.to_owned() };
    matches!((raw[0]["SourceFile"].as_str(), file.to_str()), (Some(of), Some(file)) if same(of) == same(file))
}

/// Whether it must not see this name: before 12.38 it runs one that ends like this as a command
/// (CVE-2022-23935).
pub(super) fn is_dangerous(file: &Path) -> bool {
    file.as_os_str().as_encoded_bytes().trim_ascii_end().ends_with(b"|")
}

/// What it says of a file that it cannot read. In a process of its own, the exit code tells.
pub(super) fn complaint(raw: &Value) -> Option<String> {
    text(&raw[0]["Error"])
}

/// What is known of a file. None: nothing in it was recognised.
fn normalise(raw: &Value) -> Option<Tech> {
    let file = raw.get(0)?;
    let mime = file["MIMEType"].as_str()?;
    let kind = match mime.split('/').next() {
        Some("video") => Kind::Video,
        Some("audio") => Kind::Audio,
        Some("image") => Kind::Image,
        _ if mime == "application/mxf" => Kind::Video,
        _ if file["Error"].is_null() && !mime.starts_with("text/") => Kind::Other,
        _ => return None,
    };
    let pictures = kind == Kind::Video || kind == Kind::Image;
    Some(Tech {
        kind: Some(kind),
        container: text(&file["FileType"]).map(|kind| kind.to_ascii_lowercase()),
        duration_s: number(&file["Duration"]).filter(|seconds| *seconds > 0.0 && kind != Kind::Image),
        bit_rate: first(file, &["AvgBitrate", "AudioBitrate", "VideoBitrate"], whole),
        video_codec: pictures
            .then(|| first(file, &["CompressorID", "VideoCodec", "VideoCodecID"], text))
            .flatten(),
        width: first(file, &["ImageWidth", "SourceImageWidth"], whole),
        height: first(file, &["ImageHeight", "SourceImageHeight"], whole),
        rotation: number(&file["Rotation"]).and_then(rotation).or_else(|| orientation(file)),
        frame_rate: first(file, &["VideoFrameRate", "FrameRate"], rate),
        pixel_format: None,
        color_space: color_space(file),
        color_primaries: text(&file["ColorPrimaries"]),
        color_transfer: text(&file["TransferCharacteristics"]),
        timecode: first(file, &["StartTimecode", "TimeCode", "StartTimeCode"], text),
        audio_codec: first(file, &["AudioFormat", "AudioCodec", "Encoding"], text),
        channels: first(file, &["AudioChannels", "NumChannels", "Channels"], whole),
        sample_rate: first(file, &["AudioSampleRate", "SampleRate"], whole),
        created: first(file, &["DateTimeOriginal", "CreationDate", "CreateDate", "MediaCreateDate"], date),
        streams: Vec::new(),
    })
}

/// EXIF's numbers for how a camera was held (Exif 2.32, tag 274), mirrored ones aside.
fn orientation(file: &Value) -> Option<u64> {
    match whole(&file["Orientation"])? {
        3 => Some(180),
        6 => Some(90),
        8 => Some(270),
        _ => None,
    }
}

/// EXIF's number (tag 40961), or the words of another format.
fn color_space(file: &Value) -> Option<String> {
    match text(&file["ColorSpace"])?.as_str() {
        "1" => Some("srgb".into()),
        "2" => Some("adobe_rgb".into()),
        "65535" => None,
        other => Some(other.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_photograph_and_a_clip() {
        let photo = normalise(&json!([{
            "FileType": "JPEG", "MIMEType": "image/jpeg", "ImageWidth": 4000, "ImageHeight": 3000,
            "Orientation": 6, "ColorSpace": 1, "CreateDate": "2001:02:03 04:05:06", "Encoding": {}
        }]))
        .unwrap();
        assert_eq!((photo.kind, photo.container.as_deref()), (Some(Kind::Image), Some("jpeg")));
        assert_eq!((photo.width, photo.rotation), (Some(4000), Some(90)));
        assert_eq!(photo.color_space.as_deref(), Some("srgb"));
        assert_eq!(photo.created.as_deref(), Some("2001-02-03T04:05:06"));
        let clip = normalise(&json!([{
            "FileType": "MOV", "MIMEType": "video/quicktime", "CompressorID": "xdv5", "VideoFrameRate": 29.97,
            "Duration": 1, "Rotation": 0, "AudioSampleRate": 48000
        }]))
        .unwrap();
        assert_eq!(
            (clip.video_codec.as_deref(), clip.frame_rate.as_deref()),
            (Some("xdv5"), Some("30000/1001"))
        );
        assert_eq!((clip.duration_s, clip.rotation, clip.sample_rate), (Some(1.0), None, Some(48000)));
    }

    #[test]
    fn what_is_no_media_is_not_described() {
        assert_eq!(normalise(&json!([{ "MIMEType": "text/plain", "FileType": "TXT" }])), None);
        assert_eq!(normalise(&json!([{ "SourceFile": "a", "Error": "Unknown file type" }])), None);
    }

    #[cfg(unix)]
    #[test]
    fn only_a_name_that_is_one_plain_argument_goes_into_the_lines() {
        use std::ffi::OsStr;
        use std::os::unix::ffi::OsStrExt;
        let question = |bytes: &[u8]| (KEEPING.question)(Path::new(OsStr::from_bytes(bytes)), 7);
        for plain in ["/a/b.jpg", "/a/ -b =c#.jpg ", "/a/é $(x) 'q' *.jpg", "/#[CSTR]\\n.jpg"] {
            assert_eq!(question(plain.as_bytes()), Some(format!("{plain}\n-execute7\n")));
        }
        for odd in [
            &b"/a\n-delete_original!\n.jpg"[..],
            b"/a\r.jpg",
            b"/a\0.jpg",
            b"/a\xff.jpg",
            b"-b.jpg",
            b"#b.jpg",
        ] {
            assert_eq!(question(odd), None, "{}", odd.escape_ascii());
        }
    }
}
