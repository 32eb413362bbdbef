//! Figures for Prometheus, in its text format, on a loopback port.

use std::net::SocketAddr;
use std::time::Duration;

use metrics::gauge;
use metrics_exporter_prometheus::PrometheusBuilder;
use sluice_engine::api::{Error, Migration};
use sluice_engine::event::Progress;

/// Figures are set this often.
const EVERY: Duration = Duration::from_secs(1);

/// Begins to answer at that address. Only this computer may ask: paths and rates are nobody else's
/// business.
pub(crate) fn listen(address: SocketAddr) -> Result<(), Error> {
    let failed = |why: String| Error::Metrics { address, why };
    if !address.ip().is_loopback() {
        return Err(failed("it is not a loopback address, such as 127.0.0.1".into()));
    }
    // Bound here once, because the exporter would only say later that the port is taken.
    std::net::TcpListener::bind(address).map_err(|error| failed(error.to_string()))?;
    PrometheusBuilder::new().with_http_listener(address).install().map_err(|error| failed(error.to_string()))
}

/// Keeps the figures up to date for as long as the migration is open.
pub(crate) async fn follow(migration: Migration, is_asked: bool) {
    if !is_asked {
        return;
    }
    let mut progress = migration.progress();
    loop {
        set(&progress.borrow_and_update());
        if progress.changed().await.is_err() {
            return;
        }
        tokio::time::sleep(EVERY).await;
    }
}

fn set(progress: &Progress) {
    let balance = &progress.balance;
    for (outcome, records) in [
        ("delivered", balance.delivered),
        ("failed", balance.failed),
        ("skipped", balance.skipped),
        ("excluded", balance.excluded),
        ("pending", balance.pending),
    ] {
        gauge!("sluice_records", "outcome" => outcome).set(records as f64);
    }
    gauge!("sluice_bytes_moved").set(progress.bytes_moved as f64);
    gauge!("sluice_records_in_flight").set(f64::from(progress.in_flight));
    gauge!("sluice_concurrency").set(f64::from(progress.concurrency));
    gauge!("sluice_retries").set(balance.retries as f64);
    gauge!("sluice_outage").set(if progress.outage.is_some() { 1.0 } else { 0.0 });
    for service in progress.services.iter().chain(&progress.describing) {
        let name = &service.name;
        gauge!("sluice_service_requests", "service" => name.clone()).set(service.requests as f64);
        gauge!("sluice_service_retries", "service" => name.clone()).set(service.retries as f64);
        gauge!("sluice_service_throttled", "service" => name.clone()).set(service.throttled as f64);
        gauge!("sluice_service_failed", "service" => name.clone()).set(service.failed as f64);
        gauge!("sluice_service_in_flight", "service" => name.clone()).set(f64::from(service.in_flight));
        gauge!("sluice_service_concurrency", "service" => name.clone()).set(f64::from(service.concurrency));
        for step in &service.latencies {
            for (quantile, ms) in [("0.5", step.p50_ms), ("0.95", step.p95_ms), ("0.99", step.p99_ms)] {
                let labels =
                    [("service", name.clone()), ("step", step.step.clone()), ("quantile", quantile.into())];
                gauge!("sluice_service_latency_seconds", &labels).set(ms as f64 / 1000.0);
            }
        }
    }
}
