//! PBCore 2.1, one `pbcoreDescriptionDocument`: http://pbcore.org/xsd. The schema wants its elements
//! in this order, with at least one identifier, title and description, and a location.
//!
//! Fields are kept in `pbcoreExtension`, whether a term has them or not.

use super::described::Described;
use super::dublin_core::XSI;
use super::xml::Xml;
use crate::spec::Term;

const NAMESPACE: &str = "http://www.pbcore.org/PBCore/PBCoreNamespace.html";
const SCHEMA: &str = "http://www.pbcore.org/PBCore/PBCoreNamespace.html https://raw.githubusercontent.com/WGBH/PBCore_2.1/master/pbcore-2.1.xsd";

pub(super) fn write(described: &Described) -> Vec<u8> {
    let mut xml = Xml::document();
    let root = "pbcoreDescriptionDocument";
    xml.open(root, &[("xmlns", NAMESPACE), ("xmlns:xsi", XSI), ("xsi:schemaLocation", SCHEMA)]);
    xml.nested(&["pbcoreAssetType"], described.all(Term::Type));
    xml.nested(&["pbcoreAssetDate"], described.all(Term::Date));
    let identifiers = described.all(Term::Identifier);
    for identifier in identifiers {
        xml.text("pbcoreIdentifier", &[("source", "catalogue")], identifier);
    }
    if identifiers.is_empty() {
        xml.text("pbcoreIdentifier", &[("source", "file path")], described.target());
    }
    xml.nested(&["pbcoreTitle"], described.all(Term::Title));
    xml.nested(&["pbcoreSubject"], described.all(Term::Subject));
    xml.nested(&["pbcoreDescription"], described.all(Term::Description));
    if described.all(Term::Description).is_empty() {
        xml.empty("pbcoreDescription", &[]);
    }
    for relation in described.all(Term::Relation) {
        xml.open("pbcoreRelation", &[]);
        xml.text("pbcoreRelationType", &[], "Is Part Of");
        xml.text("pbcoreRelationIdentifier", &[], relation);
        xml.close("pbcoreRelation");
    }
    xml.nested(&["pbcoreCoverage", "coverage"], described.all(Term::Coverage));
    xml.nested(&["pbcoreCreator", "creator"], described.all(Term::Creator));
    xml.nested(&["pbcoreContributor", "contributor"], described.all(Term::Contributor));
    xml.nested(&["pbcorePublisher", "publisher"], described.all(Term::Publisher));
    xml.nested(&["pbcoreRightsSummary", "rightsSummary"], described.all(Term::Rights));
    instantiation(&mut xml, described);
    for source in described.all(Term::Source) {
        xml.text("pbcoreAnnotation", &[("annotationType", "source")], source);
    }
    for language in described.all(Term::Language).iter().filter(|language| !is_code(language)) {
        xml.text("pbcoreAnnotation", &[("annotationType", "language")], language);
    }
    let mut fields = described.fields().peekable();
    if fields.peek().is_some() {
        xml.open("pbcoreExtension", &[]);
        for (name, value) in fields {
            xml.open("extensionWrap", &[("source", "catalogue")]);
            xml.text("extensionElement", &[], name);
            xml.text("extensionValue", &[], &value);
            xml.close("extensionWrap");
        }
        xml.close("pbcoreExtension");
    }
    xml.close(root);
    xml.end()
}

