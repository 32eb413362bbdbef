//! The desktop end to end: the real window, driven as a person drives it.

#![cfg(target_os = "linux")]

mod catalogue;
mod curves;
mod drafts;
mod drag;
mod failures;
mod german;
mod guided;
mod home;
mod keys;
mod newcomer;
mod object;
mod pictures;
mod run;
mod served;
mod shown;
mod story;
mod tray;
mod zoom;
