//! A catalogue of another computer, from the drop to the delivered files: what was found is shown, its
//! columns and its drive letter are mapped, names are previewed, and it is all kept as a preset.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use sluice_tests::command::Status;
use sluice_tests::desktop::{Screen, Window};
use sluice_tests::site::Site;
use sluice_tests::tree;

/// Rows of the catalogue whose file is there.
const FILES: u64 = 24;

/// A row whose title is markup, and harms nothing.
const MARKUP: &str = "<img src=x onerror=document.title=1>";

/// The folder of a row's file. Their names begin differently, see [`Screen::answer_folder`].
fn folder(n: u64) -> &'static str {
    ["Film", "Ton", "Bild"][n as usize % 3]
}

/// The bytes of a row's file.
const BYTES: u64 = 2_000;

/// Writes an export as Excel in Germany does, and the files that it names as a Windows server had them.
fn export(site: &Site) -> PathBuf {
    let mut rows = vec!["Bestand der Mediathek".to_owned(), String::new()];
    rows.push("Signatur;Titel;Pfad;Jahr;Größe".into());
    for n in 1..=FILES {
        let name = format!("{}\\rolle-{n:02}.MOV", folder(n));
        tree::file(&site.source.join(name.replace('\\', "/")), BYTES, n);
        let title = if n == 2 { MARKUP.to_owned() } else { format!("Häfen {n}") };
        rows.push(format!("A-{n:03};{title};Z:\\Archiv\\{name};{};1", 1974 + n % 3));
    }
    rows.push("A-999;Verloren;Z:\\Archiv\\Film\\verloren.mov;1974;1".into());
    let path = site.path("bestand.csv");
    // The first 256 characters of Unicode are those of Latin-1, which Windows-1252 has too.
    let latin: Vec<u8> = rows.join("\r\n").chars().map(|char| u8::try_from(char).unwrap()).collect();
    fs::write(&path, latin).unwrap();
    path
}

#[tokio::test(flavor = "multi_thread")]
async fn a_catalogue_is_mapped_previewed_and_delivered() {
    let site = Site::new();
    let export = export(&site);
    let screen = Screen::new();
    let window = Window::open(&screen, &[export.as_os_str()]).await;

    see_what_was_found(&window).await;
    say_where_the_files_are(&screen, &window, &site).await;
    name_the_targets(&window).await;
    let preset = keep_as_preset(&screen, &window, &site).await;
    deliver(&window, &site).await;
    drop(window);

    // The next export of the same kind needs the preset alone.
    let july = site.path("juli.csv");
    fs::rename(&export, &july).unwrap();
    let window = Window::open(&screen, &[july.as_os_str()]).await;
    window.tap("load-preset").await;
    screen.answer("Load a preset", &preset);
    window.reads("files-found", |text| text == "All of the first 20 files found").await;
}

/// Nothing has to be chosen to see the rows, and what is in them is text.
async fn see_what_was_found(window: &Window) {
    window.shown("[data-testid='first-rows']").await;
    assert_eq!(window.count("first-row").await, 20);
    window.holds("first-rows", |text| text.contains(MARKUP) && text.contains("Häfen 1")).await;
    window.shown("[data-testid='delimiter'][title='semicolon (found)']").await;
    window.shown("[data-testid='header-row'][title='in row 3 (found)']").await;
    window.shown("[data-testid='path-1'][title='Pfad']").await;
    window.shown("[data-testid='id-column'][title='Signatur']").await;
    assert_eq!(window.title().await.unwrap(), "Sluice", "the markup did nothing");
    window.reads("files-found", |text| text == "0 of the first 20 files found").await;
    window.reads("first-missing", |text| text.contains("drive letter") && text.contains("Row 4")).await;

    // A guess that is overruled shows at once what that means, and is taken back as easily.
    window.choose("delimiter", "tab").await;
    window.shown("[data-testid='path-1'][title='Choose a column…']").await;
    window.shown("[data-testid='no-path']").await;
    window.choose("delimiter", "As found").await;
    window.shown("[data-testid='path-1'][title='Pfad']").await;
}

/// The beginning that needs a rule is proposed; the folder is picked in the system's dialog.
async fn say_where_the_files_are(screen: &Screen, window: &Window, site: &Site) {
    window.shown("[data-testid='rule-from'][title='Z:\\\\Archiv']").await;
    window.tap("choose-place").await;
    screen.answer_folder("Choose the folder of the files", &site.source);
    window.reads("files-found", |text| text == "All of the first 20 files found").await;
    window.shown(&format!("[data-testid='rule-to'][title='{}']", site.source.display())).await;
}

/// Each letter of the template changes the preview; what is wrong with it is said beside it.
async fn name_the_targets(window: &Window) {
    window.holds("preview", |text| text.contains("rolle-01.MOV")).await;
    window.fill("template", "{{ fields.Jahr }}/{{ fields.Titel").await;
    window.reads("template-hint", |text| text.contains("Not a template yet")).await;
    window.fill("template", "{{ fields.Jahr }}/{{ fields.Titel }}.{{ extension | lower }}").await;
    window.holds("preview", |text| text.contains("Häfen 1.mov") && text.contains(MARKUP)).await;
    window.reads("template-hint", |text| text.contains("makes a folder")).await;
    window.fill("template", "{{ fields.Jahr }}/").await;
    window.choose("insert", "Signatur").await;
    window.holds("preview", |text| text.contains("A-001")).await;
    window.choose("insert", "Ending").await;
    let template = "return document.querySelector(\"[data-testid='template']\").value";
    let written = window.script(template, Vec::new()).await;
    assert_eq!(written, "{{ fields.Jahr }}/{{ fields.Signatur }}{{ extension | lower }}");
    window.fill("template", "{{ fields.Jahr }}/{{ fields.Signatur }}.{{ extension | lower }}").await;
    window.holds("preview", |text| text.contains("A-001.mov")).await;
}

