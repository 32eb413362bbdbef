//! The listener: lets connections in, resets them, or is not there at all.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpStream as Handle};
use std::sync::Arc;
use std::time::Duration;

use axum::{Extension, Router};
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use rustix::net::sockopt::set_socket_linger;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{Notify, watch};
use tokio::time::sleep;

use super::answer;
use super::script::Outage;
use super::service::Service;

const BACKLOG: u32 = 4096;

/// What resets the connection that a request came by.
#[derive(Debug, Clone, Default)]
pub(super) struct Cut(Arc<Notify>);

impl Cut {
    /// Resets the connection; the request that asks for it ends here.
    pub(super) async fn now(&self) -> ! {
        self.0.notify_one();
        std::future::pending().await
    }
}

/// A listener on a free port of the loopback.
pub(super) fn open() -> io::Result<TcpListener> {
    bind((Ipv4Addr::LOCALHOST, 0).into())?.listen(BACKLOG)
}

fn bind(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}

/// Lets connections in as the script says, for ever.
pub(super) async fn keep(service: Arc<Service>, listener: TcpListener) {
    let address = listener.local_addr().expect("its address");
    let rooms = answer::rooms(service.clone());
    let mut script = service.follow();
    let all = watch::Sender::new(());
    let mut listener = Some(listener);
    // A bound socket that does not listen: the system refuses connections, and nobody else gets the
    // port in the meantime.
    let mut reserved = None;
    let mut before = None;
    loop {
        let (version, now) = script.borrow_and_update().clone();
        let (outage, stays) = service.outage(&now);
        if outage == Some(Outage::Refused) {
            if let Some(listener) = listener.take() {
                drop(listener);
                reserved = Some(bind(address).expect("the port that was ours a moment ago"));
            }
        } else if let Some(socket) = reserved.take() {
            listener = Some(socket.listen(BACKLOG).expect("a listener"));
        }
        if outage != before && matches!(outage, Some(Outage::Refused | Outage::Reset)) {
            all.send_replace(());
        }
        before = outage;
        service.put_in_force(version);

        tokio::select! {
            changed = script.changed() => if changed.is_err() { return },
            () = elapsed(stays) => {}
            accepted = accept(listener.as_ref()) => {
                // A connection that broke before it was accepted is the caller's affair.
                let Ok(stream) = accepted else { continue };
                service.tally.connected();
                let Ok((stream, handle)) = with_handle(stream) else { continue };
                if outage == Some(Outage::Reset) {
                    service.tally.probed();
                    drop(stream);
                    reset(&service, handle);
                } else {
                    tokio::spawn(talk(service.clone(), stream, handle, rooms.clone(), all.subscribe()));
                }
            }
        }
    }
}

async fn elapsed(time: Option<Duration>) {
    match time {
        Some(time) => sleep(time).await,
        None => std::future::pending().await,
    }
}

async fn accept(listener: Option<&TcpListener>) -> io::Result<TcpStream> {
    match listener {
        Some(listener) => listener.accept().await.map(|(stream, _)| stream),
        None => std::future::pending().await,
    }
}

/// A second handle of the socket: the last one that is closed decides how the connection ends.
fn with_handle(stream: TcpStream) -> io::Result<(TcpStream, Handle)> {
    stream.set_nodelay(true)?;
    let stream = stream.into_std()?;
    let handle = stream.try_clone()?;
    Ok((TcpStream::from_std(stream)?, handle))
}

fn reset(service: &Service, handle: Handle) {
    // A connection that is gone already cannot be reset any more.
    let _ = set_socket_linger(&handle, Some(Duration::ZERO));
    service.tally.reset();
}

/// One connection, to its end.
async fn talk(
    service: Arc<Service>,
    stream: TcpStream,
    handle: Handle,
    rooms: Router,
    mut all: watch::Receiver<()>,
) {
    let cut = Cut::default();
    let rooms = TowerToHyperService::new(rooms.layer(Extension(cut.clone())));
    let talking = http1::Builder::new().serve_connection(TokioIo::new(stream), rooms);
    let is_cut = {
        let mut talking = std::pin::pin!(talking);
        tokio::select! {
            // What ends by itself may end in an error too: the caller went away.
            _ = talking.as_mut() => false,
            () = cut.0.notified() => true,
            changed = all.changed() => changed.is_ok(),
        }
    };
    if is_cut {
        reset(&service, handle);
    }
}
