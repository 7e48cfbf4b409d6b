//! Every C function has a manual page, and formatters report no warning.

mod common;
#[path = "generate/manual.rs"]
mod manual;

use std::collections::BTreeMap;
use std::process::Command;

use common::{root, run};

fn pages() -> BTreeMap<String, String> {
    manual::generate(&std::fs::read_to_string(root().join("include/ralph_lock.h")).expect("the header can be read"))
}

/// The page has its declaration and text, or links to the page of its family.
#[test]
fn each_function_has_a_page() {
    let pages = pages();
    let exported = std::fs::read_to_string(root().join("abi/symbols.txt")).expect("the list can be read");
    for function in exported.lines() {
        let file = format!("{function}.3");
        let mut page = pages.get(&file).unwrap_or_else(|| panic!("{file} is missing"));
        if let Some(link) = page.strip_prefix(".so man3/") {
            page = pages.get(link.trim_end()).unwrap_or_else(|| panic!("{file} leads to {link}"));
        }
        assert!(page.contains(&format!("{function}(")), "{file} does not declare it");
        let named = page.lines().any(|line| line.trim_end_matches(',') == function);
        assert!(named, "{file} does not have it under NAME, where apropos(1) looks");
    }
}

/// Every sentence of the header appears on some page, in whatever form.
#[test]
fn the_manual_has_every_sentence_of_the_header() {
    let plain = |text: &str| text.split(|letter: char| !letter.is_alphanumeric()).collect::<Vec<_>>().join("");
    let pages: String = pages().into_values().collect();
    let pages = plain(&pages.replace("\\fB", "").replace("\\fI", "").replace("\\fP", "").replace("\\e", "\\"));
    let header = std::fs::read_to_string(root().join("include/ralph_lock.h")).expect("the header can be read");
    for line in header.lines().filter_map(|line| line.trim_start().strip_prefix("* ")) {
        for part in line.split(['`', '(', ')', ';', ':', '.', ',']).filter(|part| part.len() > 25) {
            assert!(pages.to_lowercase().contains(&plain(part).to_lowercase()), "it is in no page: {part}");
        }
    }
}

#[test]
fn formatters_print_no_warning() {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("there is room");
    // mandoc warns about links, pages of one line; man-db's and Debian's tools make them.
    let pages = pages().into_iter().filter(|(_, text)| !text.starts_with(".so "));
    let files = pages.map(|(name, text)| {
        let file = folder.path().join(name);
        std::fs::write(&file, text).expect("there is room");
        file
    });
    assert_eq!(run(Command::new("mandoc").args(["-T", "lint"]).args(files)), "");
}
