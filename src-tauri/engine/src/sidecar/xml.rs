//! XML in memory, each text escaped and without characters that XML cannot hold.

use std::borrow::Cow;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesPI, BytesStart, BytesText, Event};

/// An element's attributes, by name.
pub(super) type Attributes<'a> = &'a [(&'a str, &'a str)];

/// A document under way.
pub(super) struct Xml(Writer<Vec<u8>>);

impl Xml {
    /// A document with its declaration.
    pub(super) fn document() -> Self {
        let mut xml = Self::fragment();
        xml.write(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)));
        xml
    }

    /// One without.
    pub(super) fn fragment() -> Self {
        Self(Writer::new_with_indent(Vec::new(), b' ', 2))
    }

    pub(super) fn open(&mut self, name: &str, attributes: Attributes) {
        self.write(Event::Start(start(name, attributes)));
    }

    pub(super) fn close(&mut self, name: &str) {
        self.write(Event::End(BytesEnd::new(name)));
    }

    pub(super) fn empty(&mut self, name: &str, attributes: Attributes) {
        self.write(Event::Empty(start(name, attributes)));
    }

    /// An element with a text.
    pub(super) fn text(&mut self, name: &str, attributes: Attributes, text: &str) {
        self.open(name, attributes);
        self.write(Event::Text(BytesText::new(&clean(text))));
        self.close(name);
    }

    /// The same, where there is a text.
    pub(super) fn maybe(&mut self, name: &str, attributes: Attributes, text: Option<impl AsRef<str>>) {
        if let Some(text) = text {
            self.text(name, attributes, text.as_ref());
        }
    }

    /// An element in an element, for each text.
    pub(super) fn nested(&mut self, path: &[&str], texts: &[String]) {
        let Some((last, outer)) = path.split_last() else { return };
        for text in texts {
            outer.iter().for_each(|name| self.open(name, &[]));
            self.text(last, &[], text);
            outer.iter().rev().for_each(|name| self.close(name));
        }
    }

    pub(super) fn instruction(&mut self, content: &str) {
        self.write(Event::PI(BytesPI::new(content)));
    }

    pub(super) fn end(self) -> Vec<u8> {
        let mut bytes = self.0.into_inner();
        bytes.push(b'\n');
        bytes
    }

    fn write(&mut self, event: Event<'_>) {
        // Memory takes everything.
        let _ = self.0.write_event(event);
    }
}

fn start<'a>(name: &'a str, attributes: Attributes) -> BytesStart<'a> {
    let mut start = BytesStart::new(name);
    for (name, value) in attributes {
        start.push_attribute((*name, clean(value).as_ref()));
    }
    start
}

/// The text with a visible sign for each character that XML 1.0 cannot hold (section 2.2): a control
/// picture (U+2400…) for a control character, U+FFFD for what is no character.
fn clean(text: &str) -> Cow<'_, str> {
    let sign = |char| match char {
        '\t' | '\n' | '\r' => None,
        '\0'..='\u{1f}' => char::from_u32(0x2400 + char as u32),
        '\u{fffe}' | '\u{ffff}' => Some(char::REPLACEMENT_CHARACTER),
        _ => None,
    };
    if text.chars().all(|char| sign(char).is_none()) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(|char| sign(char).unwrap_or(char)).collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use quick_xml::Reader;

    use super::*;

    fn read_back(xml: &[u8]) -> (String, String) {
        let mut reader = Reader::from_reader(xml);
        let (mut attribute, mut text) = (String::new(), String::new());
        loop {
            match reader.read_event_into(&mut Vec::new()).unwrap() {
                Event::Start(start) if attribute.is_empty() => {
                    let value = start.attributes().next().unwrap().unwrap();
                    attribute =
                        value.normalized_value(quick_xml::XmlVersion::Implicit1_0).unwrap().into_owned();
                }
                Event::Text(part) => {
                    text.push_str(part.xml_content(quick_xml::XmlVersion::Implicit1_0).as_ref())
                }
                Event::GeneralRef(name) => {
                    let escaped = format!("&{};", &*name);
                    text.push_str(&quick_xml::escape::unescape(&escaped).unwrap());
                }
                Event::Eof => return (attribute, text),
                _ => {}
            }
        }
    }

    proptest! {
        #[test]
        fn every_text_that_xml_can_hold_is_read_back(text in "([<>&'\"\r\n\t ;]|\\]\\]>|<!--|&amp;|[a-zé🎬\u{85}\u{2028}]){1,12}") {
            let mut xml = Xml::fragment();
            xml.text("a", &[("b", &text)], &text);
            let (attribute, read) = read_back(&xml.end());
            prop_assert_eq!(&attribute, &text);
            prop_assert_eq!(read.trim_end_matches('\n'), text.trim_end_matches('\n'));
        }
    }

    #[test]
    fn what_xml_cannot_hold_stays_visible() {
        assert_eq!(clean("a\0b\u{b}c\u{1b}\u{fffe}\t"), "a␀b␋c␛\u{fffd}\t");
    }
}
