//! Whether XML is what its schema says, as libxml2 judges.

use std::path::Path;
use std::process::Command;

/// Asserts that a file is valid by a schema of the fixtures, such as `ebucore.xsd`.
///
/// # Panics
/// When it is not, or xmllint is not installed.
#[track_caller]
pub fn assert_valid(file: &Path, schema: &str) {
    let schemas = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/schemas");
    let checked = Command::new("xmllint")
        .args(["--noout", "--nonet", "--schema"])
        .args([&schemas.join(schema), file])
        .output()
        .expect("xmllint, of the package libxml2-utils");
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
}
