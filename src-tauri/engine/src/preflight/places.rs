//! Places behind connections, looked at before anything moves.

use std::sync::Arc;

use super::{Fact, Finding, Refusal, Severity};
use crate::connections::access_of;
use crate::control::Controls;
use crate::control::intake::IntakeSwitch;
use crate::control::line::Line;
use crate::spec::{JobSpec, Location};
use crate::storage::remote::connect::connect;
use crate::storage::sources::Sources;

/// Whether every source can be listed and the destination written to. Gives what is worth knowing.
pub(crate) async fn check_places(job: &JobSpec, sources: &Sources) -> Result<Vec<Finding>, Refusal> {
    let mut findings = Vec::new();
    if !job.is_remote() {
        return Ok(findings);
    }
    // A control of its own: what a look finds out is no outage of the run.
    let line = Line::new(Arc::new(Controls::new(job)), Arc::new(IntakeSwitch::new()), false);
    for place in sources.iter().filter_map(|(_, source)| source.remote()) {
        place.probe_source(&line).await?;
    }
    if let Location::Remote(remote) = &job.destination {
        let shown = job.destination.to_string();
        let place = connect(remote, &shown, job, &access_of(job)?)?;
        let probed = place.probe_destination(&line).await?;
        if !probed.keeps_times {
            let fact = Fact::TimesLost { place: shown.clone() };
            findings.push(Finding::of(Severity::Notes, 0, fact));
        }
        if !probed.guards {
            findings.push(Finding::of(Severity::Warns, 0, Fact::DestinationUnguarded { place: shown }));
        }
    }
    Ok(findings)
}
