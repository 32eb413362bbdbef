//! The connections to a server that carries many requests on each.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use crate::storage::remote::fault::Fault;
use crate::storage::server::lock;

/// After a connection that did not come about, no other one is tried for so long, while there are some.
const REST: Duration = Duration::from_secs(30);

/// Connections, at most so many at once. Whoever dials keeps nobody else from those that are there.
pub(super) struct Pool<S> {
    most: usize,
    is_closed: fn(&S) -> bool,
    state: Mutex<State<S>>,
    /// A dial has come to its end.
    dialled: Notify,
}

struct State<S> {
    open: Vec<Arc<S>>,
    dialling: usize,
    rests_until: Option<Instant>,
}

enum Choice<S> {
    Use(Arc<S>),
    Dial,
    /// Those who dial now may bring one.
    Wait,
}

/// Somebody dials, until this is dropped.
struct Dialling<'a, S> {
    pool: &'a Pool<S>,
    came: Option<Arc<S>>,
}

impl<S> Drop for Dialling<'_, S> {
    fn drop(&mut self) {
        let mut state = lock(&self.pool.state);
        state.dialling -= 1;
        // Whoever waited too long for it has given it up, too.
        state.rests_until = self.came.is_none().then(|| Instant::now() + REST);
        state.open.extend(self.came.take());
        drop(state);
        self.pool.dialled.notify_waiters();
    }
}

impl<S> Pool<S> {
    pub(super) fn new(most: usize, is_closed: fn(&S) -> bool) -> Self {
        let state = State { open: Vec::new(), dialling: 0, rests_until: None };
        Self { most: most.max(1), is_closed, state: Mutex::new(state), dialled: Notify::new() }
    }

    /// With a connection that is there already.
    #[cfg(test)]
    pub(super) fn with(self, session: S) -> Self {
        lock(&self.state).open.push(Arc::new(session));
        self
    }

    /// The connection with the least to do, or a new one where all are busy and there may be more. One that
    /// does not come about is missed only where there is no other.
    pub(super) async fn get(&self, dial: impl Future<Output = Result<S, Fault>>) -> Result<Arc<S>, Fault> {
        loop {
            let dialled = self.dialled.notified();
            match self.choose() {
                Choice::Use(session) => return Ok(session),
                Choice::Dial => return self.dial(dial).await,
                Choice::Wait => dialled.await,
            }
        }
    }

    fn choose(&self) -> Choice<S> {
        let mut state = lock(&self.state);
        state.open.retain(|session| !(self.is_closed)(session));
        let idlest = state.idlest();
        let may_dial = state.open.len() + state.dialling < self.most;
        let rests = state.rests_until.is_some_and(|until| Instant::now() < until);
        match idlest {
            Some(session) if Arc::strong_count(&session) == 2 || !may_dial || rests => Choice::Use(session),
            None if !may_dial => Choice::Wait,
            _ => {
                state.dialling += 1;
                Choice::Dial
            }
        }
    }

    async fn dial(&self, dial: impl Future<Output = Result<S, Fault>>) -> Result<Arc<S>, Fault> {
        let mut dialling = Dialling { pool: self, came: None };
        let dialled = dial.await.map(Arc::new);
        dialling.came = dialled.as_ref().ok().cloned();
        drop(dialling);
        dialled.or_else(|fault| {
            let mut state = lock(&self.state);
            state.open.retain(|session| !(self.is_closed)(session));
            state.idlest().ok_or(fault)
        })
    }
}

impl<S> State<S> {
    fn idlest(&self) -> Option<Arc<S>> {
        self.open.iter().min_by_key(|session| Arc::strong_count(session)).cloned()
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use super::*;
    use crate::storage::remote::fault::FaultKind;

    fn refused<S>() -> impl Future<Output = Result<S, Fault>> {
        ready(Err(Fault::new(FaultKind::Unreachable, "no more")))
    }

    #[tokio::test(start_paused = true)]
    async fn who_dials_keeps_nobody_from_what_is_there() {
        let pool = Pool::new(2, |_| false);
        let first = pool.get(ready(Ok(1))).await.expect("a first one");
        let mut dialling = Box::pin(pool.get(pending()));
        assert!(futures_util::poll!(&mut dialling).is_pending());
        // No third one is dialled while the second may still come.
        assert_eq!(*pool.get(pending()).await.expect("the first"), 1);
        drop(dialling);
        // Cut off, it counts no more.
        tokio::time::advance(REST).await;
        let second = pool.get(ready(Ok(2))).await.expect("a second one");
        drop(first);
        assert_eq!((*second, *pool.get(pending()).await.expect("the idle one")), (2, 1));
    }

    #[tokio::test(start_paused = true)]
    async fn a_dial_that_fails_is_not_missed_where_there_is_another() {
        let pool = Pool::new(8, |_| false);
        pool.get(refused()).await.map(|_: Arc<u8>| ()).expect_err("there is none");
        let first = pool.get(ready(Ok(1))).await.expect("a first one");
        assert_eq!(*pool.get(refused()).await.expect("the first, although it is busy"), 1);
        // Nor is it tried again at once.
        assert_eq!(*pool.get(ready(Ok(2))).await.expect("the first"), 1);
        tokio::time::advance(REST).await;
        assert_eq!(*pool.get(ready(Ok(2))).await.expect("a second one"), 2);
        drop(first);
    }

    #[tokio::test]
    async fn who_waits_for_a_dial_gets_what_it_brings_or_dials() {
        let pool = Pool::new(1, |_| false);
        let (bring, brought) = tokio::sync::oneshot::channel::<Result<u8, Fault>>();
        let dialling = pool.get(async { brought.await.expect("it comes") });
        let waiting = pool.get(ready(Ok(2)));
        tokio::pin!(dialling, waiting);
        assert!(futures_util::poll!(&mut dialling).is_pending());
        assert!(futures_util::poll!(&mut waiting).is_pending());
        bring.send(refused().await).expect("somebody waits");
        dialling.await.expect_err("refused");
        assert_eq!(*waiting.await.expect("its own"), 2);
    }
}
