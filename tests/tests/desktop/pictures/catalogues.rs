//! Catalogues as they come.

use std::fs;
use std::path::PathBuf;

use sluice_tests::compare::entries;
use sluice_tests::desktop::Window;
use sluice_tests::tree;

use super::Album;

impl Album {
    /// With markup, names from right to left and paths without an end in them;
    /// locked, and without a column that looks like a path.
    pub(super) async fn catalogues(&self) {
        let export = self.export();
        let window = Window::open(&self.screen, &[export.as_os_str()]).await;
        window.reads("files-found", |text| text.starts_with("0 of")).await;
        window.shown("[data-testid='choose-place']").await;
        self.look(&window, "catalogue-found").await;
        window.assert_all_within_reach_of_tab().await;

        window.fill("rule-to", self.library.to_str().unwrap()).await;
        window.reads("files-found", |text| text.starts_with("17 of")).await;
        let template = "{{ fields.Year }}/{{ fields.Rights | default('unknown') }}/{{ fields.Title }}.{{ extension | lower }}";
        window.fill("template", template).await;
        window.holds("preview", |text| text.contains("becomes")).await;
        window.choose("checksum-column", "Remarks of the digitisation team").await;
        window.shown("[data-testid='first-wrong']").await;
        self.look(&window, "catalogue-mapped").await;
        window.assert_all_within_reach_of_tab().await;
        window.fill("template", "{{ fields.Year }}/{{ fields.Titel").await;
        window.shown("[data-testid='template'][aria-invalid='true']").await;
        window.tap("join").await;
        self.look(&window, "catalogue-template-wrong").await;
        window.tap("step-sources").await;
        self.look(&window, "setup-with-catalogue").await;
        window.assert_all_within_reach_of_tab().await;
        drop(window);

        let locked = self.site.path("locked.xlsx");
        fs::write(&locked, tree::locked_workbook()).unwrap();
        let pathless = self.site.path("titles only.csv");
        fs::write(&pathless, "No;Title\n1;Harbour\n2;Town hall\n").unwrap();
        let window = Window::open(&self.screen, &[pathless.as_os_str(), locked.as_os_str()]).await;
        window.shown("[data-testid='unreadable']").await;
        self.look(&window, "catalogue-locked").await;
        window.assert_all_within_reach_of_tab().await;
        window.choose("which-catalogue", pathless.to_str().unwrap()).await;
        window.shown("[data-testid='no-path']").await;
        self.look(&window, "catalogue-without-path").await;
        window.assert_all_within_reach_of_tab().await;
    }

    /// An export of the library from a Windows computer, with all that strains a page.
    fn export(&self) -> PathBuf {
        let mut rows = vec!["Regional archive, export of 2026-06-01".to_owned()];
        rows.push("Inventory no;Title;Path;Year;Rights;Remarks of the digitisation team;Keywords".into());
        let entries = entries(&self.library);
        let files = entries.iter().filter(|(_, metadata)| metadata.is_file()).map(|(file, _)| file);
        for (n, file) in files.take(40).enumerate() {
            let below = file.to_str().unwrap().replace('/', "\\");
            let (title, path) = match n {
                3 => ("<img src=x onerror=alert(1)> & <b>bold</b>".to_owned(), below),
                5 => ("ראיון עם הבמאי, חלק ב".to_owned(), below),
                8 => (
                    "Harbour".to_owned(),
                    format!("{}gone.mov", "Aufzeichnung der Jahreshauptversammlung\\".repeat(7)),
                ),
                11 => ("Lost".to_owned(), "1974\\lost.mov".to_owned()),
                14 => ("Lost too".to_owned(), "1974\\lost too.mov".to_owned()),
                _ => (["Harbour", "Town hall", "Interview: part 1/2"][n % 3].to_owned(), below),
            };
            let remark = "Scratches in the second reel, mended; ".repeat(n % 4 * 5).replace(';', ",");
            rows.push(format!("R-{n:05};{title};Z:\\Archive\\{path};{};free;{remark};", 1970 + n % 9));
        }
        let path = self.site.path("Export of the regional archive.csv");
        fs::write(&path, rows.join("\n") + "\n").unwrap();
        path
    }
}
