//! The words that scripts and people rely on.

use serde_json::json;

use crate::failure::Category;
use crate::preflight::{
    CatalogueRemark, End, Fact, Finding, LeftOut, PlaceTrouble, Refusal, ServiceKind, Severity,
};
use crate::spec::SecretField;

fn place() -> String {
    "nas:media".into()
}

#[test]
fn a_finding_says_what_is_the_case_with_its_figures() {
    let category = Category::SourceMissing;
    for (fact, code, sentence) in [
        (
            Fact::NoSpace { free: 3_000_000_000, needed: 5_000_000_000 },
            "no_space",
            "the destination has 3.0 GB free, but 5.0 GB are needed",
        ),
        (Fact::Failed { category, records: 1204 }, "source_missing", "1,204 name a file that is not there"),
        (Fact::Failed { category: Category::Timeout, records: 2 }, "timeout", "2 failed already"),
        (
            Fact::Excluded { policy: LeftOut::Junk, records: 7 },
            "excluded_junk",
            "7 system leftovers (.DS_Store, ._*, Thumbs.db and the like) are left out",
        ),
        (
            Fact::Excluded { policy: LeftOut::of("own_checkpoint"), records: 1 },
            "excluded_own_checkpoint",
            "1 files of this migration's own checkpoint are left out",
        ),
        (
            Fact::Groups { rule: "raw".into(), groups: 602, records: 1204 },
            "groups",
            "1,204 files in 602 groups (raw) are delivered together or not at all",
        ),
        (
            Fact::Catalogue { name: "a.csv".into(), remark: CatalogueRemark::ShortRows, rows: 3 },
            "catalogue_short_rows",
            "a.csv: 3 rows have fewer cells than there are columns; the missing ones are taken as empty",
        ),
        (
            Fact::ServiceUnreachable {
                lookup: Some("rights".into()),
                service: "https://dam.example".into(),
                waited_s: Some(5),
                said: String::new(),
            },
            "service_unreachable",
            "lookup \"rights\": the service https://dam.example cannot be reached: it did not answer within 5 s",
        ),
        (
            Fact::ServiceDenied { lookup: None, service: "https://dam.example".into(), status: 401 },
            "service_denied",
            "register: the service https://dam.example refuses our sign-in (401)",
        ),
        (
            Fact::Refused { refusal: Refusal::SecretUnset { name: "DAM_TOKEN".into() } },
            "secret_missing",
            "the secret DAM_TOKEN that the job names is not set",
        ),
        (
            Fact::TargetTaken { target: "a.mov".into(), proposed: "a (2).mov".into() },
            "name_collision",
            "another record has the target a.mov; this one becomes a (2).mov",
        ),
    ] {
        let finding = Finding::of(Severity::Warns, 1, fact);
        assert_eq!((finding.code.as_str(), finding.message.as_str()), (code, sentence));
    }
}

#[test]
fn a_refusal_says_what_where_and_why() {
    for (refusal, code, sentence) in [
        (
            Refusal::DestinationIsFile { path: "/a/b".into(), file: "/a".into() },
            "destination_is_file",
            "the destination /a/b cannot be a folder: /a is a file",
        ),
        (
            Refusal::ConnectionUnknown {
                name: "nsa".into(),
                place: "nsa:media".into(),
                known: vec!["archive".into(), "nas".into()],
            },
            "connection_unknown",
            "there is no connection nsa, which nsa:media names; there are archive, nas",
        ),
        (
            Refusal::SecretMissing {
                place: place(),
                secret: SecretField::Password,
                variable: "SLUICE_NAS_PASSWORD".into(),
            },
            "secret_missing",
            "nas:media: there is no password to sign in with; SLUICE_NAS_PASSWORD is not set",
        ),
        (
            Refusal::KeysMissing {
                place: place(),
                service: ServiceKind::Azure,
                variables: vec!["A".into(), "B".into()],
                one_will_do: true,
            },
            "secret_missing",
            "nas:media: nobody signs in to it; A and B are both not set",
        ),
        (
            Refusal::Place {
                end: End::Destination,
                place: place(),
                trouble: PlaceTrouble::SignIn,
                said: "401".into(),
            },
            "service_denied",
            "cannot write to the destination nas:media: 401",
        ),
        (
            Refusal::SourceUnseen { place: place(), said: None },
            "source_unlistable",
            "the source nas:media does not answer",
        ),
    ] {
        assert_eq!((refusal.code(), refusal.to_string().as_str()), (code, sentence));
    }
}

#[test]
fn what_another_version_wrote_down_is_still_read() {
    let told = json!({
        "severity": "warns", "code": "file_twice", "message": "3 name a file", "advice": "Each is", "records": 3,
    });
    let finding: Finding = serde_json::from_value(told.clone()).unwrap();
    assert_eq!((finding.what, finding.message.as_str()), (None, "3 name a file"), "an earlier version");
    let mut later = told;
    later["what"] = json!({ "kind": "moon_phase", "records": 3 });
    let finding: Finding = serde_json::from_value(later).unwrap();
    assert_eq!((finding.what, finding.records), (None, 3), "a later version");
}

#[test]
fn a_finding_is_the_same_after_it_was_kept() {
    let fact = Fact::Catalogue { name: "a.csv".into(), remark: CatalogueRemark::Respelt, rows: 3 };
    let finding = Finding::of(Severity::Notes, 3, fact);
    let kept = serde_json::to_string(&finding).unwrap();
    assert_eq!(serde_json::from_str::<Finding>(&kept).unwrap(), finding);
}
