//! Progress on standard error: a bar on a terminal, plain lines elsewhere.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle as BarStyle};
use sluice_engine::api::Migration;
use sluice_engine::event::Progress;
use sluice_engine::report::words::{bytes, count, duration};
use sluice_engine::state::State;

use crate::output::ProgressStyle;

/// Plain lines come this often.
const LINE_EVERY: Duration = Duration::from_secs(5);

/// Shows progress until it is dropped or the migration rests.
pub(crate) async fn follow(migration: Migration, style: ProgressStyle) {
    let mut progress = migration.progress();
    match style {
        ProgressStyle::None => std::future::pending().await,
        ProgressStyle::Bar => {
            let bar = ProgressBar::new(0).with_style(bar_style());
            let _clear = Clear(bar.clone());
            loop {
                let now = progress.borrow_and_update().clone();
                // Bytes carry the bar; a migration of empty files is carried by their number.
                let (done, all) = match now.balance.bytes_total {
                    0 => (done(&now), now.balance.found),
                    all => (all - now.balance.bytes_pending(), all),
                };
                bar.set_length(all.max(1));
                bar.set_position(if now.state == State::Planning { 0 } else { done });
                bar.set_message(line(&now));
                if progress.changed().await.is_err() {
                    return;
                }
            }
        }
        ProgressStyle::Lines => {
            let mut told = Instant::now();
            let mut last = String::new();
            while progress.changed().await.is_ok() {
                let now = progress.borrow_and_update().clone();
                if now.state.is_active() && told.elapsed() >= LINE_EVERY {
                    told = Instant::now();
                    let line = line(&now);
                    // A watch has nothing to tell for days.
                    if line != last {
                        eprintln!("{line}");
                        last = line;
                    }
                }
            }
        }
    }
}

struct Clear(ProgressBar);

impl Drop for Clear {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

fn bar_style() -> BarStyle {
    BarStyle::with_template("{bar:24} {msg}")
        .unwrap_or_else(|_| BarStyle::default_bar())
        .progress_chars("━╸─")
}

fn done(progress: &Progress) -> u64 {
    progress.balance.found - progress.balance.pending
}

fn line(progress: &Progress) -> String {
    let balance = &progress.balance;
    if progress.state == State::Planning {
        return format!("planning: {} records, {} found", count(balance.found), bytes(balance.bytes_total));
    }
    let mut line = format!(
        "{}: {} of {} records, {} of {}",
        progress.state.word(),
        count(done(progress)),
        count(balance.found),
        bytes(balance.bytes_total - balance.bytes_pending()),
        bytes(balance.bytes_total),
    );
    if balance.failed > 0 {
        line += &format!(", {} failed", count(balance.failed));
    }
    if progress.arriving > 0 {
        line += &format!(", {} arriving", count(progress.arriving));
    }
    if let Some(sample) = progress.sample.filter(|_| progress.state == State::Running) {
        line += &format!(", {}/s", bytes(sample.bytes_per_s as u64));
    }
    if let Some(left) = &progress.time_left {
        line += &format!(", {} to {} left", duration(left.low_s), duration(left.high_s));
    }
    line
}
