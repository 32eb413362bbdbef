//! What a file behind a URL is called: by the URL's own path, or by what the server says.

use percent_encoding::percent_decode;
use reqwest::Url;

use crate::record::RawPath;

/// The prefix of sources whose paths are URLs. No folder has such a name, so none is taken for it.
pub(crate) const PREFIX: &[u8] = b"//";

/// A URL as a path: its folders and its name, decoded. Host and query are no part of it. What would be no
/// name when decoded stays as it is written.
pub(crate) fn path_of(url: &RawPath) -> RawPath {
    let text = String::from_utf8_lossy(&url.0);
    let Ok(url) = Url::parse(&text) else { return RawPath(text.replace("//", "/").into_bytes()) };
    let parts: Vec<Vec<u8>> =
        url.path().split('/').filter(|part| !part.is_empty()).map(|part| decoded(part.as_bytes())).collect();
    if parts.is_empty() {
        return RawPath(url.host_str().unwrap_or("index").as_bytes().to_vec());
    }
    RawPath(parts.join(&b'/'))
}

fn decoded(part: &[u8]) -> Vec<u8> {
    let plain: Vec<u8> = percent_decode(part).collect();
    let is_name = !matches!(plain.as_slice(), b"." | b"..")
        && !plain.iter().any(|byte| *byte == b'/' || byte.is_ascii_control());
    if is_name { plain } else { part.to_vec() }
}

/// The path with another name in the same folder.
pub(crate) fn renamed(path: &RawPath, name: &[u8]) -> RawPath {
    let folder = &path.0[..path.0.len() - path.file_name().len()];
    RawPath([folder, name].concat())
}

/// The file name in a `Content-Disposition` (RFC 6266; `filename*` by RFC 5987, which comes first). Only
/// the name itself is taken: no folder before it, no control characters. None: there is none.
pub(crate) fn of_disposition(header: &[u8]) -> Option<Vec<u8>> {
    let (mut plain, mut extended) = (None, None);
    for (name, value) in parameters(header) {
        match name.as_slice() {
            b"filename*" => extended = extended.or_else(|| of_extended(&value)),
            b"filename" => plain = plain.or(Some(value)),
            _ => {}
        }
    }
    extended.and_then(|name| bare(&name)).or_else(|| plain.and_then(|name| bare(&of_bytes(name))))
}

/// Name (in lower case) and value of each parameter. Quotes may hold semicolons, and escape with `\`.
fn parameters(header: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut parameters = Vec::new();
    let mut bytes = header.iter().copied().skip_while(|byte| *byte != b';').skip(1).peekable();
    while bytes.peek().is_some() {
        let (mut name, mut value) = (Vec::new(), Vec::new());
        while let Some(byte) = bytes.next_if(|byte| !matches!(byte, b'=' | b';')) {
            name.push(byte.to_ascii_lowercase());
        }
        if bytes.next_if_eq(&b'=').is_some() {
            while bytes.next_if(u8::is_ascii_whitespace).is_some() {}
            if bytes.next_if_eq(&b'"').is_some() {
                while let Some(byte) = bytes.next().filter(|byte| *byte != b'"') {
                    // Browsers of old send folders of Windows without escaping them: a \ before anything but
                    // a quote or itself is meant.
                    match byte {
                        b'\\' => match bytes.next_if(|next| matches!(next, b'"' | b'\\')) {
                            Some(escaped) => value.push(escaped),
                            None => value.push(byte),
                        },
                        byte => value.push(byte),
                    }
                }
            }
            let rest: Vec<u8> = std::iter::from_fn(|| bytes.next_if(|byte| *byte != b';')).collect();
            if value.is_empty() {
                value.extend_from_slice(rest.trim_ascii());
            }
        }
        bytes.next_if_eq(&b';');
        parameters.push((name.trim_ascii().to_vec(), value));
    }
    parameters
}

/// `UTF-8'en'na%C3%AFve.mov`. None: an encoding that nobody may use there.
fn of_extended(value: &[u8]) -> Option<Vec<u8>> {
    let mut parts = value.splitn(3, |byte| *byte == b'\'');
    let (charset, _language, encoded) = (parts.next()?, parts.next()?, parts.next()?);
    let bytes: Vec<u8> = percent_decode(encoded).collect();
    if charset.eq_ignore_ascii_case(b"utf-8") {
        return String::from_utf8(bytes).ok().map(String::into_bytes);
    }
    charset.eq_ignore_ascii_case(b"iso-8859-1").then(|| of_latin(&bytes))
}

