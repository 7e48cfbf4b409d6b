//! Makes the manual pages of the C functions from the header: one page for each family of functions, a link to it for
//! each other function of the family, and `ralph_lock.3` from the header's first comment.

use std::collections::BTreeMap;
use std::iter::Peekable;
use std::str::Lines;

/// The date of the manual's last change.
const DATE: &str = "2026-11-22";

/// The purpose of each family of functions, and their names without the prefix. The first one names the page.
const FAMILIES: [(&str, &[&str]); 14] = [
    ("take the lock of a workspace", &["try_acquire", "acquire_blocking", "acquire_with"]),
    (
        "release a held lock, and check and restore it",
        &["release", "guard_path", "guard_verify", "guard_restore", "guard_previous"],
    ),
    (
        "ask whether a workspace is locked, and by which process",
        &["inspect", "inspect_with", "is_locked", "read_existing"],
    ),
    ("signal the process that holds a lock", &["signal_holder", "signal_holder_with"]),
    ("find the processes that keep a lock", &["find_keepers", "find_keepers_with"]),
    ("find the workspace that a directory belongs to", &["find_root"]),
    ("find out what a lock is worth on a file system", &["probe_filesystem"]),
    ("hand a held lock to another process", &["guard_into_fd", "adopt_fd"]),
    (
        "say how to acquire: for how long, until when, which file",
        &["options_new", "options_set_timeout_ms", "options_set_cancel", "options_set_lock_file", "options_free"],
    ),
    ("end waits for a lock from another thread", &["cancel_new", "cancel_trigger", "cancel_free"]),
    ("wait for a lock in an event loop", &["waiter_new", "waiter_fd", "waiter_step", "waiter_free"]),
    (
        "the holder of a lock, and whether its process lives",
        &[
            "metadata_pid",
            "metadata_local_pid",
            "metadata_started_unix_ns",
            "metadata_started_rfc3339",
            "metadata_prompt",
            "metadata_host",
            "metadata_summary",
            "metadata_liveness",
            "metadata_relation",
            "metadata_free",
        ],
    ),
    (
        "the details of a failed call",
        &[
            "error_status",
            "error_os_code",
            "error_message",
            "error_path",
            "error_free",
            "status_name",
            "status_message",
        ],
    ),
    ("the version of the library that runs", &["version"]),
];

/// The pages' file names and texts, made from the header's text.
pub fn generate(header: &str) -> BTreeMap<String, String> {
    let header = Header::read(header);
    let families: Vec<Family> = FAMILIES.into_iter().map(|family| header.family(family)).collect();
    let on_a_page: usize = families.iter().map(|family| family.functions.len()).sum();
    assert_eq!(on_a_page, header.functions.len(), "FAMILIES has a family for each function of the header");

    let mut pages = BTreeMap::from([("ralph_lock.3".to_owned(), overview(&header, &families))]);
    for family in &families {
        pages.insert(format!("{}.3", family.name()), page(&header, family, &families));
        for function in &family.functions[1..] {
            pages.insert(format!("{}.3", function.name), format!(".so man3/{}.3\n", family.name()));
        }
    }
    pages
}

/// The header's declarations with their comments.
struct Header {
    introduction: String,
    macros: Vec<(String, String)>,
    enums: Vec<Enum>,
    types: Vec<(String, String)>,
    functions: Vec<Function>,
}

struct Enum {
    name: String,
    text: String,
    /// Name, number, comment.
    values: Vec<(String, String, String)>,
}

struct Function {
    name: String,
    declaration: String,
    text: String,
}

struct Family<'a> {
    summary: &'a str,
    functions: Vec<&'a Function>,
}

impl Family<'_> {
    fn name(&self) -> &str {
        &self.functions[0].name
    }

    fn has(&self, function: &str) -> bool {
        self.functions.iter().any(|one| one.name == function)
    }
}

impl Header {
    fn read(text: &str) -> Self {
        let mut lines = text.lines().peekable();
        let introduction = comment(&mut lines).expect("the header begins with a comment");
        let mut header = Self { introduction, macros: vec![], enums: vec![], types: vec![], functions: vec![] };
        while lines.peek().is_some() {
            let Some(text) = comment(&mut lines) else {
                lines.next();
                continue;
            };
            while let Some(line) = lines.next_if(|line| line.starts_with("#define")) {
                let name = line.split(' ').nth(1).expect("a macro has a name");
                header.macros.push((name.to_owned(), text.clone()));
            }
            lines.next_if_eq(&"RALPH_LOCK_MUST_USE");
            if lines.next_if_eq(&"typedef enum {").is_some() {
                header.enums.push(Enum::read(text, &mut lines));
            } else if let Some(line) = lines.next_if(|line| line.starts_with("typedef struct ")) {
                header.types.push((last_word(line), text));
            } else if lines.peek().is_some_and(|line| line.contains('(') && !line.starts_with(['#', ' '])) {
                header.functions.push(Function::read(text, &mut lines));
            }
        }
        header
    }

