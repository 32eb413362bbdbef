//! Files dragged with the mouse from another program's window onto this one.

use std::fs;

use sluice_tests::desktop::{Drag, Screen, Window};
use sluice_tests::site::Site;
use sluice_tests::{compare, tree};

#[tokio::test(flavor = "multi_thread")]
async fn folders_and_files_dropped_onto_the_window_are_its_sources() {
    let site = Site::new();
    let strange = site.path("Bänder & <b>Kopien</b> 50%");
    tree::small_files(&strange, 20, 1);
    let single = site.path("single.mov");
    tree::file(&single, 5_000, 1);
    let screen = Screen::new();
    let window = Window::open(&screen, &[]).await;
    window.says("Drop folders or files here").await;

    let drag = Drag::over(&screen, &window, &[&strange, &single]).await;
    window.reads("drop", |text| text.contains("Drop to begin a new migration")).await;
    drag.drop_here();
    window.until("both sources", async |_| (window.count("source").await == 2).then_some(())).await;
    assert_eq!(window.count("drop").await, 0, "the hint goes with the drag");
    drop(drag);

    window.name_destination(&site.destination).await;
    window.tap("check").await;
    window.figure("to-move", |records| records == 21).await;
    let checkpoint = window.path("checkpoint").await;
    // Nothing falls into a migration that is open: a drop begins another one, and this one stays.
    let drag = Drag::over(&screen, &window, &[&strange]).await;
    window.reads("drop", |text| text.contains("Drop to begin a new migration")).await;
    drag.drop_here();
    window.shown("[data-testid='source']").await;
    drop(drag);
    assert_eq!(window.path("source").await, strange);
    window.tap("home").await;
    let row = format!(
        "[data-testid='migration'][data-id='{}'] [data-testid='open-migration']",
        checkpoint.display()
    );
    window.tap_in(&row).await;
    window.figure("to-move", |records| records == 21).await;

    window.tap("start").await;
    window.says("Everything is there").await;
    compare::assert_same(&strange, &site.destination.join(strange.file_name().unwrap()));
    assert_eq!(fs::read(site.destination.join("single.mov")).unwrap(), fs::read(&single).unwrap());
}
