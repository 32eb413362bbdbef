//! A web server that lies, breaks off and drips, byte by byte as a test wants it. It remembers what was
//! asked for.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

/// What is under a path.
#[derive(Debug, Clone, Default)]
pub struct Page {
    /// All of it.
    pub body: Vec<u8>,
    /// Its tag, with quotes. None: it has none.
    pub etag: Option<String>,
    /// Lines of the answer's head, as they are sent.
    pub headers: Vec<String>,
    /// Lines of the heads of the first answers, status line and all; each is sent once, without a body.
    pub first: Vec<String>,
    /// What is wrong with it.
    pub trick: Trick,
}

/// What is wrong with a page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Trick {
    /// Nothing.
    #[default]
    None,
    /// Each connection breaks off after so many bytes.
    Cut(usize),
    /// So does each, and there are no ranges.
    CutWithoutRanges(usize),
    /// It says that it is so long.
    Length(usize),
    /// Its length is not told; it ends as it should.
    Chunked,
    /// Its length is not told, and it never ends.
    Endless,
    /// Neither its length nor its end is told: the connection ends.
    ToTheEnd,
    /// `HEAD` is not allowed.
    NoHead,
    /// Whenever it was sent, it has another tag.
    Changes,
}

/// A request that came.
#[derive(Debug, Clone)]
pub struct Asked {
    /// `GET`.
    pub method: String,
    /// With its query.
    pub path: String,
    /// By their names in lower case.
    pub headers: HashMap<String, String>,
}

/// A running server; gone when it is dropped.
#[derive(Debug)]
pub struct Web {
    shared: Arc<Shared>,
    address: SocketAddr,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Shared {
    pages: Mutex<HashMap<String, Page>>,
    asked: Mutex<Vec<Asked>>,
    sent: Mutex<u64>,
    is_away: AtomicBool,
    is_over: AtomicBool,
}

impl Web {
    /// A server without pages, on a free port of the loopback.
    ///
    /// # Panics
    /// When no socket can be had.
    #[expect(clippy::new_without_default, reason = "it opens a socket")]
    pub fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port of the loopback");
        let address = listener.local_addr().expect("its address");
        let shared = Arc::new(Shared::default());
        let serving = Arc::clone(&shared);
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if serving.is_over.load(Ordering::Acquire) {
                    return;
                }
                let shared = Arc::clone(&serving);
                // A caller that goes away half way is what some tests are about.
                std::thread::spawn(move || shared.talk(stream));
            }
        });
        Self { shared, address, thread: Some(thread) }
    }

    /// Puts a page there.
    pub fn put(&self, path: &str, page: Page) {
        lock(&self.shared.pages).insert(path.to_owned(), page);
    }

    /// The URL of a path.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// All that was asked for.
    pub fn asked(&self) -> Vec<Asked> {
        lock(&self.shared.asked).clone()
    }

    /// From now on it hangs up on everybody, or no longer.
    pub fn be_away(&self, away: bool) {
        self.shared.is_away.store(away, Ordering::Release);
    }

    /// Bytes of bodies so far.
    pub fn sent(&self) -> u64 {
        *lock(&self.shared.sent)
    }
}

impl Drop for Web {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::Release);
        // Wakes the listener up.
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn talk(&self, stream: TcpStream) {
        if let Some(asked) = read(&stream)
            && !self.is_away.load(Ordering::Acquire)
        {
            lock(&self.asked).push(asked.clone());
            // The other side has hung up.
            let _ = self.answer(&stream, &asked);
        }
        let _ = stream.shutdown(Shutdown::Both);
    }

    fn answer(&self, mut out: &TcpStream, asked: &Asked) -> std::io::Result<()> {
        let path = asked.path.split('?').next().unwrap_or_default();
        let (page, first) = {
            let mut pages = lock(&self.pages);
            let Some(page) = pages.get_mut(path) else {
                return out
                    .write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            };
            let first = (!page.first.is_empty()).then(|| page.first.remove(0));
            let now = page.clone();
            if let (Trick::Changes, "GET", None) = (&now.trick, asked.method.as_str(), &first) {
                page.etag = Some(format!("\"{}\"", lock(&self.asked).len()));
            }
            (now, first)
        };
        if let Some(first) = first {
            return out.write_all(
                format!("HTTP/1.1 {first}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").as_bytes(),
            );
        }
        if asked.method == "HEAD" && page.trick == Trick::NoHead {
            return out.write_all(
                b"HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
            );
        }
        let mut from = 0;
        let mut status = "200 OK";
        let mut head = String::new();
        let same = |tag: &String| Some(tag) == page.etag.as_ref();
        if let Some(range) = asked.headers.get("range")
            && asked.headers.get("if-range").is_none_or(same)
            && !matches!(page.trick, Trick::CutWithoutRanges(_))
            && let Some((first, _)) = range.trim_start_matches("bytes=").split_once('-')
        {
            from = first.parse().unwrap_or(0);
            status = "206 Partial Content";
            let all = page.body.len();
            head += &format!("Content-Range: bytes {from}-{}/{all}\r\n", all - 1);
        }
        let rest = page.body.get(from..).unwrap_or_default();
        head += &match page.trick {
            Trick::Chunked | Trick::Endless => "Transfer-Encoding: chunked\r\n".to_owned(),
            Trick::ToTheEnd => String::new(),
            Trick::Length(length) => format!("Content-Length: {length}\r\n"),
            _ => format!("Content-Length: {}\r\n", rest.len()),
        };
        head.extend(page.etag.iter().map(|tag| format!("ETag: {tag}\r\n")));
        head.extend(page.headers.iter().map(|line| format!("{line}\r\n")));
        out.write_all(format!("HTTP/1.1 {status}\r\n{head}Connection: close\r\n\r\n").as_bytes())?;
        if asked.method == "HEAD" {
            return Ok(());
        }
        let part = match page.trick {
            Trick::Cut(most) | Trick::CutWithoutRanges(most) => {
                // Without ranges a whole answer must come through once.
                let whole =
                    from == 0 && matches!(page.trick, Trick::CutWithoutRanges(_)) && *lock(&self.sent) > 0;
                &rest[..if whole { rest.len() } else { most.min(rest.len()) }]
            }
            _ => rest,
        };
        match page.trick {
            Trick::Chunked => {
                for piece in part.chunks(1000) {
                    self.send(out, format!("{:x}\r\n", piece.len()).as_bytes())?;
                    self.send(out, piece)?;
                    self.send(out, b"\r\n")?;
                }
                self.send(out, b"0\r\n\r\n")
            }
            Trick::Endless => loop {
                self.send(out, b"10000\r\n")?;
                self.send(out, &[7; 0x10000])?;
                self.send(out, b"\r\n")?;
            },
            _ => self.send(out, part),
        }
    }

    fn send(&self, mut out: &TcpStream, bytes: &[u8]) -> std::io::Result<()> {
        out.write_all(bytes)?;
        *lock(&self.sent) += bytes.len() as u64;
        Ok(())
    }
}

/// The head of a request.
fn read(stream: &TcpStream) -> Option<Asked> {
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    let first = lines.next()?;
    let mut words = first.split(' ').map(ToOwned::to_owned);
    let (method, path) = (words.next()?, words.next()?);
    let headers = lines.take_while(|line| !line.is_empty()).filter_map(|line| {
        let (name, value) = line.split_once(':')?;
        Some((name.to_ascii_lowercase(), value.trim().to_owned()))
    });
    Some(Asked { method, path, headers: headers.collect() })
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
