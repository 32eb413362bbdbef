//! Killed at random moments: nothing lost, nothing twice, nothing half.

use sluice_tests::story;

#[test]
fn killed_at_random_moments_everything_arrives_once() {
    let story = story::Kill { small_files: 1_500, large_files: 2, large_size: 48 << 20, kills: 8 };
    story.tell(&std::env::temp_dir());
}
