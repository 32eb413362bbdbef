//! Dublin Core in the form of OAI-PMH: http://www.openarchives.org/OAI/2.0/oai_dc.xsd, which takes the
//! fifteen elements in any order. It has no place for other fields.

use super::described::Described;
use super::terms::ALL;
use super::xml::Xml;

pub(super) const DC: &str = "http://purl.org/dc/elements/1.1/";
pub(super) const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";

pub(super) fn write(described: &Described) -> Vec<u8> {
    let mut xml = Xml::document();
    xml.open(
        "oai_dc:dc",
        &[
            ("xmlns:oai_dc", "http://www.openarchives.org/OAI/2.0/oai_dc/"),
            ("xmlns:dc", DC),
            ("xmlns:xsi", XSI),
            (
                "xsi:schemaLocation",
                "http://www.openarchives.org/OAI/2.0/oai_dc/ http://www.openarchives.org/OAI/2.0/oai_dc.xsd",
            ),
        ],
    );
    for term in ALL {
        xml.nested(&[&format!("dc:{}", term.name())], described.all(term));
    }
    xml.text("dc:identifier", &[], described.target());
    xml.maybe("dc:format", &[], described.media_type());
    xml.text("dc:format", &[], &format!("{} bytes", described.size()));
    xml.close("oai_dc:dc");
    xml.end()
}