    fn family(&self, (summary, names): (&'static str, &[&str])) -> Family<'_> {
        let find = |name: &&str| {
            let name = format!("ralph_lock_{name}");
            self.functions.iter().find(|one| one.name == name).unwrap_or_else(|| panic!("{name} is not in the header"))
        };
        Family { summary, functions: names.iter().map(find).collect() }
    }

    /// The general meaning of a status.
    fn status(&self, name: &str) -> &str {
        let values = self.enums.iter().flat_map(|one| &one.values);
        values.into_iter().find(|(value, ..)| value == name).map(|(.., text)| text).expect("it is a status")
    }

    /// The version's macros, grouped by comment.
    fn versions(&self) -> Vec<(&str, Vec<&str>)> {
        let mut found: Vec<(&str, Vec<&str>)> = vec![];
        for (name, text) in self.macros.iter().filter(|(name, _)| name.starts_with("RALPH_LOCK_VERSION")) {
            match found.last_mut() {
                Some((last, names)) if last == text => names.push(name),
                _ => found.push((text, vec![name])),
            }
        }
        found
    }
}

impl Enum {
    fn read(text: String, lines: &mut Peekable<Lines>) -> Self {
        let mut values = vec![];
        while let Some(text) = comment(lines) {
            let line = lines.next().expect("a value follows");
            let (name, number) = line.trim().trim_end_matches(',').split_once(" = ").expect("a value has a number");
            values.push((name.to_owned(), number.to_owned(), text));
        }
        Self { name: last_word(lines.next().expect("its name follows")), text, values }
    }
}

impl Function {
    fn read(text: String, lines: &mut Peekable<Lines>) -> Self {
        let mut declaration = String::new();
        while !declaration.ends_with(';') {
            let line = lines.next().expect("a declaration ends");
            declaration = [&declaration, line.trim()].join(" ").trim().to_owned();
        }
        let name = last_word(declaration.split('(').next().expect("a function has parameters")).replace('*', "");
        Self { name, declaration, text }
    }

    fn parameters(&self) -> Vec<String> {
        let inside = self.declaration.split(['(', ')']).nth(1).expect("a function has parameters");
        inside.split(", ").map(|one| last_word(one).replace('*', "")).collect()
    }
}

fn last_word(text: &str) -> String {
    text.trim_end_matches(';').rsplit(' ').next().unwrap_or_default().to_owned()
}

/// The text of a comment that begins here.
fn comment(lines: &mut Peekable<Lines>) -> Option<String> {
    let first = lines.next_if(|line| line.trim_start().starts_with("/**"))?.trim_start().trim_start_matches("/**");
    if let Some(text) = first.strip_suffix("*/") {
        return Some(text.trim().to_owned());
    }
    let body = lines.by_ref().take_while(|line| line.trim() != "*/");
    let text: Vec<&str> = body
        .map(|line| line.trim_start().trim_start_matches('*'))
        .map(|line| line.strip_prefix(' ').unwrap_or(line))
        .collect();
    Some(text.join("\n").trim().to_owned())
}

/// A manual page under construction, in the language of man(7).
struct Page<'a> {
    text: String,
    /// The family that this page explains.
    own: Option<&'a Family<'a>>,
    parameters: Vec<String>,
}

impl<'a> Page<'a> {
    fn new(name: &str, own: Option<&'a Family<'a>>) -> Self {
        let (title, version) = (name.to_uppercase(), env!("CARGO_PKG_VERSION"));
        let functions = own.iter().flat_map(|family| &family.functions);
        Self {
            text: format!(
                ".\\\" Made from include/ralph_lock.h. Do not edit.\n\
                 .TH {title} 3 {DATE} \"ralph_lock {version}\" \"Library Functions Manual\"\n\
                 .\\\" Names stay whole.\n.nh\n.ad l\n"
            ),
            own,
            parameters: functions.flat_map(|function| function.parameters()).collect(),
        }
    }

    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    /// Paragraphs separated by blank lines; an indented one is code.
    fn paragraphs(&mut self, text: &str) {
        for (index, paragraph) in text.split("\n\n").enumerate() {
            if index > 0 {
                self.line(".PP");
            }
            if paragraph.starts_with("    ") { self.code(paragraph) } else { self.fill(paragraph) }
        }
    }

    fn code(&mut self, text: &str) {
        self.line(".RS 4\n.EX");
        for line in text.lines() {
            let line = escape(line.strip_prefix("    ").unwrap_or(line)).replace('-', "\\-").replace('\'', "\\(aq");
            self.line(&line);
        }
        self.line(".EE\n.RE");
    }

