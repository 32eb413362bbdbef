//! When the capacity changes in the middle of a run.

use super::super::latency::START;
use super::service::{End, Service, Step, autopilot, best_fixed};

/// A step is held for so long.
const HELD: f64 = 60.0;

/// So soon it must have settled.
const SETTLES_WITHIN: usize = 30;

/// What the rule reached after one step of the script, as shares of the new optimum.
struct Reached {
    /// Seconds until the throughput, averaged, first was `0.9`; None where it never was.
    settled: Option<usize>,
    /// The best within the time that it has for settling.
    best_until_then: f64,
    /// The worst after that time.
    worst_after: f64,
}

fn reached(service: &Service, seed: u64, optima: &[f64], over: usize) -> Vec<Reached> {
    let end = HELD * service.script.len() as f64;
    let run = autopilot(service, seed, End::Seconds(end), START);
    let step = |(index, step): (usize, &Step)| {
        let (from, until) = (step.from as usize, (step.from + HELD) as usize - over);
        let share = |second: usize| run.between(second, over) / optima[index];
        let within = from..=from + SETTLES_WITHIN - over;
        Reached {
            settled: (from..until).find(|second| share(*second) >= 0.9).map(|second| second + over - from),
            best_until_then: within.map(share).fold(0.0, f64::max),
            worst_after: (from + SETTLES_WITHIN..until).map(share).fold(f64::INFINITY, f64::min),
        }
    };
    service.script.iter().enumerate().map(step).collect()
}

/// Half the servers, all of them again, twice as many; or each half as fast, and twice as fast.
fn scripts(servers: u32) -> [(&'static str, Vec<Step>); 2] {
    let step = |index: usize, servers, slower| Step { from: HELD * index as f64, servers, slower };
    let half = [servers, servers / 2, servers, 2 * servers];
    let slow = [1.0, 2.0, 1.0, 0.5];
    [
        ("servers", half.iter().enumerate().map(|(index, servers)| step(index, *servers, 1.0)).collect()),
        ("speed", slow.iter().enumerate().map(|(index, slower)| step(index, servers, *slower)).collect()),
    ]
}

/// Holds every step to `reach` of its optimum within the time, averaged over `over` seconds, and to
/// `never_below` after it.
fn expect(
    name: &str,
    servers: &[u32],
    base: f64,
    queue: Option<f64>,
    over: usize,
    reach: f64,
    never_below: f64,
) {
    let mut missed = Vec::new();
    for servers in servers {
        for (what, script) in scripts(*servers) {
            let service = Service { script, queue, ..Service::with(*servers, base) };
            let optimum = |step: &Step| {
                best_fixed(&service.standing(*step), End::Seconds((150.0 * base).clamp(4.0, 40.0)))
            };
            let optima: Vec<f64> = service.script.iter().map(optimum).collect();
            for seed in 1..=3 {
                for (index, got) in reached(&service, seed, &optima, over).iter().enumerate() {
                    let Step { servers, slower, .. } = service.script[index];
                    let line = format!(
                        "{name}, {what}, {:.0} ms, seed {seed}: {servers} servers x {slower}: 0.9 after {:?} s, {:.2} within 30 s, then never below {:.2}",
                        base * 1e3,
                        got.settled,
                        got.best_until_then,
                        got.worst_after
                    );
                    println!("{line}");
                    if got.best_until_then < reach || got.worst_after < never_below {
                        missed.push(line);
                    }
                }
            }
        }
    }
    assert!(missed.is_empty(), "{missed:#?}");
}

#[test]
fn a_fast_service_shifts() {
    expect("fast", &[4, 16], 0.02, None, 5, 0.9, 0.5);
}

#[test]
fn a_usual_service_shifts() {
    expect("usual", &[4, 16, 40], 0.08, None, 5, 0.9, 0.5);
}

#[test]
fn a_service_that_refuses_shifts() {
    expect("refuses", &[4, 16, 40], 0.08, Some(0.5), 5, 0.9, 0.5);
}

#[test]
fn a_slow_service_shifts() {
    expect("slow", &[4, 16, 40], 0.3, None, 5, 0.9, 0.5);
}

/// Thirty seconds are thirty round trips here, and some of them are needed to tell a shift from
/// chance; with four servers, the four answers a second alone scatter by that much.
#[test]
fn a_very_slow_service_shifts() {
    expect("very slow", &[16, 40], 1.0, None, 10, 0.75, 0.5);
}
