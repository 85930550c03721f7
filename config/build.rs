//! The shipped files are read at build time; a changed one is read again.

fn main() {
    for path in ["vedetta.toml", "sources", "watchlists", "entities"] {
        println!("cargo:rerun-if-changed={path}");
    }
}
