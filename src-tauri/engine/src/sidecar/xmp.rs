//! An XMP packet (ISO 16684-1): Dublin Core, XMP basic, XMP dynamic media and TIFF where they have a
//! place for it, and a namespace of Sluice's own for the rest. Fields are kept there as pairs of name
//! and value, whether a term has them or not.

use super::described::Described;
use super::dublin_core::DC;
use super::pbcore::decimal;
use super::xml::Xml;
use crate::spec::Term;

/// Names in Sluice's own namespace.
const SLUICE: &str = "urn:x-sluice:xmp:1.0:";

pub(super) fn write(described: &Described) -> Vec<u8> {
    let mut xml = Xml::fragment();
    // Part 1, 7.3.2: the byte-order mark tells the encoding, the id that this is a packet.
    xml.instruction("xpacket begin=\"\u{feff}\" id=\"W5M0MpCehiHzreSzNTczkc9d\"");
    xml.open("x:xmpmeta", &[("xmlns:x", "adobe:ns:meta/")]);
    xml.open("rdf:RDF", &[("xmlns:rdf", "http://www.w3.org/1999/02/22-rdf-syntax-ns#")]);
    xml.open(
        "rdf:Description",
        &[
            ("rdf:about", ""),
            ("xmlns:dc", DC),
            ("xmlns:xmp", "http://ns.adobe.com/xap/1.0/"),
            ("xmlns:xmpDM", "http://ns.adobe.com/xmp/1.0/DynamicMedia/"),
            ("xmlns:stDim", "http://ns.adobe.com/xap/1.0/sType/Dimensions#"),
            ("xmlns:tiff", "http://ns.adobe.com/tiff/1.0/"),
            ("xmlns:sluice", SLUICE),
        ],
    );
    terms(&mut xml, described);
    xml.maybe("dc:format", &[], described.media_type());
    xml.maybe("xmp:CreateDate", &[], described.tech("created").filter(|date| is_date(date)));
    if described.kind() == "image" {
        let number = |name| described.tech_number(name).map(|number| number.to_string());
        xml.maybe("tiff:ImageWidth", &[], number("width"));
        xml.maybe("tiff:ImageLength", &[], number("height"));
    } else {
        dynamic(&mut xml, described);
    }
    file(&mut xml, described);
    xml.close("rdf:Description");
    xml.close("rdf:RDF");
    xml.close("x:xmpmeta");
    xml.instruction("xpacket end=\"w\"");
    xml.end()
}

/// Dublin Core, in the forms that XMP gives its properties (Part 1, 8.3).
fn terms(xml: &mut Xml, described: &Described) {
    for (term, kind) in [
        (Term::Title, "Alt"),
        (Term::Description, "Alt"),
        (Term::Rights, "Alt"),
        (Term::Creator, "Seq"),
        (Term::Subject, "Bag"),
        (Term::Publisher, "Bag"),
        (Term::Contributor, "Bag"),
        (Term::Language, "Bag"),
        (Term::Type, "Bag"),
        (Term::Relation, "Bag"),
    ] {
        let values: Vec<&str> = described.all(term).iter().map(String::as_str).collect();
        list(xml, &format!("dc:{}", term.name()), kind, &values);
    }
    let (dates, others): (Vec<&str>, Vec<&str>) =
        described.all(Term::Date).iter().map(String::as_str).partition(|date| is_date(date));
    list(xml, "dc:date", "Seq", &dates);
    // "About 1954" is a date for a librarian, but none for XMP.
    list(xml, "sluice:date", "Bag", &others);
    for term in [Term::Identifier, Term::Source, Term::Coverage] {
        let values = described.all(term);
        xml.maybe(&format!("dc:{}", term.name()), &[], (!values.is_empty()).then(|| values.join("; ")));
    }
}

/// Moving pictures and sound.
fn dynamic(xml: &mut Xml, described: &Described) {
    xml.maybe("xmpDM:videoCompressor", &[], described.tech("video_codec"));
    xml.maybe("xmpDM:videoFrameRate", &[], described.frame_rate().map(decimal));
    if let Some((width, height)) = described.tech_number("width").zip(described.tech_number("height")) {
        xml.open("xmpDM:videoFrameSize", &[("rdf:parseType", "Resource")]);
        xml.text("stDim:w", &[], &width.to_string());
        xml.text("stDim:h", &[], &height.to_string());
        xml.text("stDim:unit", &[], "pixel");
        xml.close("xmpDM:videoFrameSize");
    }
    xml.maybe("xmpDM:audioCompressor", &[], described.tech("audio_codec"));
    xml.maybe(
        "xmpDM:audioSampleRate",
        &[],
        described.tech_number("sample_rate").map(|rate| rate.to_string()),
    );
    xml.maybe("xmpDM:audioChannelType", &[], channels(described.tech_number("channels")));
    if let Some(seconds) = described.duration() {
        xml.open("xmpDM:duration", &[("rdf:parseType", "Resource")]);
        xml.text("xmpDM:value", &[], &((seconds * 1000.0).round() as u64).to_string());
        xml.text("xmpDM:scale", &[], "1/1000");
        xml.close("xmpDM:duration");
    }
    if let Some(timecode) = described.tech("timecode")
        && let Some(format) = timecode_format(&timecode, described.frame_rate())
    {
        xml.open("xmpDM:startTimecode", &[("rdf:parseType", "Resource")]);
        xml.text("xmpDM:timeFormat", &[], format);
        xml.text("xmpDM:timeValue", &[], &timecode);
        xml.close("xmpDM:startTimecode");
    }
}

