//! The desktop as a person has it: a screen, a window manager, and the program's real window.

mod axe;
mod drag;
mod file_manager;
mod keys;
mod look;
mod notifications;
mod page;
mod screen;
mod tray;
mod window;

pub use drag::Drag;
pub use file_manager::FileManager;
pub use look::SIZES;
pub use notifications::Notifications;
pub use page::{FailureRow, part};
pub use screen::{Scheme, Screen};
pub use tray::Tray;
pub use window::Window;
