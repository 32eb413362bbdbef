//! A service with a knee, in virtual time.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::time::Duration;

use super::super::latency::{Answer, LatencyRule};
use super::Random;

/// A service from a moment on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    /// In seconds.
    pub(super) from: f64,
    pub(super) servers: u32,
    /// How many times as long each server takes.
    pub(super) slower: f64,
}

/// A service with so many servers and one queue.
#[derive(Debug, Clone)]
pub(super) struct Service {
    /// What it is from when on, in order.
    pub(super) script: Vec<Step>,
    /// Mean time of an answer without load, in seconds, the way there and back included.
    pub(super) base: f64,
    /// Of `base`, so much is the way and occupies no server.
    pub(super) way: f64,
    /// Sigma of the log-normal jitter of the service time.
    pub(super) jitter: f64,
    /// How much slower each server gets when twice as many as the servers are inside: 0.3 = 30 %.
    pub(super) thrash: f64,
    /// How much slower each server gets up to the knee, where all are busy.
    pub(super) slope: f64,
    /// Requests that may wait; those beyond are refused. As a share of the servers.
    pub(super) queue: Option<f64>,
    /// Requests a second that it takes; what is not used is kept for a tenth of a second. Those beyond are
    /// refused.
    pub(super) rate: Option<f64>,
    /// Share of requests that are refused for no reason.
    pub(super) whims: f64,
    /// Sigma and kappa of the Universal Scalability Law, by which those that are served hold each other up.
    pub(super) law: Option<(f64, f64)>,
}

impl Service {
    /// A usual one: sharp knee, a tenth of the time on the way, no refusals.
    pub(super) fn with(servers: u32, base: f64) -> Self {
        let script = vec![Step { from: 0.0, servers, slower: 1.0 }];
        Self {
            script,
            base,
            way: 0.1,
            jitter: 0.3,
            thrash: 0.3,
            slope: 0.0,
            queue: None,
            rate: None,
            whims: 0.0,
            law: None,
        }
    }

    /// One that serves all at once, but takes only so many a second.
    pub(super) fn at_most(rate: f64, base: f64) -> Self {
        Self { thrash: 0.0, rate: Some(rate), ..Self::with(u32::MAX, base) }
    }

    /// One that serves all at once, by that law (N. J. Gunther, "Guerrilla Capacity Planning", 2007).
    pub(super) fn under_the_law(sigma: f64, kappa: f64, base: f64) -> Self {
        Self { thrash: 0.0, law: Some((sigma, kappa)), ..Self::with(u32::MAX, base) }
    }

    /// So many at once get the most done.
    fn knee(&self) -> f64 {
        match self.law {
            Some((sigma, kappa)) => ((1.0 - sigma) / kappa).sqrt(),
            None => f64::from(self.script[0].servers) / (1.0 - self.way),
        }
    }

    /// As it is from `step` on, for ever.
    pub(super) fn standing(&self, step: Step) -> Self {
        Self { script: vec![Step { from: 0.0, ..step }], ..self.clone() }
    }

    fn at(&self, second: f64) -> Step {
        *self.script.iter().rev().find(|step| step.from <= second).unwrap_or(&self.script[0])
    }
}

/// When a run is over.
#[derive(Debug, Clone, Copy)]
pub(super) enum End {
    Answers(u32),
    Seconds(f64),
}

#[derive(Debug, Clone, Copy)]
struct Request {
    sent: f64,
    in_flight: u32,
}

#[derive(Debug, Clone, Copy)]
struct Refused(bool);

#[derive(Debug, Clone, Copy)]
enum Event {
    Arrives(Request),
    Served(Request),
    Answered(Request, Refused),
    /// A place that was refused may be taken again.
    Rested,
    /// The script goes on.
    Wakes,
}

/// What is to happen when, in seconds.
#[derive(Default)]
struct Agenda {
    /// Nanoseconds, and the place in `events`; what was entered first comes first.
    times: BinaryHeap<Reverse<(u64, usize)>>,
    events: Vec<Event>,
}

impl Agenda {
    fn enter(&mut self, at: f64, event: Event) {
        self.times.push(Reverse(((at * 1e9) as u64, self.events.len())));
        self.events.push(event);
    }

    fn next(&mut self) -> Option<(f64, Event)> {
        let Reverse((at, place)) = self.times.pop()?;
        Some((at as f64 / 1e9, self.events[place]))
    }
}

/// Requests that a service takes at this moment.
#[derive(Default)]
struct Allowance {
    left: f64,
    at: f64,
}

impl Allowance {
    fn takes(&mut self, rate: f64, now: f64) -> bool {
        self.left = (self.left + (now - self.at) * rate).min(rate / 10.0);
        self.at = now;
        let takes = self.left >= 1.0;
        if takes {
            self.left -= 1.0;
        }
        takes
    }
}

/// What came of a run.
#[derive(Debug, Default)]
pub(super) struct Run {
    answered: u32,
    refused: u32,
    seconds: f64,
    /// Answers in each second, and what was refused.
    per_second: Vec<[u32; 2]>,
}

impl Run {
    fn count(&mut self, now: f64, refused: bool) {
        *if refused { &mut self.refused } else { &mut self.answered } += 1;
        let second = now as usize;
        if self.per_second.len() <= second {
            self.per_second.resize(second + 1, [0; 2]);
        }
        self.per_second[second][usize::from(refused)] += 1;
    }

    pub(super) fn throughput(&self) -> f64 {
        f64::from(self.answered) / self.seconds
    }

    pub(super) fn refused_share(&self) -> f64 {
        f64::from(self.refused) / f64::from(self.answered + self.refused)
    }

