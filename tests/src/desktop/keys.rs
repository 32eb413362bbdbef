//! The window without a mouse: real presses of keys, and where the focus is.

use serde_json::json;
use thirtyfour::prelude::*;

use super::{Window, part};

/// More presses of Tab than there are controls between any two parts of the window.
const MOST_TABS: usize = 200;

impl Window {
    /// Presses a key in whatever has the focus.
    ///
    /// # Panics
    /// When the window takes no keys.
    pub async fn key(&self, key: impl Into<TypingData>) {
        self.action_chain().send_keys(key).perform().await.expect("a press of a key");
    }

    /// Presses a key while another one is held down.
    ///
    /// # Panics
    /// When the window takes no keys.
    pub async fn chord(&self, held: Key, key: impl Into<TypingData>) {
        let chain = self.action_chain().key_down(held.clone()).send_keys(key).key_up(held);
        chain.perform().await.expect("presses of keys");
    }

    /// Walks with Tab, forth or back, from where the focus is to a part that can be pressed.
    ///
    /// # Panics
    /// When the focus was lost, or Tab does not come there.
    pub async fn tab_to(&self, name: &str) {
        self.tab_into(&part(name)).await;
    }

    /// The same, by a selector.
    ///
    /// # Panics
    /// When the focus was lost, or Tab does not come there.
    pub async fn tab_into(&self, selector: &str) {
        self.until("the focus on some part of the window", async |page| {
            let lost = "return document.activeElement === null || document.activeElement === document.body";
            (*page.execute(lost, Vec::new()).await.ok()?.json() == json!(false)).then_some(())
        })
        .await;
        for _ in 0..MOST_TABS {
            let way = self
                .until(&format!("{selector} to go to"), async |page| {
                    let source = "const to = document.querySelector(arguments[0]); \
                        if (!to || to.disabled || !to.checkVisibility()) return null; \
                        if (to === document.activeElement) return 'there'; \
                        const way = document.activeElement.compareDocumentPosition(to); \
                        return way & Node.DOCUMENT_POSITION_PRECEDING ? 'back' : 'forth'";
                    let way = page.execute(source, vec![json!(selector)]).await.ok()?;
                    way.json().as_str().map(str::to_owned)
                })
                .await;
            match &*way {
                "there" => return,
                "back" => self.chord(Key::Shift, "" + Key::Tab).await,
                _ => self.key("" + Key::Tab).await,
            }
        }
        self.photograph("what-was-there-instead");
        let at = self.script("return document.activeElement.outerHTML.slice(0, 200)", Vec::new()).await;
        panic!("Tab does not come to {selector}, but to {at}");
    }

    /// Walks to a button, and presses it with Enter.
    pub async fn enter(&self, name: &str) {
        self.tab_to(name).await;
        self.key("" + Key::Enter).await;
    }

    /// Walks to a field, and types in place of what it holds.
    pub async fn type_into(&self, name: &str, text: &str) {
        self.tab_to(name).await;
        self.chord(Key::Control, "a").await;
        self.key(text).await;
    }

    /// Walks to the views of the migration, and through them to one of them.
    pub async fn turn_to(&self, tab: &str) {
        self.tab_into("[role='tab'][aria-selected='true']").await;
        let selected = format!("#tab-{tab}[aria-selected='true']");
        while self.find(By::Css(&*selected)).await.is_err() {
            self.key("" + Key::Right).await;
        }
    }

    /// Waits until the focus is on what a selector finds.
    pub async fn has_focus_on(&self, selector: &str) {
        self.until(&format!("the focus on {selector}"), async |page| {
            let there = "return document.activeElement?.matches(arguments[0]) ?? false";
            let there = page.execute(there, vec![json!(selector)]).await.ok()?;
            (*there.json() == json!(true)).then_some(())
        })
        .await;
    }
}
