//! Makes the folder that is embedded exist: the page itself is built by `make page`.

fn main() -> std::io::Result<()> {
    println!("cargo:rerun-if-changed=page/dist");
    std::fs::create_dir_all("page/dist")
}