    /// One paragraph, in lines of fewer than 80 characters.
    fn fill(&mut self, text: &str) {
        let mut line = String::new();
        for word in self.marked(text).split_whitespace() {
            if line.len() + word.len() > 77 {
                self.line(&std::mem::take(&mut line));
            }
            if !line.is_empty() {
                line.push(' ');
            } else if word.starts_with(['.', '\'']) {
                line.push_str("\\&");
            }
            line.push_str(word);
        }
        self.line(&line);
    }

    fn item(&mut self, name: &str, text: &str) {
        self.line(&format!(".TP\n.B {name}"));
        self.fill(text);
    }

    fn values(&mut self, one: &Enum) {
        self.paragraphs(&one.text);
        for (name, number, text) in &one.values {
            self.item(&format!("{name} \\fR({number})\\fP"), text);
        }
    }

    /// A list of lines like "- RALPH_LOCK_IO: this or that".
    fn statuses(&mut self, header: &Header, list: &str) {
        for item in list.trim_start_matches("- ").split("\n- ") {
            let (name, said) = item.split_once(": ").unwrap_or((item, ""));
            let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
            self.status(header, name, &said);
        }
    }

    /// If the list says nothing more about a status, its general meaning is used.
    fn status(&mut self, header: &Header, name: &str, said: &str) {
        let meaning = header.status(name);
        let said = self.sentence(said);
        match said.split(' ').next() {
            None | Some("") => self.item(name, meaning),
            Some("Also" | "With" | "And") => self.item(name, &format!("{meaning} {said}.")),
            _ => self.item(name, &format!("{said}.")),
        }
    }

    /// The text after a colon as the start of a sentence, which may be a parameter's name.
    fn sentence(&self, text: &str) -> String {
        let (first, rest) = text.split_once(' ').unwrap_or((text, ""));
        if self.parameters.iter().any(|name| name == first) { format!("`{first}` {rest}") } else { capitalized(text) }
    }

    fn see_also(&mut self, families: &[Family]) {
        let own = self.own.map(|family| family.name().to_owned());
        let others = families.iter().map(|family| family.name()).filter(|name| Some(*name) != own.as_deref());
        let names: Vec<String> =
            ["ralph_lock"].into_iter().chain(others).map(|name| format!(".BR {name} (3)")).collect();
        self.line(".SH \"SEE ALSO\"");
        self.line(&names.join(",\n"));
    }

    /// The text with names in bold: constants, functions, other manuals, and anything between backticks; parameters are
    /// in italics.
    fn marked(&self, text: &str) -> String {
        let mut marked = String::new();
        for (index, part) in escape(text).split('`').enumerate() {
            if index % 2 == 0 {
                let words: Vec<String> = part.split([' ', '\n']).map(|word| self.marked_word(word)).collect();
                marked.push_str(&words.join(" "));
            } else if self.parameters.iter().any(|name| name == part) {
                marked.push_str(&format!("\\fI{part}\\fP"));
            } else {
                marked.push_str(&format!("\\fB{}\\fP", part.replace('-', "\\-")));
            }
        }
        marked
    }

