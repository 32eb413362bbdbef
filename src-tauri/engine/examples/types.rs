//! Prints the TypeScript types of everything that crosses to the page.
//! `npm run types` writes them to `ui/src/backend/types.ts`; `npm run check` fails when they drift.

use sluice_engine::{advisor, api, error, event, failure, metrics, preflight, record, spec, state};
use ts_rs::{Config, TS};

fn main() {
    let config = Config::from_env();
    println!("// Generated from the engine by `npm run types`. Do not edit.");
    macro_rules! print_types {
        ($($type:ty),* $(,)?) => { $(println!("\nexport {}", <$type>::decl(&config));)* };
    }
    print_types!(
        state::State,
        failure::Stage,
        failure::Class,
        failure::Category,
        record::Lane,
        record::Balance,
        spec::Verify,
        spec::OnConflict,
        spec::HashAlgorithm,
        spec::Delivery,
        spec::Limits,
        spec::Range,
        spec::LimitRanges,
        spec::RetryRule,
        spec::Lease,
        spec::Autopilot,
        spec::Schedule,
        spec::Recovery,
        spec::Timetable,
        spec::Control,
        spec::Method,
        spec::Auth,
        spec::FieldRule,
        spec::Tool,
        spec::MediaKind,
        spec::OnUnknownMedia,
        spec::Describe,
        spec::Lookup,
        spec::Register,
        spec::Endpoint,
        spec::JobSpec,
        metrics::Sample,
        metrics::TimeLeft,
        metrics::StepLatency,
        advisor::Offer,
        advisor::Advice,
        metrics::ServicePoint,
        metrics::MetricPoint,
        event::ServiceStatus,
        event::Outage,
        event::StreamSummary,
        event::BatchSummary,
        event::ActiveRecord,
        event::LiveStream,
        event::LiveBatch,
        event::Progress,
        event::EventKind,
        event::Event,
        preflight::Severity,
        preflight::Finding,
        preflight::Space,
        preflight::TypeCount,
        preflight::Preflight,
        api::FailureGroup,
        api::FailedRecord,
        api::FailurePage,
        api::Attempt,
        api::Selection,
        api::Amendment,
        api::Snapshot,
        error::ErrorReport,
    );
}
