//! Changing failed records before they are tried again: one by hand, or many by a rule.

use crate::api::{Amendment, AmendmentPreview, Order, RecordChange, RowProblem, Selection, ValueChange};
use crate::checkpoint::Place;
use crate::error::Error;
use crate::record::{RawPath, show_text};
use crate::report::failures::{source_of, value_text};
use crate::session::Session;
use crate::storage::local::platform;

/// Records before and after that a preview shows.
const EXAMPLES: usize = 20;

/// Chosen records among which a preview looks for them.
const PREVIEWED: usize = 20_000;

/// Changes failed records before they are tried again.
pub(crate) async fn amend(
    session: &Session,
    selection: &Selection,
    amendment: &Amendment,
) -> Result<u64, Error> {
    let rule = PathRule::of(selection, amendment)?;
    Ok(session.checkpoint.amend(selection, amendment, |known| rule.applied(known)?.ok()).await?)
}

/// What an amendment would do.
pub(crate) async fn preview(
    session: &Session,
    selection: &Selection,
    amendment: &Amendment,
) -> Result<AmendmentPreview, Error> {
    let rule = PathRule::of(selection, amendment)?;
    let (chosen, changed) =
        session.checkpoint.count_amended(selection, &rule, !amendment.fields.is_empty()).await?;
    let mut preview = AmendmentPreview { chosen, changed, ..AmendmentPreview::default() };
    let roots = session.job().roots();
    let mut place = Place::first(1000);
    let mut looked_at = 0;
    while looked_at < PREVIEWED {
        let (page, next) = session.checkpoint.failed_page(selection, Order::default(), place).await?;
        looked_at += page.len();
        for (record, _) in &page {
            if preview.examples.len() + preview.refused.len() == EXAMPLES {
                return Ok(preview);
            }
            let source = source_of(&roots, record.source, &record.path);
            let mut changes = Vec::new();
            match rule.applied(&record.path) {
                Some(Ok(path)) if path != record.path => changes.push(ValueChange {
                    what: "path".into(),
                    from: Some(record.path.to_string()),
                    to: Some(path.to_string()),
                }),
                Some(Err(why)) => {
                    preview.refused.push(RowProblem { place: source, message: why });
                    continue;
                }
                _ => {}
            }
            for (name, value) in &amendment.fields {
                changes.push(ValueChange {
                    what: format!("field {}", show_text(name)),
                    from: record.fields.get(name).map(|value| show_text(&value_text(value))),
                    to: (!value.is_null()).then(|| show_text(&value_text(value))),
                });
            }
            if !changes.is_empty() {
                preview.examples.push(RecordChange { id: record.id, source, changes, again: true });
            }
        }
        let Some(next) = next else { break };
        place = Place::after(next, 1000);
    }
    Ok(preview)
}

/// How an amendment changes paths.
pub(crate) enum PathRule<'a> {
    Stays,
    Becomes(RawPath),
    Prefix(&'a str, &'a str),
    Replace(&'a str, &'a str),
}

impl<'a> PathRule<'a> {
    fn of(selection: &Selection, amendment: &'a Amendment) -> Result<Self, Error> {
        let refused = |why: &str| Error::Amendment { why: why.into() };
        match (&amendment.path, &amendment.prefix, &amendment.replace) {
            (None, None, None) => Ok(Self::Stays),
            (Some(path), None, None) if selection.ids.len() == 1 => Ok(Self::Becomes(checked(path)?)),
            (Some(_), None, None) => {
                Err(refused("a path can be given to one record only; name it by its number"))
            }
            (None, Some((from, to)), None) => {
                if !to.is_empty() {
                    checked(to.trim_end_matches('/'))?;
                }
                Ok(Self::Prefix(from, to))
            }
            (None, None, Some((find, _))) if find.is_empty() => {
                Err(refused("say which text of the path is to be replaced"))
            }
            (None, None, Some((find, by))) => Ok(Self::Replace(find, by)),
            _ => Err(refused("a path is changed in one way at a time: anew, its beginning, or a text in it")),
        }
    }

    /// The path that this one becomes, or why it cannot. None: it stays.
    pub(crate) fn applied(&self, known: &RawPath) -> Option<Result<RawPath, String>> {
        let path = match self {
            Self::Stays => return None,
            Self::Becomes(path) => path.clone(),
            Self::Prefix(from, to) => {
                RawPath([to.as_bytes(), known.0.strip_prefix(from.as_bytes())?].concat())
            }
            Self::Replace(find, by) => RawPath(replaced(&known.0, find.as_bytes(), by.as_bytes())?),
        };
        if path.0.is_empty() || platform::to_path(&path).is_none() {
            return Some(Err(format!("it would become \"{path}\", which is no path below the source")));
        }
        Some(Ok(path))
    }
}

/// The bytes with every `find` replaced. None: it stands nowhere in them.
fn replaced(bytes: &[u8], find: &[u8], by: &[u8]) -> Option<Vec<u8>> {
    let (mut kept, mut rest, mut any) = (Vec::with_capacity(bytes.len()), bytes, false);
    while let Some(at) = rest.windows(find.len()).position(|window| window == find) {
        kept.extend_from_slice(&rest[..at]);
        kept.extend_from_slice(by);
        rest = &rest[at + find.len()..];
        any = true;
    }
    kept.extend_from_slice(rest);
    any.then_some(kept)
}

fn checked(path: &str) -> Result<RawPath, Error> {
    let raw = RawPath(path.as_bytes().to_vec());
    match platform::to_path(&raw) {
        Some(_) if !path.is_empty() => Ok(raw),
        _ => Err(Error::Amendment {
            why: format!("\"{path}\" is no path below the source; write it with / and without .."),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_changes_what_it_names_and_never_leads_out() {
        let path = |text: &str| RawPath(text.as_bytes().to_vec());
        let replace = PathRule::Replace("2018", "2019");
        assert_eq!(replace.applied(&path("2018/a 2018.mov")), Some(Ok(path("2019/a 2019.mov"))));
        assert_eq!(replace.applied(&path("2017/a.mov")), None);
        assert_eq!(PathRule::Prefix("old/", "new/").applied(&path("old/a")), Some(Ok(path("new/a"))));
        assert!(PathRule::Replace("a/", "../").applied(&path("a/b")).unwrap().is_err());
        assert!(PathRule::Prefix("a", "").applied(&path("a")).unwrap().is_err());
        let both = Amendment {
            prefix: Some(("a".into(), "b".into())),
            replace: Some(("a".into(), "b".into())),
            ..Amendment::default()
        };
        assert!(PathRule::of(&Selection::default(), &both).is_err());
    }
}