/// The delivered file.
fn instantiation(xml: &mut Xml, described: &Described) {
    let units = |unit: &'static str| [("unitsOfMeasure", unit)];
    xml.open("pbcoreInstantiation", &[]);
    xml.text("instantiationIdentifier", &[("source", "file name")], described.file_name());
    if let Some((algorithm, hash)) = described.hash() {
        xml.text("instantiationIdentifier", &[("source", algorithm)], hash);
    }
    xml.maybe("instantiationDate", &[("dateType", "created")], described.tech("created"));
    xml.maybe("instantiationDigital", &[], described.media_type());
    xml.maybe("instantiationStandard", &[], described.tech("container"));
    xml.text("instantiationLocation", &[], described.target());
    xml.maybe("instantiationMediaType", &[], media_type(&described.kind()));
    xml.text("instantiationFileSize", &units("bytes"), &described.size());
    xml.maybe("instantiationTimeStart", &[], described.tech("timecode"));
    xml.maybe("instantiationDuration", &[], described.duration().map(clock));
    xml.maybe("instantiationDataRate", &units("bits/second"), described.tech("bit_rate"));
    let languages: Vec<&str> = described
        .all(Term::Language)
        .iter()
        .map(String::as_str)
        .filter(|language| is_code(language))
        .collect();
    xml.maybe("instantiationLanguage", &[], (!languages.is_empty()).then(|| languages.join(";")));
    let frame_size = described
        .tech_number("width")
        .zip(described.tech_number("height"))
        .map(|(width, height)| format!("{width}x{height}"));
    let video = described.tech("video_codec");
    if video.is_some() || frame_size.is_some() {
        let kind = if described.kind() == "image" { "Image" } else { "Video" };
        xml.open("instantiationEssenceTrack", &[]);
        xml.text("essenceTrackType", &[], kind);
        xml.maybe("essenceTrackEncoding", &[], video);
        xml.maybe("essenceTrackFrameRate", &units("fps"), described.frame_rate().map(decimal));
        xml.maybe("essenceTrackFrameSize", &units("pixels"), frame_size);
        for name in ["pixel_format", "color_space", "color_primaries", "color_transfer"] {
            xml.maybe("essenceTrackAnnotation", &[("annotationType", name)], described.tech(name));
        }
        xml.close("instantiationEssenceTrack");
    }
    if let Some(audio) = described.tech("audio_codec") {
        xml.open("instantiationEssenceTrack", &[]);
        xml.text("essenceTrackType", &[], "Audio");
        xml.text("essenceTrackEncoding", &[], &audio);
        xml.maybe("essenceTrackSamplingRate", &units("hertz"), described.tech("sample_rate"));
        xml.maybe("essenceTrackAnnotation", &[("annotationType", "channels")], described.tech("channels"));
        xml.close("instantiationEssenceTrack");
    }
    xml.text("instantiationAnnotation", &[("annotationType", "evidence of delivery")], described.evidence);
    xml.close("pbcoreInstantiation");
}

/// A term of PBCore's vocabulary of media types.
fn media_type(kind: &str) -> Option<&'static str> {
    match kind {
        "video" => Some("Moving Image"),
        "audio" => Some("Sound"),
        "image" => Some("Static Image"),
        "text" => Some("Text"),
        _ => None,
    }
}

/// Whether it is a code of ISO 639-2, the only languages that PBCore's element takes.
fn is_code(language: &str) -> bool {
    language.len() == 3 && language.bytes().all(|byte| byte.is_ascii_lowercase())
}

/// Seconds as `HH:MM:SS.mmm`.
fn clock(seconds: f64) -> String {
    let millis = (seconds * 1000.0).round() as u64;
    let (whole, millis) = (millis / 1000, millis % 1000);
    format!("{:02}:{:02}:{:02}.{millis:03}", whole / 3600, whole / 60 % 60, whole % 60)
}

/// A fraction with at most three decimals.
pub(super) fn decimal((above, below): (u64, u64)) -> String {
    if above.is_multiple_of(below) {
        return (above / below).to_string();
    }
    format!("{:.3}", above as f64 / below as f64).trim_end_matches('0').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_the_schema_says() {
        assert_eq!(clock(3661.0015), "01:01:01.002");
        assert_eq!(decimal((25, 1)), "25");
        assert_eq!(decimal((30_000, 1001)), "29.97");
        assert!(is_code("deu") && !is_code("de") && !is_code("Deu"));
    }
}
