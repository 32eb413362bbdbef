//! The steps of a new migration.

use std::fs;

use sluice_tests::desktop::Window;
use sluice_tests::lab::{Lab, Script};

use super::Album;

impl Album {
    /// Every step of a new migration with something in it.
    pub(super) async fn steps(&self) {
        let lab = Lab::start(Script::default());
        let missing = self.site.path("Unplugged drive");
        fs::create_dir(&missing).unwrap();
        let window = Window::open(&self.screen, &[self.library.as_os_str(), missing.as_os_str()]).await;
        window.says("No files in it.").await;
        fs::remove_dir(&missing).unwrap();
        window.fill("place", "s3://AKIA:secret").await;
        window.tap("add-place").await;
        window.tap("watch").await;
        window.fill("watch-quiet", "10").await;
        window.reads("watch-hint", |text| text.contains("unit")).await;
        self.look(&window, "step-sources").await;
        window.assert_all_within_reach_of_tab().await;
        window.fill("watch-quiet", "10s").await;
        window.tap("watch").await;
        window
            .shown("[data-testid='source']:last-of-type [data-testid='remove-source']")
            .await
            .click()
            .await
            .unwrap();

        window.tap("step-names").await;
        self.look(&window, "step-names-plain").await;
        window.fill("template", "{{ folder }}/{{ stem | slug }}.{{ extension | lower }}").await;
        window.tap("add-field").await;
        window.fill("field-name", "kind").await;
        window.fill("field-value", "{{ 'film' if extension in ['mov', 'mxf'] else 'still' }}").await;
        // The preview of what was typed moves it away from under a pointer.
        window.enter("add-require").await;
        window.fill("require-field", "kind").await;
        window.fill("require-values", "still").await;
        window.holds("preview", |text| text.contains("town-hall")).await;
        self.look(&window, "step-names").await;
        window.assert_all_within_reach_of_tab().await;

        window.tap("step-describe").await;
        self.look(&window, "step-describe-plain").await;
        window.tap("add-lookup").await;
        window.fill("lookup-name", "rights").await;
        window.fill("lookup-url", &format!("{}/lookup?path={{{{ path | urlencode }}}}", lab.url())).await;
        window.tap("add-answer-field").await;
        window.fill("answer-field-name", "title").await;
        window.fill("answer-field-pointer", "/asset/title").await;
        window.tap("group-raw").await;
        window.tap("sidecar-xmp").await;
        window.tap("try-lookup").await;
        window.holds("trial-fields", |text| text.contains("title")).await;
        self.look(&window, "step-describe").await;
        window.assert_all_within_reach_of_tab().await;
        window.fill("answer-field-pointer", "/asset/rights").await;
        window.tap("try-lookup").await;
        window.shown("[data-testid='trial-problem']").await;
        self.look(&window, "step-describe-failing").await;
        window.fill("answer-field-pointer", "/asset/title").await;

        window.tap("step-check").await;
        self.look(&window, "step-check-before").await;
        window.name_destination(&self.site.path("Steps")).await;
        window.tap("registers").await;
        window.fill("register-url", &format!("{}/assets", lab.url())).await;
        window.tap("try-register").await;
        window.shown("[data-testid='trial-request']").await;
        self.look(&window, "step-destination").await;
        window.assert_all_within_reach_of_tab().await;
        window.tap("job-file").await;
        window.holds("job-text", |text| text.contains("[register]")).await;
        self.look(&window, "job-dialog").await;
        window.assert_all_within_reach_of_tab().await;
        window.tap("job-close").await;

        window.tap("check").await;
        window.is_in_state("ready").await;
        window.shown("[data-testid='show-records']").await.click().await.unwrap();
        window.shown("[data-testid='concerned-record']").await;
        self.look(&window, "step-check").await;
        window.assert_all_within_reach_of_tab().await;
        window.tap("step-pilot").await;
        self.look(&window, "step-pilot-before").await;
        window.fill("pilot-records", "8").await;
        window.tap("start-pilot").await;
        window.shown("[data-testid='pilot-outcome']").await;
        self.look(&window, "step-pilot").await;
        window.assert_all_within_reach_of_tab().await;
    }
}
