//! A proxy that cuts every connection after a random number of bytes, whatever goes through it.

use std::net::SocketAddr;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

/// Bytes that are passed on at once.
const BLOCK: usize = 16 << 10;

/// A running proxy on a free port of the loopback; gone when it is dropped.
#[derive(Debug)]
pub struct Scissors {
    address: SocketAddr,
    cuts: Arc<AtomicU64>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Scissors {
    /// A proxy to `http://HOST:PORT`. `after`: bytes after which a connection is cut, in both directions
    /// together; `seed`: which of them.
    ///
    /// # Panics
    /// When no socket can be had.
    pub fn before(server: &str, after: Range<u64>, seed: u64) -> Self {
        let server = server.trim_start_matches("http://").to_owned();
        let cuts = Arc::new(AtomicU64::new(0));
        let counting = Arc::clone(&cuts);
        let (stop, stopped) = oneshot::channel::<()>();
        let (tell, told) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
                tell.send(listener.local_addr().expect("its address")).expect("somebody waits for it");
                tokio::select! {
                    () = serve(listener, server, after, fastrand::Rng::with_seed(seed), counting) => {}
                    _ = stopped => {}
                }
            });
        });
        let address = told.recv().expect("the address of the proxy");
        Self { address, cuts, stop: Some(stop), thread: Some(thread) }
    }

    /// `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Connections that were cut so far.
    pub fn cuts(&self) -> u64 {
        self.cuts.load(Ordering::Relaxed)
    }
}

impl Drop for Scissors {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

async fn serve(
    listener: TcpListener,
    server: String,
    after: Range<u64>,
    mut random: fastrand::Rng,
    cuts: Arc<AtomicU64>,
) {
    loop {
        let Ok((mut client, _)) = listener.accept().await else { continue };
        let (server, cuts) = (server.clone(), Arc::clone(&cuts));
        let left = AtomicU64::new(random.u64(after.clone()));
        tokio::spawn(async move {
            let Ok(mut server) = TcpStream::connect(&server).await else { return };
            {
                let (from_client, to_client) = client.split();
                let (from_server, to_server) = server.split();
                tokio::join!(pass(from_client, to_server, &left), pass(from_server, to_client, &left));
            }
            if left.load(Ordering::Relaxed) == 0 {
                cuts.fetch_add(1, Ordering::Relaxed);
                // Without a farewell, as when a cable is pulled.
                let _ = client.set_zero_linger();
                let _ = server.set_zero_linger();
            }
        });
    }
}

/// Passes on what comes until one side ends, or nothing is left.
async fn pass(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin, left: &AtomicU64) {
    let mut block = vec![0; BLOCK];
    loop {
        tokio::select! {
            read = from.read(&mut block) => {
                let read = read.unwrap_or(0) as u64;
                let most = left.load(Ordering::Relaxed);
                let passed = read.min(most);
                left.store(most - passed, Ordering::Relaxed);
                if to.write_all(&block[..passed as usize]).await.is_err() || passed == 0 || passed == most {
                    break;
                }
            }
            () = gone(left) => break,
        }
    }
    let _ = to.shutdown().await;
}

/// Ends when the other direction has used up what was left.
async fn gone(left: &AtomicU64) {
    while left.load(Ordering::Relaxed) > 0 {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}
