//! Files dragged from another program's window, with the mouse.

use std::path::Path;

use super::{Screen, Window};
use crate::process::Running;

/// The title of the window that files are dragged from.
const FILES: &str = "Files to drag";

/// Steps of the hand on its way; programs see the mouse move, not jump.
const STEPS: i32 = 8;

/// A drag whose files hang on the mouse, over the window. Ends when it is dropped.
#[derive(Debug)]
pub struct Drag<'a> {
    screen: &'a Screen,
    _files: Running,
}

impl<'a> Drag<'a> {
    /// Takes files in another window and brings them over the middle of `window`.
    ///
    /// # Panics
    /// When the other window does not come up; `npm test` installs what it needs.
    pub async fn over(screen: &'a Screen, window: &Window, paths: &[&Path]) -> Self {
        // Debian's own Python: others on the PATH do not know its GTK.
        let mut command = screen.command("/usr/bin/python3");
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/desktop/drag_source.py");
        command.arg(script).arg(FILES).args(paths);
        let files = Running::start(command);
        let to = screen.middle(&screen.find_window("^Sluice$"));
        let source = screen.find_window(FILES);
        // Into a corner, where it does not lie over the middle.
        screen.xdotool(&["windowmove", "--sync", &source, "1400", "840"]);
        let from = screen.middle(&source);
        let drag = Self { screen, _files: files };
        drag.move_to(from);
        screen.xdotool(&["mousedown", "1"]);
        for step in 1..=STEPS {
            drag.move_to([0, 1].map(|axis| from[axis] + (to[axis] - from[axis]) * step / STEPS));
        }
        window
            .until("what a drop would do", async |page| {
                // A hand is never quite still.
                drag.move_to([to[0] + 1, to[1]]);
                drag.move_to(to);
                page.find(thirtyfour::By::Css(super::part("drop"))).await.ok()
            })
            .await;
        drag
    }

    /// Lets go of the files. Where they come from must stay until the window has taken them: it is that
    /// program which hands them over.
    pub fn drop_here(&self) {
        self.screen.xdotool(&["mouseup", "1"]);
    }

    fn move_to(&self, [x, y]: [i32; 2]) {
        self.screen.xdotool(&["mousemove", &x.to_string(), &y.to_string()]);
    }
}
