//! A WebDAV server that lists what no honest one would.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

/// A server on the loopback. It ends with the test.
#[derive(Debug)]
pub struct Hostile {
    port: u16,
}

impl Hostile {
    /// Starts a server that lists files under these addresses (percent-encoded), whatever folder it is asked
    /// for, and gives each the content `x`.
    ///
    /// # Panics
    /// When it cannot listen.
    pub fn start(hrefs: &[&str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port of the loopback");
        let port = listener.local_addr().expect("its address").port();
        let file = |href: &&str| {
            format!(
                "<response><href>{href}</href><propstat><prop><resourcetype/><getcontentlength>1</getcontentlength>\
                 </prop></propstat></response>"
            )
        };
        let files: String = hrefs.iter().map(file).collect();
        let list = format!("<multistatus xmlns=\"DAV:\">{files}</multistatus>");
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let list = list.clone();
                // A client that goes away is not its concern.
                thread::spawn(move || drop(serve(&stream, &list)));
            }
        });
        Self { port }
    }

    /// `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

fn serve(mut stream: &TcpStream, list: &str) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    loop {
        let (mut first, mut length) = (String::new(), 0);
        if reader.read_line(&mut first)? == 0 {
            return Ok(());
        }
        loop {
            let mut line = String::new();
            reader.read_line(&mut line)?;
            if line.trim().is_empty() {
                break;
            }
            if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse().unwrap_or(0);
            }
        }
        std::io::copy(&mut std::io::Read::take(&mut reader, length), &mut std::io::sink())?;
        let (status, body) = match first.split(' ').next() {
            Some("PROPFIND") => ("207 Multi-Status", list),
            _ => ("200 OK", "x"),
        };
        write!(stream, "HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n{body}", body.len())?;
    }
}
