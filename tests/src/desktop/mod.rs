//! The desktop as a person has it: a screen, a window manager, and the program's real window.

mod page;
mod screen;
mod window;

pub use page::{FailureRow, part};
pub use screen::Screen;
pub use window::Window;
