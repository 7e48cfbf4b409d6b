//! man/man3: made from the header, a page for each function, and nothing that a formatter warns of.

mod common;
#[path = "../man.rs"]
mod man;

use std::collections::BTreeMap;
use std::process::Command;

use common::{root, run};

fn checked_in() -> BTreeMap<String, String> {
    let files = std::fs::read_dir(root().join(man::FOLDER)).expect("there is a manual");
    let files = files.map(|file| file.expect("it can be read").path());
    files
        .map(|file| {
            let name = file.file_name().expect("it has a name").to_string_lossy().into_owned();
            (name, std::fs::read_to_string(file).expect("it can be read"))
        })
        .collect()
}

#[test]
fn is_the_one_that_the_header_makes() {
    let header = std::fs::read_to_string(root().join("include/ralph_lock.h")).expect("the header can be read");
    let (made, checked_in) = (man::generate(&header), checked_in());
    let names = |pages: &BTreeMap<String, String>| pages.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&checked_in), names(&made), "{} has other files than `make header` makes", man::FOLDER);
    for (name, text) in made {
        assert!(checked_in[&name] == text, "{}/{name} is out of date: run `make header`", man::FOLDER);
    }
}

/// Its declaration and its text stand there; that of another function is one link away.
#[test]
fn each_function_has_a_page() {
    let pages = checked_in();
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

/// What the header says stands on some page, whatever was made of its form.
#[test]
fn nothing_of_the_header_is_lost() {
    let plain = |text: &str| text.split(|letter: char| !letter.is_alphanumeric()).collect::<Vec<_>>().join("");
    let pages: String = checked_in().into_values().collect();
    let pages = plain(&pages.replace("\\fB", "").replace("\\fI", "").replace("\\fP", "").replace("\\e", "\\"));
    let header = std::fs::read_to_string(root().join("include/ralph_lock.h")).expect("the header can be read");
    for line in header.lines().filter_map(|line| line.trim_start().strip_prefix("* ")) {
        for part in line.split(['`', '(', ')', ';', ':', '.', ',']).filter(|part| part.len() > 25) {
            assert!(pages.to_lowercase().contains(&plain(part).to_lowercase()), "it is in no page: {part}");
        }
    }
}

#[test]
fn formatters_find_nothing_to_warn_of() {
    // A link is a page of one line, of which mandoc would rather see none; man-db's and Debian's tools make them.
    let pages = checked_in().into_iter().filter(|(_, text)| !text.starts_with(".so ")).map(|(name, _)| name);
    let pages: Vec<_> = pages.map(|name| root().join(man::FOLDER).join(name)).collect();
    assert_eq!(run(Command::new("mandoc").args(["-T", "lint"]).args(pages)), "");
}
