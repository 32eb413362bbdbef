//! The page's parts by the names that it gives them for tests (`data-testid`).

use thirtyfour::prelude::*;

use super::Window;

/// One row of the list of failed records, as the page shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns of the table")]
pub struct FailureRow {
    pub id: String,
    pub source: String,
    pub category: String,
    pub attempts: String,
    pub message: String,
}

/// The selector of a part of the page.
pub fn part(name: &str) -> String {
    format!("[data-testid='{name}']")
}

impl Window {
    /// Waits until a part can be pressed, and presses it.
    pub async fn tap(&self, name: &str) {
        self.tap_in(&part(name)).await;
    }

    /// Waits until what a selector finds can be pressed, and presses it.
    pub async fn tap_in(&self, selector: &str) {
        self.until(&format!("{selector} to press"), async |page| {
            let found = page.find(By::Css(selector)).await.ok()?;
            let ready = found.is_enabled().await.ok()? && found.is_displayed().await.ok()?;
            if ready && found.click().await.is_ok() {
                return Some(());
            }
            // The page may have redrawn it in between, or something lies over the edge of it.
            found.scroll_into_view().await.ok()?;
            None
        })
        .await;
    }

    /// The text of a part, once it is shown.
    pub async fn read(&self, name: &str) -> String {
        let selector = part(name);
        self.until(&format!("the text of {name:?}"), async |page| {
            page.find(By::Css(&*selector)).await.ok()?.text().await.ok()
        })
        .await
    }

    /// Waits until a part's text is as wanted, and returns it.
    pub async fn reads(&self, name: &str, wanted: impl Fn(&str) -> bool) -> String {
        let selector = part(name);
        self.until(&format!("another text in {name:?}"), async |page| {
            let text = page.find(By::Css(&*selector)).await.ok()?.text().await.ok()?;
            wanted(&text).then_some(text)
        })
        .await
    }

    /// Waits until the words in a part are as wanted, also those that WebDriver takes for hidden, such as
    /// shortened paths. Returns them.
    pub async fn holds(&self, name: &str, wanted: impl Fn(&str) -> bool) -> String {
        let words = format!("return document.querySelector(\"{}\")?.textContent ?? null", part(name));
        self.until(&format!("other words in {name:?}"), async |page| {
            let text = page.execute(&*words, Vec::new()).await.ok()?.json().as_str()?.to_owned();
            wanted(&text).then_some(text)
        })
        .await
    }

    /// Waits until a part shows a number as wanted, and returns it.
    pub async fn figure(&self, name: &str, wanted: impl Fn(u64) -> bool) -> u64 {
        let text = self.reads(name, |text| number(text).is_some_and(&wanted)).await;
        number(&text).expect("it was a number just now")
    }

    /// Waits for a state of the migration, by the engine's word.
    pub async fn is_in_state(&self, state: &str) {
        self.shown(&format!("[data-testid='state'][data-state='{state}']")).await;
    }

    /// How many parts of that name the page has now.
    pub async fn count(&self, name: &str) -> usize {
        self.find_all(By::Css(part(name))).await.map_or(0, |found| found.len())
    }

    /// Writes into a field, in place of what it holds, and leaves it with Tab.
    ///
    /// # Panics
    /// When the field takes no keys.
    pub async fn fill(&self, name: &str, text: &str) {
        let field = self.shown(&part(name)).await;
        field.send_keys(Key::Control + "a").await.expect("keys for the field");
        field.send_keys(text).await.expect("keys for the field");
        field.send_keys("" + Key::Tab).await.expect("keys for the field");
    }

    /// Goes to the step of a new migration where it asks for its destination, and writes that.
    pub async fn name_destination(&self, destination: &std::path::Path) {
        self.tap("step-destination").await;
        self.fill("destination", destination.to_str().expect("a path that can be typed")).await;
    }

    /// Checks and starts what is described, to that destination and as slowly as it goes: one batch of one
    /// record after the other. Its file.
    pub async fn start_slowly(&self, destination: &std::path::Path) -> std::path::PathBuf {
        self.name_destination(destination).await;
        for limit in ["batch-size", "streams", "concurrency"] {
            self.slide_to_stop(limit, 0).await;
        }
        self.tap("check").await;
        self.is_in_state("ready").await;
        let checkpoint = self.path("checkpoint").await;
        self.tap("start").await;
        self.is_in_state("running").await;
        checkpoint
    }

    /// Chooses an option of a list by its word.
    pub async fn choose(&self, name: &str, word: &str) {
        let option = format!(
            "return [...document.querySelectorAll(\"{} option\")] \
             .find((option) => option.textContent.trim() === arguments[0]) ?? null",
            part(name)
        );
        self.until(&format!("the choice {word:?} in {name:?}"), async |page| {
            let found = page.execute(&*option, vec![word.into()]).await.ok()?;
            // The page may redraw it in between: then it is looked up again.
            found.element().ok()?.click().await.ok()
        })
        .await;
    }

    /// Moves a limit's slider to its stop with that number, from 0.
    pub async fn slide_to_stop(&self, name: &str, stop: u32) {
        self.slide(&part(&format!("{name}-slider")), stop).await;
    }

    /// The path that a part shows, whole even where the window shortens it.
    pub async fn path(&self, name: &str) -> std::path::PathBuf {
        let path = self.shown(&format!("{} [title]", part(name))).await;
        path.attr("title").await.ok().flatten().expect("a path").into()
    }

    /// Chooses a failed record by its number.
    pub async fn tap_row(&self, id: &str) {
        let selector = format!("[data-testid='failure-row'][data-id='{id}'] [data-testid='failure-message']");
        self.until(&format!("the failed record {id}"), async |page| {
            page.find(By::Css(&*selector)).await.ok()?.click().await.ok()
        })
        .await;
    }

    /// Waits until the list shows that many failed records, and returns them.
    pub async fn failure_rows(&self, count: usize) -> Vec<FailureRow> {
        let cell = "const cell = (row, name) => row.querySelector(`[data-testid='failure-${name}']`);";
        let source = format!(
            "{cell} return [...document.querySelectorAll(\"[data-testid='failure-row'][data-id]\")].map((row) => ({{ \
               id: row.dataset.id, \
               source: cell(row, 'source').querySelector('[title]').title, \
               category: cell(row, 'category').dataset.category, \
               attempts: cell(row, 'attempts').textContent.trim(), \
               message: cell(row, 'message').textContent.trim() }}))"
        );
        self.until(&format!("{count} failed records in the list"), async |page| {
            let rows = page.execute(&*source, Vec::new()).await.ok()?.json().clone();
            let rows = rows.as_array()?;
            let text = |row: &serde_json::Value, name: &str| row[name].as_str().map(str::to_owned);
            let rows: Option<Vec<FailureRow>> = rows
                .iter()
                .map(|row| {
                    Some(FailureRow {
                        id: text(row, "id")?,
                        source: text(row, "source")?,
                        category: text(row, "category")?,
                        attempts: text(row, "attempts")?,
                        message: text(row, "message")?,
                    })
                })
                .collect();
            rows.filter(|rows| rows.len() == count)
        })
        .await
    }
}

/// A number as the page writes it: `1,234`.
fn number(text: &str) -> Option<u64> {
    text.replace(',', "").trim().parse().ok()
}