/// Servers write plain names in UTF-8, whatever the standard says; else it is the standard's ISO 8859-1.
fn of_bytes(name: Vec<u8>) -> Vec<u8> {
    if std::str::from_utf8(&name).is_ok() { name } else { of_latin(&name) }
}

fn of_latin(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().map(|byte| char::from(*byte)).collect::<String>().into_bytes()
}

/// The name without folders and what cannot be seen. None: nothing is left that could be one.
fn bare(name: &[u8]) -> Option<Vec<u8>> {
    let last = name.rsplit(|byte| matches!(byte, b'/' | b'\\')).next()?;
    let name: Vec<u8> = last.iter().copied().filter(|byte| !byte.is_ascii_control()).collect();
    let name = name.trim_ascii();
    (!matches!(name, b"" | b"." | b"..")).then(|| name.to_vec())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn path(url: &str) -> String {
        path_of(&RawPath(url.as_bytes().to_vec())).to_string()
    }

    #[test]
    fn a_url_gives_folders_and_a_name() {
        assert_eq!(path("https://dam.example/a/Z%C3%BCrich%20-%201.mov?sig=x"), "a/Zürich - 1.mov");
        assert_eq!(path("https://dam.example//a//b.mov"), "a/b.mov");
        assert_eq!(path("https://dam.example/a%2F..%2Fb/%2e%2e/c"), "c");
        assert_eq!(path("https://dam.example/a%2Fb%00/c"), "a%2Fb%00/c");
        assert_eq!(path("https://dam.example/a%0Ab"), "a%0Ab");
        assert_eq!(path("https://dam.example/"), "dam.example");
        assert_eq!(path("https://dam.example/get?id=5"), "get");
    }

    fn name(header: &str) -> Option<String> {
        of_disposition(header.as_bytes()).map(|name| String::from_utf8(name).unwrap())
    }

    #[test]
    fn a_server_tells_the_name_in_many_ways() {
        let is =
            |header: &str, expected: &str| assert_eq!(name(header).as_deref(), Some(expected), "{header}");
        is("attachment; filename=plain.mov", "plain.mov");
        is("Attachment;FileName=\"a; b \\\"c\\\".mov\" ; x=y", "a; b \"c\".mov");
        is("attachment; filename=\"EURO.txt\"; filename*=UTF-8''%e2%82%ac%20rates.txt", "€ rates.txt");
        is("attachment; filename*=iso-8859-1'en'%A3.txt", "£.txt");
        is("attachment; filename*=koi8-r''%A3.txt; filename=plan-b.txt", "plan-b.txt");
        is("attachment; filename*=UTF-8''%ff; filename=plan-b.txt", "plan-b.txt");
        is("inline; filename=\"ü.mov\"", "ü.mov");
        is("attachment; filename=\"../../etc/passwd\"", "passwd");
        is("attachment; filename=\"C:\\temp\\clip.mov\"", "clip.mov");
        is("attachment; filename*=UTF-8''..%2F..%2Fx%0A.mov", "x.mov");
        assert_eq!(of_disposition(b"attachment; filename=\"\xfc.mov\"").unwrap(), "ü.mov".as_bytes());
        for none in [
            "",
            "inline",
            "attachment;",
            "attachment; filename=",
            "attachment; filename=\"..\"",
            "filename=x",
        ] {
            assert_eq!(name(none), None, "{none}");
        }
    }

    proptest! {
        #[test]
        fn whatever_a_server_says_is_one_safe_name(header: Vec<u8>, tail in "[;=\"'\\\\/.%a-f0-9* ]{0,40}") {
            for header in [header, format!("attachment; filename{tail}").into_bytes()] {
                if let Some(name) = of_disposition(&header) {
                    prop_assert!(!name.is_empty() && name != b"." && name != b"..");
                    prop_assert!(!name.iter().any(|byte| *byte == b'/' || byte.is_ascii_control()));
                }
            }
        }

        #[test]
        fn whatever_a_url_says_stays_below(rest in "[a-z/.%0-9A-F\\\\?#:@]{0,40}") {
            let path = path_of(&RawPath(format!("http://host/{rest}").into_bytes()));
            for part in path.0.split(|byte| *byte == b'/') {
                prop_assert!(!matches!(part, b"" | b"." | b".."), "{path}");
                prop_assert!(!part.iter().any(u8::is_ascii_control), "{path}");
            }
        }
    }
}