async fn keep_as_preset(screen: &Screen, window: &Window, site: &Site) -> PathBuf {
    let preset = site.path("mediathek.toml");
    window.tap("save-preset").await;
    screen.answer("Save as a preset", &preset);
    window.says("The preset is saved").await;
    preset
}

/// Checked, run and delivered; the row without a file is a failed record, and every row is accounted for.
async fn deliver(window: &Window, site: &Site) {
    window.name_destination(&site.destination).await;
    window.tap("check").await;
    window.is_in_state("ready").await;
    window.figure("to-move", |records| records == FILES).await;
    window.says("name a file that is not there").await;
    let checkpoint = window.path("checkpoint").await;
    rename_after_the_check(window, &checkpoint).await;
    window.tap("start").await;
    window.is_in_state("finished").await;
    window.tap("tab-failures").await;
    let failed = window.failure_rows(1).await;
    assert_eq!(failed[0].category, "source_missing");
    assert!(failed[0].source.ends_with("verloren.mov"), "{failed:?}");

    for n in 1..=FILES {
        let year = 1974 + n % 3;
        let from = site.source.join(format!("{}/rolle-{n:02}.MOV", folder(n)));
        let to = site.destination.join(format!("{year}/Band A-{n:03}.mov"));
        assert_eq!(fs::read(to).unwrap(), fs::read(from).unwrap());
    }
    let status = Status::of(&checkpoint);
    assert_eq!((status.records, status.delivered, status.failed), (FILES + 1, FILES, 1));
}

/// Other names need another check and no other migration.
async fn rename_after_the_check(window: &Window, checkpoint: &Path) {
    window.holds("samples", |text| text.contains("A-001.mov")).await;
    window.tap("edit").await;
    window.tap("step-names").await;
    window.reads("files-found", |text| text == "All of the first 20 files found").await;
    window.fill("template", "{{ fields.Jahr }}/Band {{ fields.Signatur }}.{{ extension | lower }}").await;
    window.holds("preview", |text| text.contains("Band A-001.mov")).await;
    window.tap("check").await;
    window.holds("samples", |text| text.contains("Band A-001.mov")).await;
    window.is_in_state("ready").await;
    assert_eq!(window.path("checkpoint").await, checkpoint);
}

/// Opens a window with one file that is no usable catalogue.
async fn refused(screen: &Screen, file: &Path) -> Window {
    Window::open(screen, &[file.as_os_str() as &OsStr]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_catalogue_is_said_so_and_may_be_moved_as_a_file() {
    let site = Site::new();
    let screen = Screen::new();
    let locked = site.path("locked.xlsx");
    fs::write(&locked, tree::locked_workbook()).unwrap();
    let window = refused(&screen, &locked).await;
    window.reads("unreadable", |text| text.contains("protected by a password")).await;
    window.shown("[data-testid='check']:disabled").await;
    window.tap("as-file").await;
    window.tap("step-sources").await;
    assert_eq!(window.path("source").await, locked);
    assert_eq!(window.count("catalogue").await, 0);
    // And it is one after all.
    window.tap("as-catalogue").await;
    window.shown("[data-testid='unreadable']").await;
    drop(window);

    let empty = site.path("header.csv");
    fs::write(&empty, "No,Path\n").unwrap();
    let window = refused(&screen, &empty).await;
    window.shown("[data-testid='no-rows']").await;
    drop(window);

    let pathless = site.path("pathless.csv");
    fs::write(&pathless, "No,Title\n1,Harbour\n2,Town hall\n").unwrap();
    let window = refused(&screen, &pathless).await;
    window.shown("[data-testid='no-path']").await;
    window.says("Say which column of pathless.csv holds the paths.").await;
    window.choose("path-1", "Title").await;
    window.reads("files-found", |text| text == "0 of the first 2 files found").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hostile_catalogue_is_shown_in_part_and_as_text() {
    let site = Site::new();
    let wide = site.path("wide.csv");
    let columns = (1..=4_000).map(|n| format!("\u{202e}<b>{n}</b>")).collect::<Vec<_>>().join(",");
    let cells = [MARKUP, "\u{202e}gpj.exe", "../../etc/passwd", "{{ 7 * 7 }}"];
    let row = (1..=4_000).map(|n| cells[n % cells.len()].repeat(4)).collect::<Vec<_>>().join(",");
    fs::write(&wide, format!("{columns}\n{}", format!("{row}\n").repeat(40))).unwrap();
    let screen = Screen::new();
    let window = refused(&screen, &wide).await;
    window.holds("more-columns", |text| text == "and 3,800 more columns").await;
    assert_eq!(window.count("first-row").await, 20);
    assert_eq!(window.title().await.unwrap(), "Sluice", "the markup did nothing");
    // What would make "gpj.exe" look like a picture is spelt out.
    window.holds("first-rows", |text| text.contains("\\u{202e}gpj.exe") && !text.contains('\u{202e}')).await;
    window.choose("path-1", "\\u{202e}<b>2</b>").await;
    window.reads("files-found", |text| text == "0 of the first 20 files found").await;
    window.holds("first-missing", |text| text.contains("upwards")).await;
    window.fill("template", "{{ fields[\"\u{202e}<b>3</b>\"] }}").await;
    window.assert_looks_right("catalogue-hostile").await;
}
