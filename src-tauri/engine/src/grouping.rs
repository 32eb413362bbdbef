//! Which files belong together, told by their paths alone: whatever the order in which they are found,
//! and without any of the others in memory.

use std::collections::HashMap;
use std::path::Path;

use globset::{GlobBuilder, GlobMatcher};
use xxhash_rust::xxh3::Xxh3;

use crate::record::{GroupId, RawPath};
use crate::spec::{Group, RULES_MAX, SpecError};
use crate::storage::local::platform;

/// Sony names a clip's metadata so: `C0001M01.XML` beside `C0001.MP4`.
const SONY_METADATA: (&[u8], &[u8]) = (b"xml", b"M01");

/// The rules of a job, ready for paths.
#[derive(Debug)]
pub(crate) struct Grouping {
    /// By ending, in lower case: the number of the rule that it belongs to.
    endings: HashMap<Vec<u8>, usize>,
    folders: Vec<(usize, GlobMatcher)>,
    /// The folder of the file before: most files lie beside the one before them.
    last: Option<(Vec<u8>, Option<GroupId>)>,
}

impl Grouping {
    /// Prepares the rules. None: there are none.
    pub(crate) fn prepare(rules: &[Group]) -> Result<Option<Self>, SpecError> {
        let mut folders = Vec::new();
        for (number, rule) in rules.iter().enumerate() {
            for folder in rule.folders() {
                folders.push((number, matcher(folder)?));
            }
        }
        let endings = endings(rules);
        Ok((!rules.is_empty()).then_some(Self { endings, folders, last: None }))
    }

    /// The group of a file below a root, if it can be in one. `path`: below the root; empty where the
    /// root is the file itself.
    pub(crate) fn of(&mut self, root: &Path, path: &RawPath) -> Option<GroupId> {
        if path.0.is_empty() {
            let name = platform::to_raw(Path::new(root.file_name()?))?;
            let folder = root.parent()?.as_os_str().as_encoded_bytes();
            return self.of_name(folder, &name.0);
        }
        let name = path.file_name();
        let below = path.0[..path.0.len() - name.len()].strip_suffix(b"/").unwrap_or_default();
        let mut folder = root.as_os_str().as_encoded_bytes().to_vec();
        if !below.is_empty() {
            folder.push(b'/');
            folder.extend_from_slice(below);
        }
        let of_folder = match &self.last {
            Some((last, group)) if *last == folder => *group,
            _ => {
                let group = self.of_folder(root, below);
                self.last = Some((folder.clone(), group));
                group
            }
        };
        of_folder.or_else(|| self.of_name(&folder, name))
    }

    /// The group of the topmost folder that a rule names, from the root's own name on.
    fn of_folder(&self, root: &Path, below: &[u8]) -> Option<GroupId> {
        if self.folders.is_empty() {
            return None;
        }
        let own = platform::to_raw(Path::new(root.file_name().unwrap_or_default()))?;
        let inner = below.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(at, _)| at);
        let ends = std::iter::once(0).chain(inner).chain((!below.is_empty()).then_some(below.len()));
        ends.into_iter().find_map(|end| {
            let folder = platform::to_path(&own.join(&RawPath(below[..end].to_vec())))?;
            let (rule, _) = self.folders.iter().find(|(_, pattern)| pattern.is_match(&folder))?;
            Some(group_id(*rule, &[b"folder", root.as_os_str().as_encoded_bytes(), &below[..end]]))
        })
    }

    /// The group of files in this folder whose names differ only in their endings.
    fn of_name(&self, folder: &[u8], name: &[u8]) -> Option<GroupId> {
        let (mut stem, rule) = self.without_ending(name)?;
        while let Some((shorter, _)) = self.without_ending(stem).filter(|(_, same)| *same == rule) {
            stem = shorter;
        }
        Some(group_id(rule, &[b"stem", folder, stem]))
    }

    fn without_ending<'a>(&self, name: &'a [u8]) -> Option<(&'a [u8], usize)> {
        let dot = name.iter().rposition(|byte| *byte == b'.').filter(|at| *at > 0)?;
        let ending = name[dot + 1..].to_ascii_lowercase();
        let rule = *self.endings.get(&ending)?;
        let stem = &name[..dot];
        let clip = stem.strip_suffix(SONY_METADATA.1).filter(|clip| !clip.is_empty());
        Some((clip.filter(|_| ending == SONY_METADATA.0).unwrap_or(stem), rule))
    }
}

