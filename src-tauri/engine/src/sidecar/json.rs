//! JSON: everything that is known, under Sluice's own names.

use serde_json::{Value, json};

use super::described::Described;

pub(super) fn write(described: &Described) -> Vec<u8> {
    let fact = |name: &str| described.facts.get(name).cloned().unwrap_or(Value::Null);
    let hash = described.hash().map(|(algorithm, value)| json!({ "algorithm": algorithm, "value": value }));
    let document = json!({
        "file": {
            "name": described.file_name(),
            "path": described.target(),
            "size": fact("size"),
            "hash": hash,
            "evidence": described.evidence,
            "media_type": described.media_type(),
        },
        "source": fact("path"),
        "terms": described.terms,
        "fields": fact("fields"),
        "technical": fact("tech"),
    });
    let mut bytes = format!("{document:#}").into_bytes();
    bytes.push(b'\n');
    bytes
}
