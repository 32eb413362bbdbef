//! The article's case: 1,000 records out of a checkpoint of 800,000, each looked up, copied and
//! registered, against one service with a fixed capacity. Four ways to do it, one table.
//!
//! `SLUICE_BENCH_ROUNDS` sets how often each arm runs (5), `SLUICE_BENCH_ARMS` runs only the arms
//! whose name holds that text, `SLUICE_BENCH_SERVICE=refuses` takes a service that refuses what is too much.

mod arms;
mod library;
mod service;
mod table;
mod uncontrolled;

use sluice_tests::lab::Lab;

use crate::ramdisk::RamDisk;
use arms::{Arm, Plan};
use library::Library;
use service::Service;
use table::Table;

/// Records in the checkpoint.
const LIBRARY: u64 = 800_000;
/// Records that are timed.
const RECORDS: usize = 1_000;
const ROUNDS: usize = 5;
const SWEEP: [u32; 5] = [4, 8, 16, 32, 64];

const ONE_AT_A_TIME: &str = "one at a time";
const UNCONTROLLED: &str = "uncontrolled";
const AUTOPILOT: &str = "controlled, autopilot from cold";

pub(crate) fn run(disk: &RamDisk) {
    let rounds = std::env::var("SLUICE_BENCH_ROUNDS").ok().and_then(|text| text.parse().ok());
    let rounds = rounds.unwrap_or(ROUNDS);
    let only = std::env::var("SLUICE_BENCH_ARMS").unwrap_or_default();
    let is_asked = |name: &str| name.contains(&only);

    let library = Library::new(disk, LIBRARY);
    let Service { script, description } = Service::wanted();
    let lab = Lab::start(script);
    println!("{RECORDS} records of {LIBRARY}: look up, copy, register; {rounds} rounds, the arms take turns");
    println!("{description}\n");

    let arms: Vec<Arm> = arms().into_iter().filter(|arm| is_asked(&arm.name)).collect();
    let plan = (!arms.is_empty()).then(|| Plan::new(&library, &lab));
    let pipeline = is_asked(UNCONTROLLED).then(|| uncontrolled::Pipeline::new(&library));
    let mut table = Table::default();
    for round in 1..=rounds {
        if let Some(pipeline) = &pipeline {
            table.add(UNCONTROLLED, pipeline.run(&library, &lab));
        }
        for arm in &arms {
            let plan = plan.as_ref().expect("a plan for the controlled arms");
            table.add(&arm.name, plan.run(arm, &library, &lab));
        }
        eprintln!("round {round} of {rounds} is done");
    }
    table.print(UNCONTROLLED);
    if only.is_empty() {
        table.judge(UNCONTROLLED, &SWEEP.map(fixed), AUTOPILOT);
    }
}

fn fixed(concurrency: u32) -> String {
    format!("controlled, two streams, {concurrency} at once")
}

/// The arms that the real command runs.
fn arms() -> Vec<Arm> {
    let mut arms =
        vec![Arm { name: ONE_AT_A_TIME.to_owned(), streams: 1, concurrency: Some(1), autopilot: false }];
    arms.extend(SWEEP.map(|concurrency| Arm {
        name: fixed(concurrency),
        streams: 2,
        concurrency: Some(concurrency),
        autopilot: false,
    }));
    arms.push(Arm { name: AUTOPILOT.to_owned(), streams: 2, concurrency: None, autopilot: true });
    arms
}
