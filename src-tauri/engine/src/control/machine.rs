//! What all migrations of one program may do together: so many records in flight, shared fairly.

use std::collections::{BTreeMap, VecDeque};
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

/// The limit over all migrations that are opened with it; without one it lets everybody through. A
/// free place goes to the migration that has the fewest. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Machine(Arc<Mutex<Floor>>);

#[derive(Debug, Default)]
struct Floor {
    limit: Option<usize>,
    inside: usize,
    crowds: BTreeMap<u64, Crowd>,
    next: u64,
}

/// The records of one migration.
#[derive(Debug, Default)]
struct Crowd {
    inside: usize,
    waiting: VecDeque<oneshot::Sender<Spot>>,
}

/// One of the migrations that share the machine. It leaves when this is dropped.
#[derive(Debug)]
pub(crate) struct Member {
    machine: Machine,
    id: u64,
}

/// A record's place on the machine. Leaving is dropping it.
#[derive(Debug)]
pub(crate) struct Spot {
    machine: Machine,
    id: u64,
}

impl Machine {
    /// How many records may be in flight over all migrations. None: as many as each may by itself. In
    /// force at once: a lower limit takes effect as those inside leave.
    pub fn set_records(&self, records: Option<NonZeroU32>) {
        let mut floor = self.floor();
        floor.limit = records.map(|records| records.get() as usize);
        self.admit(floor);
    }

    pub(crate) fn join(&self) -> Member {
        let mut floor = self.floor();
        let id = floor.next;
        floor.next += 1;
        floor.crowds.insert(id, Crowd::default());
        Member { machine: self.clone(), id }
    }

    /// Lets in those for whom there is room.
    fn admit(&self, mut floor: MutexGuard<'_, Floor>) {
        let mut admitted = Vec::new();
        while floor.has_room()
            && let Some((id, waits)) = floor.first_in_line()
        {
            floor.enter(id);
            admitted.push((waits, Spot { machine: self.clone(), id }));
        }
        // A place that is given back takes the lock.
        drop(floor);
        for (waits, spot) in admitted {
            // Who has gone away meanwhile gives it back.
            let _ = waits.send(spot);
        }
    }

    fn floor(&self) -> MutexGuard<'_, Floor> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Floor {
    fn has_room(&self) -> bool {
        self.limit.is_none_or(|limit| self.inside < limit)
    }

    fn enter(&mut self, id: u64) {
        self.inside += 1;
        if let Some(crowd) = self.crowds.get_mut(&id) {
            crowd.inside += 1;
        }
    }

    /// Who has waited longest of the migration that has the fewest inside.
    fn first_in_line(&mut self) -> Option<(u64, oneshot::Sender<Spot>)> {
        for crowd in self.crowds.values_mut() {
            while crowd.waiting.front().is_some_and(oneshot::Sender::is_closed) {
                crowd.waiting.pop_front();
            }
        }
        let waiting = self.crowds.iter_mut().filter(|(_, crowd)| !crowd.waiting.is_empty());
        let (id, crowd) = waiting.min_by_key(|(_, crowd)| crowd.inside)?;
        Some((*id, crowd.waiting.pop_front()?))
    }
}

impl Member {
    /// How many records this migration may count on having in flight. None: as many as it wants.
    pub(crate) fn share(&self) -> Option<usize> {
        let floor = self.machine.floor();
        floor.limit.map(|limit| (limit / floor.crowds.len().max(1)).max(1))
    }

    /// Waits for a place.
    pub(crate) async fn enter(&self) -> Spot {
        let waits = {
            let mut floor = self.machine.floor();
            // Whenever there is room, those who waited are in already.
            if floor.has_room() {
                floor.enter(self.id);
                return Spot { machine: self.machine.clone(), id: self.id };
            }
            let (waits, admitted) = oneshot::channel();
            if let Some(crowd) = floor.crowds.get_mut(&self.id) {
                crowd.waiting.push_back(waits);
            }
            admitted
        };
        match waits.await {
            Ok(spot) => spot,
            // Its line goes only with the member, which is borrowed here.
            Err(_) => std::future::pending().await,
        }
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        self.machine.floor().crowds.remove(&self.id);
    }
}

impl Drop for Spot {
    fn drop(&mut self) {
        let mut floor = self.machine.floor();
        floor.inside -= 1;
        if let Some(crowd) = floor.crowds.get_mut(&self.id) {
            crowd.inside -= 1;
        }
        self.machine.admit(floor);
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::control::Controls;
    use crate::spec::JobSpec;

    fn records(limit: u32) -> Option<NonZeroU32> {
        NonZeroU32::new(limit)
    }

    async fn is_full(member: &Member) -> bool {
        tokio::time::timeout(std::time::Duration::from_millis(5), member.enter()).await.is_err()
    }

    #[tokio::test]
    async fn a_free_place_goes_to_the_migration_that_has_the_fewest() {
        let machine = Machine::default();
        machine.set_records(records(4));
        let (greedy, late) = (Arc::new(machine.join()), Arc::new(machine.join()));
        let mut held = Vec::new();
        for _ in 0..4 {
            held.push(greedy.enter().await);
        }
        // The greedy one stands in the line first, and many times.
        let line: Vec<_> = (0..8)
            .map(|_| {
                let greedy = Arc::clone(&greedy);
                tokio::spawn(async move { greedy.enter().await })
            })
            .collect();
        while machine.floor().crowds[&greedy.id].waiting.len() < line.len() {
            tokio::task::yield_now().await;
        }
        let mut lates = Vec::new();
        for _ in 0..2 {
            let next = {
                let late = Arc::clone(&late);
                tokio::spawn(async move { late.enter().await })
            };
            while machine.floor().crowds[&late.id].waiting.is_empty() {
                tokio::task::yield_now().await;
            }
            held.pop();
            lates.push(next.await.unwrap());
        }
        assert_eq!((held.len(), lates.len()), (2, 2), "half of the places each");
        // Who goes away gives its place to nobody that is gone.
        for waits in line {
            waits.abort();
        }
        drop(held);
        let others = [late.enter().await, late.enter().await];
        assert!(is_full(&late).await);
        drop((lates, others, greedy));
        assert_eq!(machine.floor().inside, 0);
    }

    #[tokio::test]
    async fn another_limit_is_in_force_at_once() {
        let machine = Machine::default();
        let member = machine.join();
        let mut held: Vec<_> = Vec::new();
        for _ in 0..3 {
            held.push(member.enter().await);
        }
        machine.set_records(records(2));
        held.pop();
        assert!(is_full(&member).await, "a third one came in while the limit was two");
        machine.set_records(records(3));
        held.push(member.enter().await);
        assert!(is_full(&member).await);
        machine.set_records(None);
        assert!(!is_full(&member).await);
    }

    #[tokio::test]
    async fn both_lanes_of_all_migrations_share_the_limit() {
        let machine = Machine::default();
        machine.set_records(records(1));
        let job = JobSpec::new(vec![Path::new("/from").into()], Path::new("/to").into());
        let [one, other] = [(); 2].map(|()| Controls::within(&machine, &job));
        let place = one.gate.enter().await;
        let waits = tokio::time::timeout(std::time::Duration::from_millis(5), other.recovery_gate.enter());
        assert!(waits.await.is_err());
        assert_eq!((one.gate.inside(), other.recovery_gate.inside()), (1, 0));
        drop(place);
        let _place = other.recovery_gate.enter().await;
        assert_eq!((one.gate.inside(), other.recovery_gate.inside()), (0, 1));
    }
}
