//! The desktop as a person has it: a screen, a window manager, and the program's real window.

mod screen;
mod window;

pub use screen::Screen;
pub use window::Window;
