//! What a demanding eye checks first: nothing cut off, nothing outside, everything legible, every
//! control within reach of the keyboard.

use std::collections::BTreeSet;

use serde_json::json;
use thirtyfour::prelude::*;

use super::Window;

/// The sizes at which the window must look finished.
pub const SIZES: [(u32, u32); 2] = [(1280, 800), (900, 600)];

/// More presses of Tab than any state of the window has controls.
const MOST_TABS: usize = 200;

/// Everything that Tab should stop at; of a group of radio buttons it stops at one.
const STOPS: &str = "const stops = [...document.querySelectorAll('button, input, select, summary, [tabindex=\"0\"]')] \
     .filter((stop) => !stop.disabled && stop.tabIndex >= 0 && stop.checkVisibility() \
       && !(stop.type === 'radio' && !stop.checked)); \
   const dialog = document.querySelector('dialog[open]'); \
   const reachable = dialog ? stops.filter((stop) => dialog.contains(stop)) : stops;";

impl Window {
    /// Photographs the window at every size, as `target/screenshots/NAME-WIDTH.png` and, where it
    /// scrolls, its end as `…-below.png`; and looks for what is wrong with it.
    ///
    /// # Panics
    /// When something is cut off, outside of its frame or hard to read, or where axe finds a fault.
    pub async fn assert_looks_right(&self, name: &str) {
        for (width, height) in SIZES {
            self.resize(width, height).await;
            self.script("document.querySelector('main').scrollTo(0, 0)", Vec::new()).await;
            self.photograph(&format!("{name}-{width}"));
            let below = "const main = document.querySelector('main'); main.scrollTo(0, main.scrollHeight); \
                         return main.scrollTop > 0";
            if self.script(below, Vec::new()).await == json!(true) {
                self.photograph(&format!("{name}-{width}-below"));
            }
            let found = self.script(include_str!("look.js"), Vec::new()).await;
            assert_eq!(found, json!([]), "{name} at {width}×{height}");
            assert_eq!(self.axe().await, json!([]), "axe on {name} at {width}×{height}");
        }
    }

    /// Draws the page at twice its size, by the keys for that: a window of 1280×800 then has the room of one
    /// of 640×400. WebDriver does not know of it and clicks beside what it should: from then on the keys lead.
    ///
    /// # Panics
    /// When the keys do nothing.
    pub async fn zoom_to_double(&self) {
        self.resize(1280, 800).await;
        for _ in 0..5 {
            self.chord(Key::Control, "=").await;
        }
        self.until("a page at twice its size", async |page| {
            let width = page.execute("return innerWidth", Vec::new()).await.ok()?;
            (*width.json() == json!(640)).then_some(())
        })
        .await;
    }

    /// Photographs the page as large as it is drawn now, as `target/screenshots/NAME.png` and `…-below.png`;
    /// and looks for what is cut off, covered or out of reach.
    ///
    /// # Panics
    /// When something is, or where axe finds a fault.
    pub async fn assert_nothing_is_out_of_reach(&self, name: &str) {
        self.script("document.querySelector('main').scrollTo(0, 0)", Vec::new()).await;
        self.photograph(name);
        let below = "const main = document.querySelector('main'); main.scrollTo(0, main.scrollHeight); \
                     return main.scrollTop > 0";
        if self.script(below, Vec::new()).await == json!(true) {
            self.photograph(&format!("{name}-below"));
        }
        let found = self.script(include_str!("look.js"), Vec::new()).await;
        assert_eq!(found, json!([]), "{name}");
        let covered = self.script(include_str!("covered.js"), Vec::new()).await;
        assert_eq!(covered, json!([]), "{name}");
        assert_eq!(self.axe().await, json!([]), "axe on {name}");
        self.assert_all_within_reach_of_tab().await;
    }

    /// Walks over the page with Tab.
    ///
    /// # Panics
    /// When Tab does not come to every control.
    pub async fn assert_all_within_reach_of_tab(&self) {
        let mark = format!(
            "{STOPS} document.activeElement?.blur(); \
             reachable.forEach((stop, i) => stop.dataset.stop = i); return reachable.length"
        );
        let all = self.script(&mark, Vec::new()).await.as_u64().expect("a number");
        let mut reached = BTreeSet::new();
        for _ in 0..MOST_TABS {
            self.action_chain().send_keys("" + Key::Tab).perform().await.expect("a press of Tab");
            let stop = self.script("return document.activeElement?.dataset.stop ?? null", Vec::new()).await;
            reached.extend(stop.as_str().map(str::to_owned));
            if reached.len() as u64 == all {
                return;
            }
        }
        let missed = self
            .script(
                "return [...document.querySelectorAll('[data-stop]')].filter((stop) => !arguments[0].includes(stop.dataset.stop)) \
                 .map((stop) => stop.outerHTML.slice(0, 120))",
                vec![json!(reached)],
            )
            .await;
        // A control that went away meanwhile, such as an offer that has lapsed, need not be reached.
        assert_eq!(missed, json!([]), "Tab does not come to these");
    }
}
