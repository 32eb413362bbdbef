//! Workers and the queue before them.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;

/// A fixed number of workers; who finds none free waits in line.
#[derive(Debug)]
pub(super) struct Knee(Mutex<State>);

#[derive(Debug)]
struct State {
    workers: usize,
    queue: usize,
    busy: usize,
    owed: Duration,
    waiting: VecDeque<oneshot::Sender<Worker>>,
}

/// The queue is full.
#[derive(Debug)]
pub(super) struct Full;

/// A worker at work; free again when it is dropped.
#[derive(Debug)]
pub(super) struct Worker {
    knee: Arc<Knee>,
    /// How many stood in the queue when it began.
    pub(super) waiting: usize,
    /// What refusals have cost since the last worker began: this one has to make up for it.
    pub(super) owed: Duration,
}

impl Knee {
    pub(super) fn new(workers: usize, queue: usize) -> Self {
        Self(Mutex::new(State { workers, queue, busy: 0, owed: Duration::ZERO, waiting: VecDeque::new() }))
    }

    /// Sets other limits. Who is at work or waits already may end.
    pub(super) fn set(self: &Arc<Self>, workers: usize, queue: usize) {
        {
            let mut state = self.state();
            (state.workers, state.queue) = (workers, queue);
        }
        self.call_next();
    }

    /// A worker, as soon as one is free.
    pub(super) async fn enter(self: &Arc<Self>) -> Result<Worker, Full> {
        let turn = {
            let mut state = self.state();
            // Who has gone away waits no longer.
            state.waiting.retain(|place| !place.is_closed());
            if state.busy < state.workers && state.waiting.is_empty() {
                state.busy += 1;
                let owed = std::mem::take(&mut state.owed);
                return Ok(Worker { knee: self.clone(), waiting: 0, owed });
            }
            if state.waiting.len() >= state.queue {
                return Err(Full);
            }
            let (place, turn) = oneshot::channel();
            state.waiting.push_back(place);
            turn
        };
        turn.await.map_err(|_| Full)
    }

    /// A refusal has cost this much of the workers' time.
    pub(super) fn refused(&self, cost: Duration) {
        self.state().owed += cost;
    }

    /// Gives free workers to those who wait, first come first served.
    fn call_next(self: &Arc<Self>) {
        loop {
            let (place, worker) = {
                let mut state = self.state();
                if state.busy >= state.workers {
                    return;
                }
                let Some(place) = state.waiting.pop_front() else { return };
                if place.is_closed() {
                    continue;
                }
                state.busy += 1;
                let owed = std::mem::take(&mut state.owed);
                (place, Worker { knee: self.clone(), waiting: state.waiting.len(), owed })
            };
            // Who went away in this moment does not need it: then it is dropped, and calls the next one.
            drop(place.send(worker));
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.knee.state().busy -= 1;
        self.knee.call_next();
    }
}
