//! Writes the manual pages of the C functions: `write_manual HEADER FOLDER`. `make all` compiles it with rustc alone.

mod manual;

use std::path::Path;

fn main() -> std::io::Result<()> {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    let [header, folder] = &arguments[..] else { panic!("usage: write_manual HEADER FOLDER") };
    std::fs::create_dir_all(folder)?;
    for (name, page) in manual::generate(&std::fs::read_to_string(header)?) {
        std::fs::write(Path::new(folder).join(name), page)?;
    }
    Ok(())
}
