//! Pictures: each that the README names is there, of modest size, and of a page that still is.

use super::{root, source};

/// As wide as they are taken.
const WIDTH: u32 = 1200;
/// Somebody may read the README over a telephone.
const LARGEST: usize = 220 * 1024;

/// `![what it shows](docs/pictures/today.png)`: what it shows, and its file.
fn named() -> Vec<(String, String)> {
    let readme = source("README.md");
    let images = readme.split("![").skip(1).filter_map(|rest| {
        let (shows, rest) = rest.split_once("](")?;
        let file = rest.split(')').next()?;
        let shows: Vec<&str> = shows.split_whitespace().collect();
        Some((shows.join(" "), file.to_owned()))
    });
    images.collect()
}

/// The width of a PNG.
fn width(png: &[u8]) -> u32 {
    assert!(png.starts_with(b"\x89PNG\r\n\x1a\n"), "it is no PNG");
    let width = png[16..20].try_into().expect("four bytes");
    u32::from_be_bytes(width)
}

#[test]
fn each_picture_of_the_readme_is_there_and_says_what_it_shows() {
    let named = named();
    assert_eq!(named.len(), 4, "{named:?}");
    for (shows, file) in &named {
        assert!(shows.len() > 40, "{file}: {shows}");
        let png =
            std::fs::read(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
        assert_eq!(width(&png), WIDTH, "{file}");
        assert!(png.len() < LARGEST, "{file} has {} bytes", png.len());
    }
    let folder = std::fs::read_dir(root().join("docs/pictures")).expect("the pictures");
    assert_eq!(folder.count(), named.len(), "one that nobody names");
}

#[test]
fn each_is_taken_of_a_page_that_is_there() {
    let script = source("demo/src/pictures.rs");
    let pages: Vec<&str> = script
        .split("\"/ops")
        .skip(1)
        .filter_map(|rest| rest.split(['"', '?', '{']).next())
        .collect();
    assert_eq!(pages, ["", "/orders/", "/blasts/", "/visits"]);
    let routes = [
        source("src/web/ops/mod.rs"),
        source("src/web/ops/blasts/mod.rs"),
    ]
    .concat();
    for page in pages {
        let route = match page.ends_with('/') {
            true => format!("at(\"{page}{{id}}\")"),
            false => format!("at(\"{page}\")"),
        };
        assert!(routes.contains(&route), "{route}");
    }
    for (_, file) in named() {
        let name = file
            .trim_start_matches("docs/pictures/")
            .trim_end_matches(".png");
        let takes =
            script.contains(&format!("\"{name}\"")) || script.contains(&format!("\"{name}.png\""));
        assert!(takes, "nothing takes {file}");
    }
}
