//! EBUCore 1.10, one `ebuCoreMain`: EBU Tech 3293, https://www.ebu.ch/metadata/schemas/EBUCore.
//!
//! Fields are kept as technical attributes of the format, whether a term has them or not.

use super::described::Described;
use super::dublin_core::{DC, XSI};
use super::xml::Xml;
use crate::spec::Term;

const NAMESPACE: &str = "urn:ebu:metadata-schema:ebucore";
const SCHEMA: &str =
    "urn:ebu:metadata-schema:ebucore https://www.ebu.ch/metadata/schemas/EBUCore/20171009/ebucore.xsd";

pub(super) fn write(described: &Described) -> Vec<u8> {
    let mut xml = Xml::document();
    let (root, core) = ("ebucore:ebuCoreMain", "ebucore:coreMetadata");
    xml.open(
        root,
        &[
            ("xmlns:ebucore", NAMESPACE),
            ("xmlns:dc", DC),
            ("xmlns:xsi", XSI),
            ("xsi:schemaLocation", SCHEMA),
            ("version", "1.10"),
            ("writingLibraryName", "Sluice"),
        ],
    );
    xml.open(core, &[]);
    let person = ["ebucore:contactDetails", "ebucore:name"];
    for (term, outer, inner) in [
        (Term::Title, "ebucore:title", ["dc:title"].as_slice()),
        (Term::Creator, "ebucore:creator", &person),
        (Term::Subject, "ebucore:subject", &["dc:subject"]),
        (Term::Description, "ebucore:description", &["dc:description"]),
        (Term::Publisher, "ebucore:publisher", &["ebucore:organisationDetails", "ebucore:organisationName"]),
        (Term::Contributor, "ebucore:contributor", &person),
        (Term::Date, "ebucore:date", &["dc:date"]),
        (Term::Type, "ebucore:type", &["dc:type"]),
    ] {
        xml.nested(&[&[outer], inner].concat(), described.all(term));
    }
    format(&mut xml, described);
    for (term, path) in [
        (Term::Identifier, ["ebucore:identifier", "dc:identifier"].as_slice()),
        (Term::Source, &["dc:source"]),
        (Term::Language, &["ebucore:language", "dc:language"]),
        (Term::Relation, &["ebucore:relation", "dc:relation"]),
        (Term::Coverage, &["ebucore:coverage", "dc:coverage"]),
        (Term::Rights, &["ebucore:rights", "dc:rights"]),
    ] {
        xml.nested(path, described.all(term));
    }
    xml.close(core);
    xml.close(root);
    xml.end()
}

/// The delivered file.
fn format(xml: &mut Xml, described: &Described) {
    xml.open("ebucore:format", &[]);
    if described.kind() == "image" {
        image(xml, described);
    } else {
        video(xml, described);
    }
    audio(xml, described);
    if let Some(container) = described.tech("container") {
        xml.empty("ebucore:containerFormat", &[("containerFormatName", &container)]);
    }
    if let Some(timecode) = described.tech("timecode").filter(|timecode| is_timecode(timecode)) {
        xml.open("ebucore:start", &[]);
        xml.text("ebucore:timecode", &[], &timecode);
        xml.close("ebucore:start");
    }
    if let Some(seconds) = described.duration() {
        xml.open("ebucore:duration", &[]);
        xml.text("ebucore:normalPlayTime", &[], &format!("PT{seconds}S"));
        xml.close("ebucore:duration");
    }
    xml.text("ebucore:fileSize", &[("unit", "byte")], &described.size());
    xml.text("ebucore:fileName", &[], described.file_name());
    if let Some(media_type) = described.media_type() {
        xml.empty("ebucore:mimeType", &[("typeLabel", media_type)]);
    }
    xml.text("ebucore:locator", &[], &uri(described.target()));
    if let Some((algorithm, hash)) = described.hash() {
        xml.open("ebucore:hash", &[]);
        xml.text("ebucore:hashValue", &[], hash);
        xml.empty("ebucore:hashFunction", &[("typeLabel", algorithm)]);
        xml.close("ebucore:hash");
    }
    if let Some(rate) = described.tech_number("bit_rate") {
        xml.text("ebucore:overallBitRate", &[("unit", "bps")], &rate.to_string());
    }
    let attribute = "ebucore:technicalAttributeString";
    xml.text(
        attribute,
        &[("typeLabel", "evidence of delivery"), ("typeSource", "Sluice")],
        described.evidence,
    );
    for (name, value) in described.fields() {
        xml.text(attribute, &[("typeLabel", name), ("typeSource", "catalogue")], &value);
    }
    if let Some(day) = described.created_on() {
        xml.empty("ebucore:dateCreated", &[("startDate", &day)]);
    }
    xml.close("ebucore:format");
}

