//! Taste that is tested: arrows between modules, tables in the docs, habits of the code.

mod arrows;
mod code;
mod docs;
mod papers;

pub use self::{docs::cells, papers::exists};

use std::{collections::BTreeMap, fs, path::Path};

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

pub fn source(path: &str) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every Rust file below `folder` with its text, by its path in there. Test modules are cut off, and
/// so are files that are compiled for tests alone.
fn code_in(folder: &Path) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    collect(folder, folder, &mut files);
    let of_tests: Vec<String> = files.iter().flat_map(test_files).collect();
    files.retain(|name, _| !of_tests.contains(name));
    for text in files.values_mut() {
        if let Some(tests) = text.find("#[cfg(test)]\nmod tests {") {
            text.truncate(tests);
        }
    }
    files
}

fn collect(root: &Path, folder: &Path, files: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() && !path.ends_with("target") {
            collect(root, &path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let name = path.strip_prefix(root).expect("in the folder");
            let text = fs::read_to_string(&path).expect("a file");
            files.insert(name.display().to_string(), text);
        }
    }
}

/// The files that a module declares beside `cfg(test)`.
fn test_files((name, text): (&String, &String)) -> Vec<String> {
    let folder = match name.rsplit_once('/') {
        Some((folder, "mod.rs")) => format!("{folder}/"),
        _ => name.trim_end_matches(".rs").to_owned() + "/",
    };
    let declared = text.split("#[cfg(test)]\n").skip(1);
    let declared = declared.filter_map(|rest| rest.lines().next()?.strip_suffix(';'));
    declared
        .filter_map(|line| line.split("mod ").nth(1))
        .map(|module| format!("{folder}{module}.rs"))
        .collect()
}

/// The library's code, by the path in `src`.
fn library() -> BTreeMap<String, String> {
    let mut files = code_in(&root().join("src"));
    files.retain(|name, _| !name.starts_with("bin/"));
    files
}

fn module_of(file: &str) -> &str {
    file.split('/')
        .next()
        .unwrap_or_default()
        .trim_end_matches(".rs")
}
