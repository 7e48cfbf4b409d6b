//! The files of src/ import downward only: there is no import circle.

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use common::root;

/// The modules of the crate with their texts.
struct Sources(BTreeMap<Vec<String>, String>);

#[test]
fn no_file_imports_itself_through_others() {
    let sources = Sources::read(&root().join("src"));
    assert!(sources.0.len() > 40, "only {} files were found", sources.0.len());
    let imports: BTreeMap<_, _> = sources.0.keys().map(|module| (module.join("::"), sources.imports(module))).collect();
    assert!(imports["ffi::guard"].contains("lock::guard"), "an import was not understood: {:?}", imports["ffi::guard"]);
    for module in imports.keys() {
        let mut way = vec![module.clone()];
        assert!(!leads_to(&imports, module, &mut way, &mut BTreeSet::new()), "an import circle: {}", way.join(" -> "));
    }
}

/// Whether the last module on the path leads to the goal; then the path is extended to it.
fn leads_to(
    imports: &BTreeMap<String, BTreeSet<String>>,
    goal: &str,
    way: &mut Vec<String>,
    seen: &mut BTreeSet<String>,
) -> bool {
    for next in &imports[way.last().expect("it has a beginning")] {
        let is_new = seen.insert(next.clone());
        way.push(next.clone());
        if next == goal || (is_new && leads_to(imports, goal, way, seen)) {
            return true;
        }
        way.pop();
    }
    false
}

impl Sources {
    fn read(folder: &Path) -> Sources {
        let mut sources = Sources(BTreeMap::new());
        sources.add(folder, &[]);
        sources
    }

    fn add(&mut self, folder: &Path, module: &[String]) {
        for entry in std::fs::read_dir(folder).expect("it can be read") {
            let path = entry.expect("it can be read").path();
            let name = path.file_stem().expect("it has a name").to_string_lossy().into_owned();
            let inside = match name.as_str() {
                "lib" | "mod" => module.to_vec(),
                _ => [module, &[name]].concat(),
            };
            if path.is_dir() {
                self.add(&path, &inside);
            } else {
                let text = std::fs::read_to_string(&path).expect("it can be read");
                let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
                self.0.insert(inside, code.to_owned());
            }
        }
    }

    /// The files that a file imports from. A re-export counts as an import from the defining file.
    fn imports(&self, module: &[String]) -> BTreeSet<String> {
        let is_folder = self.0.keys().any(|other| other.len() > module.len() && other.starts_with(module));
        let paths = self.paths(module).into_iter().filter(|(passed_on, _)| !(is_folder && *passed_on));
        let files = paths.filter_map(|(_, path)| self.file(&path));
        files.filter(|file| file != module).map(|file| file.join("::")).collect()
    }

    /// The file that defines the path. None: it is in another crate.
    fn file(&self, path: &[String]) -> Option<Vec<String>> {
        let file = (0..=path.len()).rev().map(|end| &path[..end]).find(|module| self.0.contains_key(*module))?;
        let item = path.get(file.len())?;
        let passed_on = self.paths(file).into_iter().find(|(passed_on, path)| *passed_on && path.last() == Some(item));
        passed_on.map_or_else(|| Some(file.to_vec()), |(_, path)| self.file(&path))
    }

    /// The paths of a file's `use` lines from the crate root, and whether they are re-exports.
    fn paths(&self, module: &[String]) -> Vec<(bool, Vec<String>)> {
        let mut found = vec![];
        let mut rest = self.0[module].as_str();
        while let Some(place) = rest.find("use ") {
            let (before, after) = (&rest[..place], &rest[place + 4..]);
            let line = before.rsplit('\n').next().unwrap_or_default();
            let end = after.find(';').unwrap_or(after.len());
            if line.is_empty() || line == "pub " || line == "pub(crate) " || line == "pub(super) " {
                for path in expand(&after[..end].split_whitespace().collect::<Vec<_>>().join(" ")) {
                    found.extend(self.absolute(module, &path).map(|path| (!line.is_empty(), path)));
                }
            }
            rest = &after[end..];
        }
        found
    }

    fn absolute(&self, module: &[String], path: &str) -> Option<Vec<String>> {
        let parts: Vec<String> =
            path.split("::").map(|part| part.split(" as ").next().unwrap_or(part).to_owned()).collect();
        let within = |base: &[String], parts: &[String]| [base, parts].concat();
        match parts[0].as_str() {
            "crate" => Some(parts[1..].to_vec()),
            "self" => Some(within(module, &parts[1..])),
            "super" => {
                let ups = parts.iter().take_while(|part| *part == "super").count();
                Some(within(&module[..module.len() - ups], &parts[ups..]))
            }
            _ => self.0.contains_key(&within(module, &parts[..1])).then(|| within(module, &parts)),
        }
    }
}

/// `a::{b, c::{d, self}}` as `a::b`, `a::c::d` and `a::c`.
fn expand(path: &str) -> Vec<String> {
    let Some((before, inside)) = path.split_once('{') else {
        return vec![path.trim().trim_end_matches("::self").to_owned()];
    };
    let inside = &inside[..inside.rfind('}').expect("a brace is closed")];
    let (mut parts, mut depth) = (vec![String::new()], 0);
    for letter in inside.chars() {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        parts.last_mut().expect("there is one").push(letter);
    }
    let parts = parts.iter().map(|part| part.trim()).filter(|part| !part.is_empty());
    parts.flat_map(|part| expand(&format!("{}{part}", before.trim()))).collect()
}
