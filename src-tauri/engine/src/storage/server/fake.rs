//! A small FTP server for tests, which fails as it is told.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use super::{Server, lock, open};
use crate::spec::{self, Connection, FtpTls, Secret, SecretField, Secrets};

/// What comes of a rename.
#[derive(Debug, Clone, Copy)]
pub(super) enum Rename {
    /// It works, if the name is free.
    Done,
    /// The same, but nobody hears of it.
    DoneAndCut,
    /// Refused so.
    Answer(&'static str),
    /// The connection is lost before.
    Cut,
}

#[derive(Default)]
struct State {
    files: BTreeMap<String, String>,
    renames: VecDeque<Rename>,
}

/// A server whose renames refuse a name that is taken.
pub(super) struct Fake {
    state: Arc<Mutex<State>>,
    server: Arc<Server>,
}

struct Nobody;

impl Secrets for Nobody {
    fn get(&self, _: &str, _: SecretField) -> Result<Option<Secret>, String> {
        Ok(None)
    }
}

impl Fake {
    /// `files`: paths and contents. `renames`: what comes of each; those after them are done.
    pub(super) async fn start(files: &[(String, String)], renames: &[Rename]) -> Self {
        let state =
            State { files: files.iter().cloned().collect(), renames: renames.iter().copied().collect() };
        let state = Arc::new(Mutex::new(state));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("its address").port();
        let serving = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&serving)));
            }
        });
        let ftp = spec::Ftp {
            host: "127.0.0.1".into(),
            port: Some(port),
            user: None,
            tls: FtpTls::None,
            sessions: Some(2),
        };
        let server = open(&Connection::Ftp(ftp), ("fake", "fake:"), &Nobody).expect("a server");
        Self { state, server }
    }

    pub(super) fn server(&self) -> &Server {
        &self.server
    }

    /// What is there now.
    pub(super) fn files(&self) -> Vec<(String, String)> {
        lock(&self.state).files.clone().into_iter().collect()
    }
}

async fn serve(stream: TcpStream, state: Arc<Mutex<State>>) {
    let (lines, mut answers) = stream.into_split();
    let mut lines = BufReader::new(lines).lines();
    let mut answer = "220 fake".to_owned();
    let mut from = String::new();
    loop {
        if answers.write_all(format!("{answer}\r\n").as_bytes()).await.is_err() {
            return;
        }
        let Ok(Some(line)) = lines.next_line().await else { return };
        let (word, rest) = line.split_once(' ').unwrap_or((&line, ""));
        answer = match word {
            "USER" => "230 come in".into(),
            "FEAT" => "211-\r\n MLST type*;size*;\r\n211 End".into(),
            "PWD" => "257 \"/home\"".into(),
            "MLST" => match lock(&state).files.get(rest) {
                Some(file) => format!("250-\r\n type=file;size={}; {rest}\r\n250 End", file.len()),
                None => "550 no such file".into(),
            },
            "DELE" => match lock(&state).files.remove(rest) {
                Some(_) => "250 gone".into(),
                None => "550 no such file".into(),
            },
            "RNFR" => {
                from = rest.to_owned();
                "350 to what?".into()
            }
            "RNTO" => {
                let mut state = lock(&state);
                let wanted = state.renames.pop_front().unwrap_or(Rename::Done);
                match wanted {
                    Rename::Cut => return,
                    Rename::Answer(answer) => answer.into(),
                    Rename::Done | Rename::DoneAndCut => {
                        let done = rename(&mut state.files, &from, rest);
                        if matches!(wanted, Rename::DoneAndCut) {
                            return;
                        }
                        if done { "250 done".into() } else { "550 cannot rename".into() }
                    }
                }
            }
            _ => "200 as you like".into(),
        };
    }
}

/// False: there is nothing of that name, or the other is taken.
fn rename(files: &mut BTreeMap<String, String>, from: &str, to: &str) -> bool {
    if files.contains_key(to) {
        return false;
    }
    let file = files.remove(from);
    file.is_some_and(|file| files.insert(to.to_owned(), file).is_none())
}
