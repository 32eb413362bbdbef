//! What axe-core finds wrong with the page: names, roles, contrast, order (WCAG 2.2 A and AA, and good
//! practice).

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::Window;

/// One line a fault: which rule, why, and on what.
const RUN: &str = "const [done] = [...arguments].slice(-1); \
    axe.run(document, { resultTypes: ['violations'] }).then( \
      ({ violations }) => done(violations.flatMap(({ id, help, nodes }) => \
        nodes.map(({ target, failureSummary }) => `${id}: ${help}: ${target.join(' ')}: ${failureSummary}`))), \
      (error) => done([String(error)]))";

impl Window {
    /// The faults that axe finds in the page as it is now, one sentence each.
    pub(super) async fn axe(&self) -> Value {
        if self.script("return typeof axe", Vec::new()).await != json!("object") {
            let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../node_modules/axe-core/axe.min.js");
            let axe = fs::read_to_string(&file)
                .unwrap_or_else(|error| panic!("{}: {error}: run `npm run setup`", file.display()));
            // As a function's own text it would end up in that function alone.
            self.execute(format!("{axe}; window.axe = axe"), Vec::new()).await.expect("axe in the page");
        }
        let found = self.execute_async(RUN, Vec::new()).await;
        found.unwrap_or_else(|error| panic!("axe: {error}")).json().clone()
    }
}