fn video(xml: &mut Xml, described: &Described) {
    let Some(codec) = described.tech("video_codec") else { return };
    xml.open("ebucore:videoFormat", &[("videoFormatName", &codec)]);
    for (element, name) in [("ebucore:width", "width"), ("ebucore:height", "height")] {
        let number = described.tech_number(name).map(|number| number.to_string());
        xml.maybe(element, &[("unit", "pixel")], number);
    }
    if let Some(rate) = described.frame_rate() {
        let (value, above, below) = nominal(rate);
        let factor = [("factorNumerator", above.to_string()), ("factorDenominator", below.to_string())];
        let factor = factor.each_ref().map(|(name, value)| (*name, value.as_str()));
        xml.text("ebucore:frameRate", &factor, &value.to_string());
    }
    xml.empty("ebucore:videoEncoding", &[("typeLabel", &codec)]);
    colours(xml, described);
    xml.close("ebucore:videoFormat");
}

fn image(xml: &mut Xml, described: &Described) {
    let codec = described.tech("video_codec");
    xml.open("ebucore:imageFormat", &[]);
    for (element, name) in [("ebucore:width", "width"), ("ebucore:height", "height")] {
        let number = described.tech_number(name).map(|number| number.to_string());
        xml.maybe(element, &[("unit", "pixel")], number);
    }
    if let Some(codec) = codec {
        xml.empty("ebucore:imageEncoding", &[("typeLabel", &codec)]);
    }
    colours(xml, described);
    xml.close("ebucore:imageFormat");
}

fn colours(xml: &mut Xml, described: &Described) {
    for name in ["pixel_format", "color_space", "color_primaries", "color_transfer"] {
        xml.maybe("ebucore:technicalAttributeString", &[("typeLabel", name)], described.tech(name));
    }
}

fn audio(xml: &mut Xml, described: &Described) {
    let Some(codec) = described.tech("audio_codec") else { return };
    xml.open("ebucore:audioFormat", &[("audioFormatName", &codec)]);
    xml.empty("ebucore:audioEncoding", &[("typeLabel", &codec)]);
    for (element, name) in [("ebucore:samplingRate", "sample_rate"), ("ebucore:channels", "channels")] {
        xml.maybe(element, &[], described.tech_number(name).map(|number| number.to_string()));
    }
    xml.close("ebucore:audioFormat");
}

/// A rate as a whole number and the factor that corrects it: 30000/1001 is 30 × 1000/1001.
fn nominal((frames, seconds): (u64, u64)) -> (u64, u64, u64) {
    if frames.is_multiple_of(1000) && seconds == 1001 {
        (frames / 1000, 1000, seconds)
    } else {
        (frames, 1, seconds)
    }
}

/// Whether the schema takes it: SMPTE ST 12-1, `HH:MM:SS:FF`, with `;` `.` or `,` before the frames.
fn is_timecode(text: &str) -> bool {
    let bytes = text.as_bytes();
    let digits = |from: usize| bytes[from..from + 2].iter().all(u8::is_ascii_digit);
    bytes.len() == 11
        && [0, 3, 6, 9].into_iter().all(digits)
        && (bytes[2], bytes[5]) == (b':', b':')
        && b":;.,".contains(&bytes[8])
        && &text[..2] < "24"
        && bytes[3] < b'6'
        && bytes[6] < b'6'
}

/// A path as a relative reference (RFC 3986).
fn uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_as_the_schema_wants_them() {
        assert_eq!(nominal((30_000, 1001)), (30, 1000, 1001));
        assert_eq!(nominal((25, 1)), (25, 1, 1));
        assert!(is_timecode("23:59:59;29") && !is_timecode("24:00:00:00") && !is_timecode("1:00:00:00"));
        assert!(!is_timecode("00:00:00é1"));
        assert_eq!(uri("a b/ü:?.mov"), "a%20b/%C3%BC%3A%3F.mov");
    }
}