/// What Sluice knows of the file, and its fields.
fn file(xml: &mut Xml, described: &Described) {
    xml.maybe("sluice:sourcePath", &[], described.fact("path"));
    xml.text("sluice:path", &[], described.target());
    xml.text("sluice:size", &[], &described.size());
    if let Some((algorithm, hash)) = described.hash() {
        xml.text("sluice:hash", &[], &format!("{algorithm}:{hash}"));
    }
    xml.text("sluice:evidence", &[], described.evidence);
    let mut fields = described.fields().peekable();
    if fields.peek().is_some() {
        xml.open("sluice:fields", &[]);
        xml.open("rdf:Bag", &[]);
        for (name, value) in fields {
            xml.open("rdf:li", &[("rdf:parseType", "Resource")]);
            xml.text("sluice:name", &[], name);
            xml.text("sluice:value", &[], &value);
            xml.close("rdf:li");
        }
        xml.close("rdf:Bag");
        xml.close("sluice:fields");
    }
}

fn list(xml: &mut Xml, name: &str, kind: &str, values: &[&str]) {
    if values.is_empty() {
        return;
    }
    let kind = format!("rdf:{kind}");
    xml.open(name, &[]);
    xml.open(&kind, &[]);
    for (at, value) in values.iter().enumerate() {
        match kind.as_str() {
            // Alternatives differ in their language, and only one of them can be the default.
            "rdf:Alt" if at == 0 => xml.text("rdf:li", &[("xml:lang", "x-default")], value),
            "rdf:Alt" => xml.text("rdf:li", &[("xml:lang", &format!("x-{at}"))], value),
            _ => xml.text("rdf:li", &[], value),
        }
    }
    xml.close(&kind);
    xml.close(name);
}

/// Whether it is a date of XMP (Part 1, 8.2.1.2): year, month, day, or a moment of ISO 8601.
fn is_date(text: &str) -> bool {
    let digits =
        |part: &str, count: usize| part.len() == count && part.bytes().all(|byte| byte.is_ascii_digit());
    let parts: Vec<&str> = text.splitn(3, '-').collect();
    match parts.as_slice() {
        [year] => digits(year, 4),
        [year, month] => digits(year, 4) && digits(month, 2) && ("01"..="12").contains(month),
        _ if text.len() == 10 => text.parse::<jiff::civil::Date>().is_ok(),
        _ => {
            text.as_bytes().get(10) == Some(&b'T')
                && (text.parse::<jiff::Timestamp>().is_ok() || text.parse::<jiff::civil::DateTime>().is_ok())
        }
    }
}

/// A word of XMP's closed list (Part 2, xmpDM:audioChannelType).
fn channels(channels: Option<u64>) -> Option<&'static str> {
    match channels? {
        1 => Some("Mono"),
        2 => Some("Stereo"),
        6 => Some("5.1"),
        8 => Some("7.1"),
        16 => Some("16 Channel"),
        _ => Some("Other"),
    }
}

/// A word of XMP's closed list (Part 2, xmpDM:timeFormat).
fn timecode_format(timecode: &str, rate: Option<(u64, u64)>) -> Option<&'static str> {
    let drops = timecode.contains(';');
    Some(match rate? {
        (24, 1) => "24Timecode",
        (25, 1) => "25Timecode",
        (30_000, 1001) if drops => "2997DropTimecode",
        (30_000, 1001) => "2997NonDropTimecode",
        (30, 1) => "30Timecode",
        (50, 1) => "50Timecode",
        (60_000, 1001) if drops => "5994DropTimecode",
        (60_000, 1001) => "5994NonDropTimecode",
        (60, 1) => "60Timecode",
        (24_000, 1001) => "23976Timecode",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_dates_of_xmp_pass_for_dates() {
        for date in [
            "1954",
            "1954-03",
            "1954-03-01",
            "2026-11-25T10:00:00Z",
            "2026-11-25T10:00:00+01:00",
            "2026-11-25T10:00",
        ] {
            assert!(is_date(date), "{date}");
        }
        for no_date in
            ["", "ca. 1954", "1954-13", "1954-02-30", "54", "1954/55", "2026-11-25 10:00", "é954-01-01"]
        {
            assert!(!is_date(no_date), "{no_date}");
        }
    }
}
