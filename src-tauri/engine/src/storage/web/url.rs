//! URLs as catalogues and servers write them: which are followed, and which never are.

use reqwest::Url;

use super::{Fault, FaultKind};

/// Bytes of a URL; what is longer no server takes.
const LONGEST: usize = 8 * 1024;

/// A URL that is not followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct WrongUrl(pub(crate) &'static str);

/// The scheme of a text that is written as a URL (RFC 3986, section 3.1), and what comes after `://`. A
/// drive's letter is none.
pub(crate) fn scheme_of(text: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = text.split_once("://")?;
    let is_one = scheme.len() > 1
        && scheme.starts_with(|char: char| char.is_ascii_alphabetic())
        && scheme.chars().all(|char| char.is_ascii_alphanumeric() || "+-.".contains(char));
    is_one.then_some((scheme, rest))
}

/// A text that is no URL of ours, without what may be somebody's password: the last `@` of all ends it.
pub(crate) fn without_user(text: &str) -> String {
    match scheme_of(text.trim_start()) {
        Some((scheme, rest)) => match rest.rsplit_once('@') {
            Some((_, after)) => format!("{scheme}://…@{after}"),
            None => text.to_owned(),
        },
        None => text.to_owned(),
    }
}

/// Reads the URL of a file. Its fragment, which no server sees, is left out.
pub(crate) fn read(text: &str) -> Result<Url, WrongUrl> {
    let text = text.trim();
    if text.len() > LONGEST {
        return Err(WrongUrl("it is longer than a server takes"));
    }
    // A reader of URLs would drop them silently.
    if text.chars().any(char::is_control) {
        return Err(WrongUrl("it has a control character in it"));
    }
    let scheme = scheme_of(text).map(|(scheme, _)| scheme.to_ascii_lowercase());
    if !matches!(scheme.as_deref(), Some("http" | "https")) {
        return Err(WrongUrl(
            "only http:// and https:// are fetched; give the path of a file, or name what keeps it as a source",
        ));
    }
    let mut url = Url::parse(text).map_err(|_| WrongUrl("it cannot be read as a URL"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(WrongUrl(
            "a user or a password stands in it; take it out, and add a connection of the kind http for that server",
        ));
    }
    if !url.has_host() {
        return Err(WrongUrl("it names no server"));
    }
    url.set_fragment(None);
    Ok(url)
}

/// Where a redirect leads. A user in it would be sent as a secret of ours, so it is left out.
pub(super) fn follow(from: &Url, location: Option<&[u8]>) -> Result<Url, Fault> {
    let refused = |said: &str| Fault::new(FaultKind::Rejected, said);
    let location = location.and_then(|location| std::str::from_utf8(location).ok());
    let location = location.ok_or_else(|| refused("it leads elsewhere, but does not say where"))?;
    let mut to = from.join(location).map_err(|_| refused("it leads to what is no URL"))?;
    match (from.scheme(), to.scheme()) {
        (_, "https") | ("http", "http") => {}
        (_, "http") => {
            return Err(refused(
                "it leads from https:// to http://, where everybody can read and change what comes",
            ));
        }
        _ => return Err(refused("it leads to another kind of address than http:// or https://")),
    }
    if !to.has_host() || location.len() > LONGEST {
        return Err(refused("it leads to what is no URL"));
    }
    // Cannot fail where there is a host.
    let _ = to.set_username("").and_then(|()| to.set_password(None));
    to.set_fragment(None);
    Ok(to)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_the_web_are_read() {
        let plain = |text: &str| read(text).map(|url| url.to_string());
        assert_eq!(
            plain("HTTPS://Dam.Example/a b/%41.mov?x=1#top").unwrap(),
            "https://dam.example/a%20b/%41.mov?x=1"
        );
        assert_eq!(plain("http://[::1]:8080/a/../b").unwrap(), "http://[::1]:8080/b");
        for text in [
            "file:///etc/passwd",
            "ftp://host/x",
            "gopher://x",
            "http://",
            "https:///",
            "javascript:alert(1)",
            "http://u:hunter2@host/x",
            "http://u@host/x",
            "http://host/a\r\nX: y",
            "http://host:99999/",
            "a/b",
            "//host/x",
        ] {
            let error = read(text).expect_err(text).to_string();
            assert!(!error.contains("hunter2"), "{error}");
        }
        assert!(read(&format!("http://host/{}", "x".repeat(LONGEST))).is_err());
    }

    #[test]
    fn a_redirect_leads_neither_to_files_nor_into_the_open() {
        let to = |from: &str, location: &str| {
            follow(&Url::parse(from).unwrap(), Some(location.as_bytes())).map(|url| url.to_string())
        };
        assert_eq!(to("https://a/x/y", "../z?q#f").unwrap(), "https://a/z?q");
        assert_eq!(to("http://a/x", "https://b/").unwrap(), "https://b/");
        assert_eq!(to("http://a/x", "http://me:secret@b/y").unwrap(), "http://b/y");
        assert_eq!(to("https://a/x", "//b/y").unwrap(), "https://b/y");
        for location in ["http://a/x", "file:///etc/passwd", "data:,x", "https://", "ftp://a/"] {
            assert!(to("https://a/x", location).is_err(), "{location}");
        }
        assert!(follow(&Url::parse("http://a/").unwrap(), None).is_err());
        assert!(follow(&Url::parse("http://a/").unwrap(), Some(b"\xff")).is_err());
    }

    #[test]
    fn a_password_is_not_repeated() {
        assert_eq!(without_user(" ftp://u:hun@ter2@host/x"), "ftp://…@host/x");
        assert_eq!(without_user("http://u:hunter2/@host"), "http://…@host");
        assert_eq!(without_user("folder/a@b"), "folder/a@b");
    }

    #[test]
    fn a_scheme_is_no_drive() {
        assert_eq!(scheme_of("S3://b/k"), Some(("S3", "b/k")));
        for text in ["Z://x", "a/b://c", "://x", "1a://x", "Tape 1://x", "plain"] {
            assert_eq!(scheme_of(text), None, "{text}");
        }
    }
}
