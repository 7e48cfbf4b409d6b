//! Makes foreign text safe to print: a prompt or a path may contain line breaks, terminal controls, and characters that
//! reorder or hide text.

use std::fmt::{self, Write};

/// Writes text with every character that moves, reorders or hides text escaped, for instance as `\n` or `\u{202e}`.
/// Escaping twice changes nothing.
pub(crate) struct Escaping<W>(pub(crate) W);

impl<W: Write> Write for Escaping<W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut rest = text;
        while let Some((place, letter)) = rest.char_indices().find(|(_, letter)| is_unsafe(*letter)) {
            self.0.write_str(&rest[..place])?;
            write!(self.0, "{}", letter.escape_default())?;
            rest = &rest[place + letter.len_utf8()..];
        }
        self.0.write_str(rest)
    }
}

/// The same, cut after that many characters.
pub(crate) fn write_cut(text: &str, limit: usize, out: &mut impl Write) -> fmt::Result {
    match text.char_indices().nth(limit) {
        Some((end, _)) => {
            Escaping(&mut *out).write_str(&text[..end])?;
            out.write_char('…')
        }
        None => Escaping(out).write_str(text),
    }
}

fn is_unsafe(letter: char) -> bool {
    !matches!(letter, ' '..='~') && INVISIBLE.iter().any(|(first, last)| (*first..=*last).contains(&letter))
}

/// Control (Cc) and format (Cf) characters, separators of lines and paragraphs, and letters without a glyph.
const INVISIBLE: [(char, char); 28] = [
    ('\0', '\u{1f}'),
    ('\u{7f}', '\u{9f}'),
    ('\u{ad}', '\u{ad}'),
    ('\u{34f}', '\u{34f}'),
    ('\u{600}', '\u{605}'),
    ('\u{61c}', '\u{61c}'),
    ('\u{6dd}', '\u{6dd}'),
    ('\u{70f}', '\u{70f}'),
    ('\u{890}', '\u{891}'),
    ('\u{8e2}', '\u{8e2}'),
    ('\u{115f}', '\u{1160}'),
    ('\u{17b4}', '\u{17b5}'),
    ('\u{180b}', '\u{180f}'),
    ('\u{200b}', '\u{200f}'),
    ('\u{2028}', '\u{202e}'),
    ('\u{2060}', '\u{206f}'),
    ('\u{2800}', '\u{2800}'),
    ('\u{3164}', '\u{3164}'),
    // Variation selectors: a long run of them can carry hidden text.
    ('\u{fe00}', '\u{fe0f}'),
    ('\u{feff}', '\u{feff}'),
    ('\u{ffa0}', '\u{ffa0}'),
    ('\u{fff0}', '\u{fffb}'),
    ('\u{110bd}', '\u{110bd}'),
    ('\u{110cd}', '\u{110cd}'),
    ('\u{13430}', '\u{1343f}'),
    ('\u{1bca0}', '\u{1bca3}'),
    ('\u{1d173}', '\u{1d17a}'),
    // Tags, more variation selectors, and the range reserved for such characters.
    ('\u{e0000}', '\u{e0fff}'),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn escaped(text: &str) -> String {
        let mut out = String::new();
        Escaping(&mut out).write_str(text).unwrap();
        out
    }

    #[test]
    fn hiding_and_reordering_characters_are_escaped() {
        assert_eq!(escaped("a\nb\t\u{1b}[31m\u{7f}\u{9b}"), r"a\nb\t\u{1b}[31m\u{7f}\u{9b}");
        assert_eq!(escaped("\u{202e}\u{2066}\u{200b}\u{200d}\u{feff}"), r"\u{202e}\u{2066}\u{200b}\u{200d}\u{feff}");
        assert_eq!(escaped("\u{e0041}\u{fe0f}\u{3164}\u{ad}\u{2029}"), r"\u{e0041}\u{fe0f}\u{3164}\u{ad}\u{2029}");
        for plain in ["implement auth", "ü é 日本語\u{3000} हिन्दी ไทย 😀 עברית", r"C:\new \u{202e}", "…"]
        {
            assert_eq!(escaped(plain), plain);
        }
        assert_eq!(escaped(&escaped("\n\u{202e}")), escaped("\n\u{202e}"));
    }

    #[test]
    fn visible_letters_are_kept() {
        for letter in ('\0'..=char::MAX).filter(|letter| letter.is_alphanumeric()) {
            let is_blank = matches!(letter, '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}');
            assert_eq!(is_unsafe(letter), is_blank, "{letter:?}");
        }
        assert!(('\0'..=char::MAX).all(|letter| !letter.is_control() || is_unsafe(letter)));
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        for (text, expected) in [("äöü", "äöü"), ("äöüß", "äöü…"), ("a\n\u{200b}d", r"a\n\u{200b}…")] {
            let mut out = String::new();
            write_cut(text, 3, &mut out).unwrap();
            assert_eq!(out, expected);
        }
    }
}
