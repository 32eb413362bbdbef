//! Tauri looks at its configuration, the capabilities and the icons at build time.

fn main() {
    tauri_build::build();
}
