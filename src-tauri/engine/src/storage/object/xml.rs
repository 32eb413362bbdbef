//! Reading what object stores answer: flat XML, of which only the leaves' texts matter.

use quick_xml::Reader;
use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::Event;

/// An answer that is no XML, or not the one that was expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the answer cannot be read: {0}")]
pub(super) struct Unreadable(pub(super) String);

/// Elements within each other; an answer with more is hostile.
const DEEPEST: usize = 16;

/// One step through an answer.
pub(super) enum Step<'a> {
    /// `is_encoded`: its text is spelt as in URLs, because XML cannot hold all of it (Azure).
    Begin { name: &'a str, is_encoded: bool },
    /// The end of an element, with the text right in it.
    End(&'a str, String),
}

/// Goes through an answer. Ends early where `take` gives false. Prefixes of names are left out.
pub(super) fn walk(text: &str, take: &mut dyn FnMut(Step) -> bool) -> Result<(), Unreadable> {
    let mut reader = Reader::from_str(text);
    let mut open: Vec<(String, String)> = Vec::new();
    loop {
        let event = reader.read_event().map_err(|error| Unreadable(error.to_string()))?;
        match event {
            Event::Eof => {
                let whole = open.is_empty();
                return if whole { Ok(()) } else { Err(Unreadable("it ends in the middle".into())) };
            }
            Event::Start(start) => {
                if open.len() >= DEEPEST {
                    return Err(Unreadable("its elements lie too deep".into()));
                }
                let name = start.local_name().as_ref().to_owned();
                let encoded = start.try_get_attribute("Encoded");
                let encoded = encoded.map_err(|error| Unreadable(error.to_string()))?;
                let is_encoded = encoded.is_some_and(|encoded| encoded.value.as_ref() == "true");
                if !take(Step::Begin { name: &name, is_encoded }) {
                    return Ok(());
                }
                open.push((name, String::new()));
            }
            Event::Empty(start) => {
                let name = start.local_name().as_ref().to_owned();
                if !take(Step::Begin { name: &name, is_encoded: false })
                    || !take(Step::End(&name, String::new()))
                {
                    return Ok(());
                }
            }
            Event::End(_) => {
                if let Some((name, text)) = open.pop()
                    && !take(Step::End(&name, text))
                {
                    return Ok(());
                }
            }
            Event::Text(text) => {
                if let Some((_, held)) = open.last_mut() {
                    held.push_str(&text);
                }
            }
            Event::CData(text) => {
                if let Some((_, held)) = open.last_mut() {
                    held.push_str(&text);
                }
            }
            Event::GeneralRef(reference) => {
                let name = reference.to_string();
                let char = reference.resolve_char_ref().map_err(|error| Unreadable(error.to_string()))?;
                if let Some((_, held)) = open.last_mut() {
                    match (char, resolve_xml_entity(&name)) {
                        (Some(char), _) => held.push(char),
                        (None, Some(known)) => held.push_str(known),
                        (None, None) => return Err(Unreadable(format!("it names the entity {name}"))),
                    }
                }
            }
            _ => {}
        }
    }
}

/// The text of the first element of that name.
pub(super) fn text_of(text: &str, wanted: &str) -> Option<String> {
    let mut found = None;
    let walked = walk(text, &mut |step| {
        if let Step::End(name, text) = step
            && name == wanted
        {
            found = Some(text);
            return false;
        }
        true
    });
    walked.ok()?;
    found
}