/// A folder's pattern: it may lie anywhere.
fn matcher(folder: &str) -> Result<GlobMatcher, SpecError> {
    let wrong = |why: &str| SpecError::Group {
        what: format!(
            "group, folder: \"{folder}\" {why}; write the end of a folder's path, such as \"CONTENTS\" or \"DCIM/*.RDC\""
        ),
    };
    let inner = folder.trim_matches('/');
    if inner.is_empty() || inner == "**" {
        return Err(wrong("names no folder"));
    }
    let anywhere = format!("**/{}", inner.strip_prefix("**/").unwrap_or(inner));
    let glob = GlobBuilder::new(&anywhere).literal_separator(true).case_insensitive(true).build();
    Ok(glob.map_err(|error| wrong(&format!("is no pattern: {}", error.kind())))?.compile_matcher())
}

/// Which rule each ending belongs to. Rules that share an ending are one, and go by the first's number:
/// else a file with that ending would be torn between them.
fn endings(rules: &[Group]) -> HashMap<Vec<u8>, usize> {
    let mut endings: HashMap<Vec<u8>, usize> = HashMap::new();
    for (number, rule) in rules.iter().enumerate() {
        let own: Vec<Vec<u8>> = rule.extensions().into_iter().map(String::into_bytes).collect();
        let tied: Vec<usize> = own.iter().filter_map(|ending| endings.get(ending).copied()).collect();
        let first = tied.iter().copied().min().unwrap_or(number);
        endings.values_mut().filter(|rule| tied.contains(rule)).for_each(|rule| *rule = first);
        endings.extend(own.into_iter().map(|ending| (ending, first)));
    }
    endings
}

/// What people call the rule by whose number groups go, with those that are one with it.
pub(crate) fn label(rules: &[Group], number: usize) -> String {
    let endings = endings(rules);
    let is_one =
        |rule: &Group| rule.extensions().iter().any(|ending| endings.get(ending.as_bytes()) == Some(&number));
    let same = rules.iter().enumerate().filter(|(at, rule)| *at == number || is_one(rule));
    same.map(|(_, rule)| rule.label()).collect::<Vec<_>>().join(" and ")
}