    fn marked_word(&self, word: &str) -> String {
        let begin = word.find(|letter: char| letter.is_ascii_alphanumeric()).unwrap_or(word.len());
        let (before, word) = word.split_at(begin);
        let is_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        let (name, after) = word.split_at(word.find(|letter| !is_name(letter)).unwrap_or(word.len()));
        let before = before.replace('-', "\\-");
        if name.starts_with("ralph_lock_") && after.starts_with("()") {
            let is_here = self.own.is_some_and(|family| family.has(name));
            format!("{before}\\fB{name}\\fP({}){}", if is_here { "" } else { "3" }, &after[2..])
        } else if (after.starts_with('(') && after[1..].starts_with(|digit: char| digit.is_ascii_digit()))
            || name.starts_with("RALPH_LOCK_")
            || is_errno(name)
        {
            format!("{before}\\fB{name}\\fP{after}")
        } else {
            format!("{before}{word}")
        }
    }
}

fn is_errno(name: &str) -> bool {
    name.len() > 3 && name.starts_with('E') && name.chars().all(|letter| letter.is_ascii_uppercase())
}

fn escape(text: &str) -> String {
    text.replace('\\', "\\e")
}

/// The page of a family.
fn page(header: &Header, family: &Family, families: &[Family]) -> String {
    let mut page = Page::new(family.name(), Some(family));
    let names: Vec<&str> = family.functions.iter().map(|function| function.name.as_str()).collect();
    page.line(".SH NAME");
    page.line(&format!("{}\n\\- {}", names.join(",\n"), family.summary));
    page.line(".SH LIBRARY\nWorkspace lock library (libralph_lock, \\-lralph_lock)");

    page.line(".SH SYNOPSIS\n.nf\n.B #include <ralph_lock.h>");
    for function in &family.functions {
        page.line(".PP");
        page.line(&synopsis(function));
    }
    page.line(".fi\n.SH DESCRIPTION");

    let several = family.functions.len() > 1;
    let mut results = vec![];
    for function in &family.functions {
        let (text, statuses) = match function.text.split("\n\n").last() {
            Some(last) if last.starts_with("- RALPH_LOCK_OK") => (function.text.strip_suffix(last), Some(last)),
            _ => (None, None),
        };
        if several {
            page.line(&format!(".SS {}()", function.name));
        }
        page.paragraphs(text.unwrap_or(&function.text).trim_end());
        results.extend(statuses.map(|statuses| (function, statuses)));
    }
    for one in header.enums.iter().filter(|one| one.name != "ralph_lock_status") {
        if family.functions.iter().any(|function| function.declaration.contains(&format!("{} ", one.name))) {
            page.line(&format!(".SS {}", one.name));
            page.values(one);
        }
    }
    if family.has("ralph_lock_version") {
        page.line(".SS Macros");
        for (text, names) in header.versions() {
            page.line(&format!(".TP\n.B {}", names[0]));
            for name in &names[1..] {
                page.line(&format!(".TQ\n.B {name}"));
            }
            page.fill(text);
        }
    }
    if !results.is_empty() {
        page.line(".SH \"RETURN VALUE\"");
    }
    for (function, text) in results {
        if several {
            page.line(&format!(".SS {}()", function.name));
        }
        page.statuses(header, text);
    }
    page.see_also(families);
    page.text
}

/// The overview page: the header's first comment, the functions, and the statuses.
fn overview(header: &Header, families: &[Family]) -> String {
    let mut page = Page::new("ralph_lock", None);
    let mut paragraphs = header.introduction.splitn(2, "\n\n");
    let (name, summary) = paragraphs.next().and_then(|first| first.split_once(": ")).expect("it says what it is");
    page.line(&format!(".SH NAME\n{name} \\- {}", summary.trim_end_matches('?')));
    page.line(".SH LIBRARY\nWorkspace lock library (libralph_lock, \\-lralph_lock)");
    page.line(".SH SYNOPSIS\n.nf\n.B #include <ralph_lock.h>");
    page.line(".PP\n.B cc file.c $(pkg\\-config \\-\\-cflags \\-\\-libs ralph_lock)\n.fi\n.SH DESCRIPTION");

    // A paragraph that begins with capitals and a full stop has its title in them.
    let rest = paragraphs.next().expect("more follows");
    let (start, titled) = rest.split_at(rest.find("\n\nWHAT IS LOCKED. ").expect("the titled part follows"));
    page.paragraphs(start);
    for paragraph in titled.trim_start().split("\n\n") {
        let titled =
            paragraph.split_once(". ").filter(|(title, _)| !title.contains(|letter: char| letter.is_lowercase()));
        match titled {
            Some((title, text)) => {
                page.line(&format!(".SS \"{}{}\"", &title[..1], title[1..].to_lowercase()));
                page.fill(text);
            }
            None => {
                page.line(".PP");
                page.paragraphs(paragraph);
            }
        }
    }

    page.line(".SH FUNCTIONS");
    for family in families {
        let names: Vec<String> = family.functions.iter().map(|one| format!("\\fB{}\\fP(3)", one.name)).collect();
        page.line(&format!(".TP\n{}", names[0]));
        for name in &names[1..] {
            page.line(&format!(".TQ\n{name}"));
        }
        page.fill(&capitalized(family.summary));
    }
    page.line(".SH TYPES");
    for (name, text) in &header.types {
        page.item(name, text);
    }
    for one in &header.enums {
        if one.name == "ralph_lock_status" {
            page.line(".SH STATUSES");
            page.values(one);
        }
    }
    page.line(".SH CONSTANTS");
    for (name, text) in &header.macros {
        if name == "RALPH_LOCK_FILE" {
            page.item(name, text);
        }
    }
    page.line(".SH \"SEE ALSO\"\n.BR flock (2),\n.BR inotify (7),\n.BR pidfd_open (2)");
    page.text
}

fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// A declaration; a long one with one parameter per line.
fn synopsis(function: &Function) -> String {
    let declaration = escape(&function.declaration);
    if declaration.len() <= 76 {
        return format!(".B \"{declaration}\"");
    }
    let (head, parameters) = declaration.split_once('(').expect("a function has parameters");
    let lines: Vec<String> = parameters.split(", ").map(|one| format!(".B \"    {one}")).collect();
    format!(".B \"{head}(\"\n{}\"", lines.join(",\"\n"))
}
