//! A gate that lets so many through at once, adjustable while it is in use.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::machine::{Member, Spot};

/// The gate. A lower limit takes effect as those inside leave; nobody is thrown out.
#[derive(Debug)]
pub(crate) struct Gate {
    semaphore: Arc<Semaphore>,
    state: Mutex<Limit>,
    /// Behind it is what several migrations share.
    member: Option<Arc<Member>>,
    /// Those who have a place here and wait for one there.
    held_up: AtomicUsize,
}

#[derive(Debug)]
struct Limit {
    limit: usize,
    /// Permits that must disappear instead of coming back.
    debt: usize,
}

/// A place inside. Leaving is dropping it.
pub(crate) struct Place {
    gate: Arc<Gate>,
    permit: Option<OwnedSemaphorePermit>,
    /// Given back when the place is dropped.
    spot: Option<Spot>,
}

/// Somebody waits behind the gate until this is dropped.
struct HeldUp<'a>(&'a AtomicUsize);

impl Gate {
    pub(crate) fn new(limit: u32) -> Arc<Self> {
        Self::before(None, limit)
    }

    /// A gate before what is shared: who comes in has a place on both.
    pub(crate) fn before(member: Option<Arc<Member>>, limit: u32) -> Arc<Self> {
        let limit = limit as usize;
        Arc::new(Self {
            semaphore: Arc::new(Semaphore::new(limit)),
            state: Mutex::new(Limit { limit, debt: 0 }),
            member,
            held_up: AtomicUsize::new(0),
        })
    }

    /// Waits for a place.
    pub(crate) async fn enter(self: &Arc<Self>) -> Place {
        // The semaphore is never closed.
        let permit = Arc::clone(&self.semaphore).acquire_owned().await.ok();
        // From here on leaving pays the debt, also for who goes away while it waits.
        let mut place = Place { gate: Arc::clone(self), permit, spot: None };
        if let Some(member) = &self.member {
            let _waits = HeldUp::new(&self.held_up);
            place.spot = Some(member.enter().await);
        }
        place
    }

    pub(crate) fn set_limit(&self, limit: u32) {
        let limit = limit as usize;
        let mut state = self.state();
        if limit >= state.limit {
            let more = limit - state.limit;
            let forgiven = more.min(state.debt);
            state.debt -= forgiven;
            self.semaphore.add_permits(more - forgiven);
        } else {
            let fewer = state.limit - limit;
            state.debt += fewer - self.semaphore.forget_permits(fewer);
        }
        state.limit = limit;
    }

    /// How many may be inside.
    pub(crate) fn limit(&self) -> usize {
        self.state().limit
    }

    /// How many are inside at this moment.
    pub(crate) fn inside(&self) -> usize {
        let state = self.state();
        let with_permit = (state.limit + state.debt).saturating_sub(self.semaphore.available_permits());
        with_permit.saturating_sub(self.held_up.load(Ordering::Relaxed))
    }

    fn state(&self) -> std::sync::MutexGuard<'_, Limit> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<'a> HeldUp<'a> {
    fn new(all: &'a AtomicUsize) -> Self {
        all.fetch_add(1, Ordering::Relaxed);
        Self(all)
    }
}

impl Drop for HeldUp<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut state = self.gate.state();
        if let Some(permit) = self.permit.take()
            && state.debt > 0
        {
            state.debt -= 1;
            permit.forget();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn never_more_inside_than_the_limit_allows() {
        let gate = Gate::new(3);
        let mut inside = vec![gate.enter().await, gate.enter().await, gate.enter().await];
        gate.set_limit(1);
        assert_eq!(gate.inside(), 3);
        inside.pop();
        inside.pop();
        let full = tokio::time::timeout(std::time::Duration::from_millis(5), gate.enter()).await;
        assert!(full.is_err(), "a second one came in while the limit was one");
        inside.pop();
        let _one = gate.enter().await;
        assert_eq!(gate.inside(), 1);
        gate.set_limit(2);
        let _two = gate.enter().await;
        assert_eq!(gate.inside(), 2);
    }

    #[tokio::test]
    async fn who_waits_behind_the_gate_is_not_inside() {
        let machine = crate::control::machine::Machine::default();
        machine.set_records(std::num::NonZeroU32::new(1));
        let gate = Gate::before(Some(Arc::new(machine.join())), 3);
        let first = gate.enter().await;
        let late = tokio::time::timeout(std::time::Duration::from_millis(5), gate.enter()).await;
        assert!(late.is_err());
        let mut waits = Box::pin(gate.enter());
        assert!(futures_util::poll!(waits.as_mut()).is_pending());
        assert_eq!(gate.inside(), 1);
        drop(first);
        let _second = waits.await;
        assert_eq!(gate.inside(), 1);
    }

    #[tokio::test]
    async fn a_debt_is_forgiven_when_the_limit_rises_again() {
        let gate = Gate::new(2);
        let places = [gate.enter().await, gate.enter().await];
        gate.set_limit(1);
        gate.set_limit(2);
        drop(places);
        let _again = [gate.enter().await, gate.enter().await];
        assert_eq!(gate.inside(), 2);
    }
}