/// A group's number: a hash of what its files have in common, and in its last bits the rule, so that
/// groups can be counted by rule. Two groups of a million could have the same one with a chance of one to
/// a hundred thousand; they would then be delivered together, and nothing else.
fn group_id(rule: usize, common: &[&[u8]]) -> GroupId {
    let mut hash = Xxh3::new();
    for part in common {
        hash.update(&(part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    let rules = RULES_MAX as u64;
    ((hash.digest() & i64::MAX as u64) / rules * rules + rule as u64 % rules) as GroupId
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;

    use super::*;
    use crate::spec::GroupPreset;

    fn groups_of(rules: &[Group], paths: &[String]) -> BTreeSet<BTreeSet<String>> {
        let mut grouping = Grouping::prepare(rules).unwrap().unwrap();
        let mut groups: BTreeMap<GroupId, BTreeSet<String>> = BTreeMap::new();
        for path in paths {
            if let Some(id) = grouping.of(Path::new("/media/Card"), &RawPath(path.as_bytes().to_vec())) {
                groups.entry(id).or_default().insert(path.clone());
            }
        }
        groups.into_values().filter(|members| members.len() > 1).collect()
    }

    #[track_caller]
    fn assert_groups(rules: &[Group], paths: &str, groups: &[&str]) {
        let all = |words: &str| words.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let expected = groups.iter().map(|group| all(group).into_iter().collect()).collect();
        assert_eq!(groups_of(rules, &all(paths)), expected);
    }

    fn extensions(words: &str) -> Group {
        Group::Extensions(words.split(' ').map(str::to_owned).collect())
    }

    #[test]
    fn names_that_differ_only_in_their_endings_belong_together() {
        assert_groups(
            &[Group::Preset(GroupPreset::Raw)],
            "a/1.CR3 a/1.xmp a/1.CR3.xmp a/1.jpg a/1.txt b/1.CR3 a/2.CR3 a/2.b.xmp a/.xmp a/.cr3 a/1.x.JPG a/1.x.NEF",
            &["a/1.CR3 a/1.xmp a/1.CR3.xmp a/1.jpg", "a/1.x.JPG a/1.x.NEF"],
        );
        assert_groups(
            &[Group::Preset(GroupPreset::Camera)],
            "MVI_1.MOV MVI_1.THM C1.MP4 C1M01.XML M01.XML M01.MP4",
            &["MVI_1.MOV MVI_1.THM", "C1.MP4 C1M01.XML", "M01.XML M01.MP4"],
        );
    }

    #[test]
    fn rules_that_share_an_ending_are_one() {
        let paths = "1.cr3 1.xmp 2.mov 2.xmp 3.cr3 3.mov 3.thm 4.wav 4.txt 5.cr3 5.wav";
        let (raw, clip, sound) = (extensions("cr3 xmp"), extensions("mov xmp thm"), extensions("wav txt"));
        let tied = ["1.cr3 1.xmp", "2.mov 2.xmp", "3.cr3 3.mov 3.thm", "4.wav 4.txt"];
        assert_groups(&[raw.clone(), clip.clone(), sound.clone()], paths, &tied);
        assert_groups(&[sound.clone(), clip.clone(), raw.clone()], paths, &tied);
        let rules = [sound, Group::Preset(GroupPreset::P2), clip, raw];
        assert_eq!(
            [0, 1, 2].map(|number| label(&rules, number)),
            ["wav+txt", "p2", "mov+xmp+thm and cr3+xmp"]
        );
        // A third rule ties two that had nothing in common.
        assert_groups(&[extensions("a b"), extensions("c d"), extensions("b c")], "1.a 1.d", &["1.a 1.d"]);
    }

    #[test]
    fn a_clips_folder_is_one_group_wherever_it_lies() {
        let p2 = [Group::Preset(GroupPreset::P2), Group::Preset(GroupPreset::Camera)];
        assert_groups(
            &p2,
            "A/CONTENTS/CLIP/1.XML A/CONTENTS/VIDEO/1.MXF B/contents/VIDEO/1.MXF B/contents/x A/LASTCLIP.TXT A/1.MXF A/1.XML",
            &[
                "A/CONTENTS/CLIP/1.XML A/CONTENTS/VIDEO/1.MXF",
                "B/contents/VIDEO/1.MXF B/contents/x",
                "A/1.MXF A/1.XML",
            ],
        );
        // The topmost counts, and the source's own name is the beginning of the path.
        let nested = [Group::Folder("*.RDC".into()), Group::Folder("DCIM/*".into())];
        assert_groups(
            &nested,
            "DCIM/a/1.RDC/x DCIM/a/1.RDC/y DCIM/a/z",
            &["DCIM/a/1.RDC/x DCIM/a/1.RDC/y DCIM/a/z"],
        );
        assert_groups(&[Group::Folder("Card/x".into())], "x/1 x/2 y/x/1 y/x/2", &["x/1 x/2"]);
        assert_groups(&[Group::Folder("**/card/".into())], "1 2/3", &["1 2/3"]);
    }

    #[test]
    fn single_files_lie_in_their_own_folders() {
        let mut grouping = Grouping::prepare(&[Group::Preset(GroupPreset::Raw)]).unwrap().unwrap();
        let mut of =
            |root: &str, path: &str| grouping.of(Path::new(root), &RawPath(path.as_bytes().to_vec()));
        let one = of("/a/1.CR3", "");
        assert!(one.is_some());
        assert_eq!(one, of("/a/1.XMP", ""), "two sources that are files");
        assert_eq!(one, of("/a", "1.JPG"));
        assert_ne!(one, of("/b/1.XMP", ""));
        assert!(Grouping::prepare(&[]).unwrap().is_none());
    }

    proptest! {
        /// Every file is in one group at most, whatever the order of files and rules.
        #[test]
        fn groups_are_a_partition_in_any_order(
            paths in proptest::collection::vec("[ab]/(CONTENTS/)?[12](\\.[xX]|\\.y|\\.z|M01\\.xml){0,3}", 0..40),
            seed: u64,
        ) {
            let mut rules = vec![extensions("x y"), extensions("z xml"), Group::Preset(GroupPreset::P2), extensions("xml q")];
            let mut paths: Vec<String> = paths;
            let groups = groups_of(&rules, &paths);
            let members: usize = groups.iter().map(BTreeSet::len).sum();
            let distinct: BTreeSet<&String> = groups.iter().flatten().collect();
            prop_assert_eq!(members, distinct.len());
            let mut rng = fastrand::Rng::with_seed(seed);
            rng.shuffle(&mut paths);
            rng.shuffle(&mut rules);
            prop_assert_eq!(groups_of(&rules, &paths), groups);
        }
    }
}