    /// Answers a second over `[from, from + over)`.
    pub(super) fn between(&self, from: usize, over: usize) -> f64 {
        let window = &self.per_second[from..(from + over).min(self.per_second.len())];
        window.iter().map(|[answered, _]| f64::from(*answered)).sum::<f64>() / window.len() as f64
    }

    /// The share of what was refused from a second on.
    pub(super) fn refused_from(&self, second: usize) -> f64 {
        let [answered, refused] =
            self.per_second[second..].iter().fold([0, 0], |all, one| [all[0] + one[0], all[1] + one[1]]);
        f64::from(refused) / f64::from(answered + refused)
    }
}

/// The service with clients that keep as many requests under way as the limit allows; `control` is
/// told each answer and may set another limit. A place that was refused rests for as long as an answer takes.
pub(super) fn run(
    service: &Service,
    seed: u64,
    end: End,
    mut limit: u32,
    mut control: impl FnMut(Duration, Answer) -> Option<u32>,
) -> Run {
    let mut random = Random::new(seed);
    let mut agenda = Agenda::default();
    let mut waiting: VecDeque<Request> = VecDeque::new();
    let (mut busy, mut in_flight) = (0u32, 0u32);
    let mut allowance = Allowance::default();
    let mut done = Run::default();
    agenda.enter(0.0, Event::Wakes);
    service.script.iter().for_each(|step| agenda.enter(step.from, Event::Wakes));
    while let Some((now, event)) = agenda.next() {
        let over = match end {
            End::Answers(count) => done.answered >= count,
            End::Seconds(seconds) => now >= seconds,
        };
        if over {
            break;
        }
        done.seconds = now;
        let Step { servers, slower, .. } = service.at(now);
        let way = service.base * service.way;
        match event {
            Event::Wakes => {}
            Event::Rested => in_flight -= 1,
            Event::Arrives(request) => {
                let inside = f64::from(busy) + waiting.len() as f64;
                let most = service.queue.map_or(f64::INFINITY, |queue| (1.0 + queue) * f64::from(servers));
                let too_fast = service.rate.is_some_and(|rate| !allowance.takes(rate, now));
                if too_fast || inside >= most.floor() || random.share() < service.whims {
                    let back = way / 2.0 + 0.02 * service.base * random.jitter(0.3);
                    agenda.enter(now + back, Event::Answered(request, Refused(true)));
                } else {
                    waiting.push_back(request);
                }
            }
            Event::Served(request) => {
                busy -= 1;
                agenda.enter(now + way / 2.0, Event::Answered(request, Refused(false)));
            }
            Event::Answered(request, Refused(pushed_back)) => {
                match pushed_back {
                    true => agenda.enter(now + service.base, Event::Rested),
                    false => in_flight -= 1,
                }
                done.count(now, pushed_back);
                let latency = Duration::from_secs_f64((now - request.sent).max(0.0));
                let answer = Answer { latency, pushed_back, in_flight: request.in_flight };
                if let Some(other) = control(Duration::from_secs_f64(now), answer) {
                    limit = other;
                }
            }
        }
        while busy < servers
            && let Some(request) = waiting.pop_front()
        {
            busy += 1;
            let load = (f64::from(busy) + waiting.len() as f64) / f64::from(servers);
            let others = f64::from(busy) - 1.0;
            let held_up = match service.law {
                Some((sigma, kappa)) => 1.0 + sigma * others + kappa * f64::from(busy) * others,
                None => 1.0 + service.thrash * (load - 1.0).max(0.0) + service.slope * load.min(1.0),
            };
            let work = service.base * (1.0 - service.way) * slower;
            agenda.enter(now + work * held_up * random.jitter(service.jitter), Event::Served(request));
        }
        while in_flight < limit {
            in_flight += 1;
            let request = Request { sent: now, in_flight };
            agenda.enter(now + way / 2.0 * random.jitter(0.1), Event::Arrives(request));
        }
    }
    done
}

/// Under the rule, which is told nothing but the answers.
pub(super) fn autopilot(service: &Service, seed: u64, end: End, start: u32) -> Run {
    let mut rule = LatencyRule::new(1..=256, start);
    run(service, seed, end, rule.limit(), |now, answer| {
        let before = rule.limit();
        let change = rule.observe(now, answer)?;
        assert_eq!((change.from, change.to), (before, rule.limit()));
        Some(change.to)
    })
}

/// The best throughput of a fixed limit under which hardly anything is refused, over limits around
/// the knee.
pub(super) fn best_fixed(service: &Service, end: End) -> f64 {
    let knee = service.knee();
    let around = [0.75, 0.85, 0.9, 0.95, 1.0, 1.05, 1.1, 1.2, 1.4, 2.0];
    let mut limits = around.map(|share| (share * knee).round().max(1.0) as u32).to_vec();
    limits.dedup();
    limits
        .into_iter()
        .map(|limit| run(service, 99, end, limit, |_, _| None))
        .filter(|run| run.refused_share() < 0.02 + service.whims)
        .map(|run| run.throughput())
        .fold(0.0, f64::max)
}

#[test]
fn it_has_a_knee() {
    let service = Service { queue: Some(0.5), ..Service::with(16, 0.08) };
    let with = |limit| run(&service, 1, End::Seconds(20.0), limit, |_, _| None);
    let (half, knee, beyond) = (with(8), with(18), with(24));
    assert!((half.throughput() - 100.0).abs() < 5.0, "{}", half.throughput());
    assert!((knee.throughput() - 212.0).abs() < 10.0, "{}", knee.throughput());
    assert!(beyond.throughput() < 0.95 * knee.throughput(), "{}", beyond.throughput());
    assert_eq!(beyond.refused, 0);
    assert!(with(40).refused_share() > 0.3, "{}", with(40).refused_share());
}
