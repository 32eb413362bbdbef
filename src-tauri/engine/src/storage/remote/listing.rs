//! All that lies below a place, page by page: never as a whole in memory.
//!
//! Object storage lists by itself. On a server, folders are listed one after the other; what is held is the
//! names of folders that are still to come. A list that breaks off in the middle of a folder goes on where it
//! was, as long as the folder is listed in the same order again.

use futures_util::StreamExt;
use xxhash_rust::xxh3::Xxh3;

use super::fault::{Fault, FaultKind};
use super::{Listed, Page, Place, Store, Tree};
use crate::control::line::{Line, Trouble};
use crate::storage::server::{Entries, Entry, Kind};

/// Entries of a page.
const PAGE: usize = 1000;

/// Folders within each other. What lies deeper is a server that leads in circles.
const DEEPEST: usize = 200;

/// A listing on its way.
pub(crate) struct Listing<'a> {
    place: &'a Place,
    at: At<'a>,
}

enum At<'a> {
    Object { after: Option<String>, is_over: bool },
    Files(Box<Walk<'a>>),
}

struct Walk<'a> {
    tree: &'a Tree,
    /// Keys of folders that are still to come, with how deep each lies.
    waiting: Vec<(String, usize)>,
    open: Option<Open>,
}

/// The folder at hand.
struct Open {
    key: String,
    depth: usize,
    /// None: it broke off, and is to be listed again.
    entries: Option<Entries>,
    given: u64,
    /// Of the names that were given.
    order: Xxh3,
    is_top: bool,
}

impl<'a> Listing<'a> {
    /// A listing of all that lies below; asks for nothing yet.
    pub(crate) fn of(place: &'a Place) -> Self {
        let at = match &place.store {
            Store::Object(_) => At::Object { after: None, is_over: false },
            Store::Files(tree) => {
                let open = Open::new(place.prefix.clone(), 0);
                At::Files(Box::new(Walk {
                    tree,
                    waiting: Vec::new(),
                    open: Some(Open { is_top: true, ..open }),
                }))
            }
        };
        Self { place, at }
    }

    /// The next page, which may be empty. None: this was all. After an error it can be asked for again.
    pub(crate) async fn next(&mut self, line: &Line) -> Result<Option<Vec<Listed>>, Trouble> {
        match &mut self.at {
            At::Object { is_over: true, .. } => Ok(None),
            At::Object { after, is_over } => {
                let asking = line.ask(self.place.endpoint(), LIST, self.place.list(after.as_deref()));
                let Page { entries, next } = asking.await?;
                if next.is_some() && *after == next {
                    let said = "it gives the same page again and again";
                    return Err(Trouble::Refused(Fault::new(FaultKind::Rejected, said)));
                }
                *is_over = next.is_none();
                *after = next;
                Ok(Some(entries))
            }
            At::Files(walk) => walk.next(line).await,
        }
    }
}

impl Walk<'_> {
    async fn next(&mut self, line: &Line) -> Result<Option<Vec<Listed>>, Trouble> {
        let mut page = Vec::new();
        while page.len() < PAGE {
            let Some(open) = &mut self.open else {
                let Some((key, depth)) = self.waiting.pop() else {
                    return Ok((!page.is_empty()).then_some(page));
                };
                self.open = Some(Open::new(key, depth));
                continue;
            };
            match open.entry(self.tree, line).await {
                Ok(Some(entry)) => {
                    let (listed, is_folder) = open.listed(entry);
                    if is_folder && open.depth < DEEPEST {
                        let key = String::from_utf8_lossy(&listed.key).into_owned();
                        self.waiting.push((key, open.depth + 1));
                    } else {
                        page.push(listed);
                    }
                }
                Ok(None) => self.open = None,
                Err(Trouble::Refused(fault)) if open.may_be_left_out(&fault) => {
                    let unlisted = Some(fault);
                    page.push(Listed { key: open.key.clone().into_bytes(), unlisted, ..Listed::default() });
                    self.open = None;
                }
                Err(trouble) if page.is_empty() => return Err(trouble),
                // What has come is given first; the trouble comes again, or does not.
                Err(_) => break,
            }
        }
        Ok(Some(page))
    }
}

impl Open {
    fn new(key: String, depth: usize) -> Self {
        Self { key, depth, entries: None, given: 0, order: Xxh3::new(), is_top: false }
    }

    async fn entry(&mut self, tree: &Tree, line: &Line) -> Result<Option<Entry>, Trouble> {
        if self.entries.is_none() {
            let path = tree.path(&self.key);
            let mut entries = line.ask(&tree.server.endpoint, LIST, tree.server.entries(&path)).await?;
            let mut order = Xxh3::new();
            for _ in 0..self.given {
                match entries.next().await {
                    Some(Ok(entry)) => order.update(&entry.name),
                    Some(Err(fault)) => return Err(Trouble::Refused(fault)),
                    None => break,
                }
            }
            if order.digest() != self.order.digest() {
                let said = format!("the folder {:?} changed while it was listed", self.key);
                return Err(Trouble::Refused(Fault::new(FaultKind::Changed, said)));
            }
            self.entries = Some(entries);
        }
        let Some(entries) = &mut self.entries else { return Ok(None) };
        match entries.next().await.transpose() {
            Ok(Some(entry)) => {
                self.given += 1;
                self.order.update(&entry.name);
                Ok(Some(entry))
            }
            Ok(None) => Ok(None),
            Err(fault) => {
                self.entries = None;
                Err(Trouble::Refused(fault))
            }
        }
    }

    /// What an entry is in a list, and whether it is a folder to be listed. A name that leads elsewhere is
    /// neither followed nor lost.
    fn listed(&self, entry: Entry) -> (Listed, bool) {
        let Entry { name, kind, size } = entry;
        let is_plain = !name.contains(&b'/') && !matches!(name.as_slice(), b"" | b"." | b"..");
        // What no request can name cannot be opened either.
        let is_folder = kind == Kind::Folder && is_plain && std::str::from_utf8(&name).is_ok();
        let key = if self.key.is_empty() { name } else { [self.key.as_bytes(), b"/", &name].concat() };
        (Listed { key, size, kind, ..Listed::default() }, is_folder)
    }

    /// Whether the rest can be listed without this folder. It is counted as one that cannot be.
    fn may_be_left_out(&self, fault: &Fault) -> bool {
        let is_its_own = matches!(fault.kind, FaultKind::Denied | FaultKind::Missing | FaultKind::Name);
        !self.is_top && self.given == 0 && is_its_own
    }
}

/// What comes first in a folder of a server.
pub(super) async fn first_page(tree: &Tree, key: &str) -> Result<Page, Fault> {
    let mut entries = tree.server.entries(&tree.path(key)).await?;
    let open = Open::new(key.to_owned(), 0);
    let mut page = Page::default();
    while let Some(entry) = entries.next().await.transpose()? {
        if page.entries.len() >= PAGE {
            page.next = Some(String::new());
            break;
        }
        let (listed, is_folder) = open.listed(entry);
        if !is_folder {
            page.entries.push(listed);
        }
    }
    Ok(page)
}

/// The step of these requests, for latencies and breakers.
const LIST: &str = "list";
