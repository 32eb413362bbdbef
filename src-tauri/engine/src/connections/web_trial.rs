//! A connection of the kind http tried out: whether its server answers and knows us. Asks for nothing but
//! what is said of one URL.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use reqwest::{Client, Url};

use super::heard::Heard;
use super::trial::{Step, Trial, clock, failed, ok, reach};
use crate::control::Controls;
use crate::control::intake::IntakeSwitch;
use crate::control::line::{Line, Trouble};
use crate::spec::{Connection, JobSpec, Location, SpecError};
use crate::storage::remote::connect::Access;
use crate::storage::remote::fault::FaultKind;
use crate::storage::web::{self, SignIns, Web};

/// Tries the server of a connection, and a path below its address.
pub(super) async fn run(
    name: &str,
    connection: &Connection,
    path: &str,
    access: &Access,
    client: &Client,
) -> Result<Trial, SpecError> {
    let url = below(name, connection, path)?;
    let service = url.origin().ascii_serialization();
    let mut trial = Trial { place: url.to_string(), service: service.clone(), steps: Vec::new() };
    let Some(ahead) = trial.step(Step::Reach, reach(&service, client)).await else {
        trial.skip(&[Step::Clock, Step::SignIn, Step::Read]);
        return Ok(trial);
    };
    trial.tell(Step::Clock, clock(ahead), Duration::ZERO);
    let own = BTreeMap::from([(name.to_owned(), connection.clone())]);
    let web = Web::new(SignIns::new(own, Arc::clone(&access.secrets)));
    let job = JobSpec::new(Vec::new(), Location::default());
    let line = Line::new(Arc::new(Controls::new(&job)), Arc::new(IntakeSwitch::new()), false);
    let looking = async {
        match web.look(&url, &line).await {
            Ok(head) => (ok(Heard::KnowsUs), Some(Ok(head.size))),
            Err(not_fetched) => match not_fetched.trouble {
                Trouble::Refused(fault) | Trouble::Away(fault, _)
                    if matches!(fault.kind, FaultKind::SignIn | FaultKind::Denied) =>
                {
                    (failed(fault.said), None)
                }
                trouble => (ok(Heard::DoesNotRefuse), Some(Err(trouble.to_string()))),
            },
        }
    };
    match trial.step(Step::SignIn, looking).await {
        None => trial.skip(&[Step::Read]),
        Some(read) => {
            let came = match read {
                Ok(Some(size)) => ok(Heard::Bytes { bytes: size }),
                Ok(None) => ok(Heard::NoSize),
                // An address that is no file itself is nothing bad.
                Err(said) if path.is_empty() => ok(Heard::NothingItself { said }),
                Err(why) => failed(why),
            };
            trial.tell(Step::Read, came, Duration::ZERO);
        }
    }
    Ok(trial)
}

/// The URL of a path below a connection's address.
fn below(name: &str, connection: &Connection, path: &str) -> Result<Url, SpecError> {
    let wrong =
        |why: &dyn std::fmt::Display| SpecError::Connection { what: format!("the connection {name}: {why}") };
    let base = match connection {
        Connection::Http(http) => http.url.trim_end_matches('/'),
        _ => return Err(wrong(&"it is none of the kind http")),
    };
    let path = path.trim_start_matches('/');
    let text = if path.is_empty() { base.to_owned() } else { format!("{base}/{path}") };
    web::read(&text).map_err(|why| wrong(&why))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::Http;

    #[test]
    fn a_path_is_below_the_address() {
        let http = Connection::Http(Http::at("https://dam.example/media/".into()));
        let of = |path: &str| below("dam", &http, path).map(|url| url.to_string());
        assert_eq!(of("").unwrap(), "https://dam.example/media");
        assert_eq!(of("/a b.mov").unwrap(), "https://dam.example/media/a%20b.mov");
        assert!(of("a\nb").is_err());
    }
}
