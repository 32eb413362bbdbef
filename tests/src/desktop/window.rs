//! The program's window, driven through WebDriver.

use std::ffi::OsStr;
use std::net::{TcpListener, TcpStream};
use std::ops::Deref;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use thirtyfour::prelude::*;

use super::Screen;
use super::screen::Camera;
use crate::process::Running;
use crate::{program, wait};

/// A window of the desktop program. Its page is reached through `Deref`: `window.find(…)`.
#[derive(Debug)]
pub struct Window {
    page: WebDriver,
    camera: Camera,
    driver: Running,
}

impl Deref for Window {
    type Target = WebDriver;

    fn deref(&self) -> &WebDriver {
        &self.page
    }
}

impl Window {
    /// Starts the desktop program with arguments and waits for its page.
    ///
    /// # Panics
    /// When it does not come up.
    pub async fn open(screen: &Screen, args: &[&OsStr]) -> Self {
        let [port, native_port] = free_ports();
        let mut command = screen.command(tauri_driver());
        command.args(["--port", &port.to_string(), "--native-port", &native_port.to_string()]);
        // A group of its own, so that WebDriver and window can be ended with it.
        command.process_group(0);
        let driver = Running::start(command);
        let args: Vec<_> = args.iter().map(|arg| arg.to_str().expect("WebDriver speaks Unicode")).collect();
        let mut wanted = Capabilities::new();
        wanted
            .set("tauri:options", json!({ "application": program("sluice-desktop"), "args": args }))
            .expect("a JSON value");
        for port in [port, native_port] {
            wait::until("a driver at its port", || TcpStream::connect(("127.0.0.1", port)).ok());
        }
        let page = WebDriver::new(&format!("http://127.0.0.1:{port}"), wanted)
            .await
            .unwrap_or_else(|error| panic!("the desktop did not come up: {error}\n{}", driver.printed()));
        Self { page, camera: screen.camera(), driver }
    }

    /// Polls until `look` sees something on the page.
    ///
    /// # Panics
    /// When nothing came before the deadline; says what the page showed instead.
    pub async fn until<T>(&self, what: &str, mut look: impl AsyncFnMut(&WebDriver) -> Option<T>) -> T {
        let start = Instant::now();
        loop {
            if let Some(seen) = look(&self.page).await {
                return seen;
            }
            if start.elapsed() > wait::DEADLINE {
                self.photograph("what-was-there-instead");
                panic!(
                    "waited {:?} in vain: {what}; the page showed:\n{}",
                    wait::DEADLINE,
                    self.text().await
                );
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits for an element that is shown.
    pub async fn shown(&self, selector: &str) -> WebElement {
        self.until(selector, async |page| {
            let element = page.find(By::Css(selector)).await.ok()?;
            element.is_displayed().await.ok()?.then_some(element)
        })
        .await
    }

    /// Waits until the page shows a text.
    pub async fn says(&self, text: &str) {
        self.until(text, async |_| self.text().await.contains(text).then_some(())).await;
    }

    /// Waits for a button with that name (its text, or what it is called for a screen reader) which
    /// can be pressed, and presses it.
    pub async fn press(&self, name: &str) {
        let xpath = format!(
            "//button[not(@disabled)][normalize-space()='{name}' or @aria-label='{name}'] \
             | //*[@role='menuitem'][normalize-space()='{name}']"
        );
        self.until(&format!("the button {name:?}"), async |page| {
            let button = page.find(By::XPath(&*xpath)).await.ok()?;
            button.click().await.ok()
        })
        .await;
    }

    /// Everything that the page shows as text.
    pub async fn text(&self) -> String {
        match self.page.find(By::Tag("body")).await {
            Ok(body) => body.text().await.unwrap_or_default(),
            Err(_) => String::new(),
        }
    }

    /// What a script returns.
    ///
    /// # Panics
    /// When the script fails.
    pub async fn script(&self, source: &str, args: Vec<Value>) -> Value {
        let result = self.page.execute(source, args).await;
        result.unwrap_or_else(|error| panic!("{source}: {error}")).json().clone()
    }

    /// Moves a slider as a person's hand does: the value, then the events of the control.
    pub async fn slide(&self, selector: &str, value: u32) {
        self.shown(selector).await;
        self.script(
            "const slider = document.querySelector(arguments[0]); \
             slider.value = arguments[1]; \
             slider.dispatchEvent(new Event('input', { bubbles: true })); \
             slider.dispatchEvent(new Event('change', { bubbles: true }));",
            vec![json!(selector), json!(value.to_string())],
        )
        .await;
    }

    /// Makes the page that large, and waits until it is drawn so.
    ///
    /// # Panics
    /// When the window refuses.
    pub async fn resize(&self, width: u32, height: u32) {
        self.page.set_window_rect(0, 0, width, height).await.expect("a window of another size");
        self.until(&format!("a page of {width}×{height}"), async |page| {
            let size = page.execute("return [innerWidth, innerHeight]", Vec::new()).await.ok()?;
            (*size.json() == json!([width, height])).then_some(())
        })
        .await;
        // Charts follow a frame later.
        self.page
            .execute_async(
                "const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(() => done()))",
                Vec::new(),
            )
            .await
            .expect("two frames");
    }

    /// Saves a picture of the window as `target/screenshots/NAME.png`.
    ///
    /// # Panics
    /// When it cannot be taken.
    pub fn photograph(&self, name: &str) {
        self.camera.photograph(name);
    }

    /// The group of all processes behind the window.
    pub fn group(&self) -> u32 {
        self.driver.id()
    }

    /// Waits until the program has ended by itself, and lets go of it.
    pub async fn closed(self) {
        self.until("the program's end", async |page| page.title().await.is_err().then_some(())).await;
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        self.driver.kill_group();
    }
}

/// tauri-driver from `target/tools`, where `npm test` puts it, or from `PATH`.
fn tauri_driver() -> PathBuf {
    let own = program("sluice-desktop")
        .ancestors()
        .nth(2)
        .expect("the target folder")
        .join("tools/bin/tauri-driver");
    if own.is_file() { own } else { "tauri-driver".into() }
}

fn free_ports() -> [u16; 2] {
    let bound = [(); 2].map(|()| TcpListener::bind(("127.0.0.1", 0)).expect("a free port"));
    bound.each_ref().map(|listener| listener.local_addr().expect("an address").port())
}
