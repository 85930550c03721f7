//! Tells the binary where to look for libtorch when it runs: beside itself as installed, then where it
//! was built.

fn main() {
    println!("cargo:rerun-if-changed=sample-site");
    println!("cargo:rerun-if-env-changed=LIBTORCH");
    println!("cargo:rustc-link-arg-bins=-Wl,-rpath,$ORIGIN/../lib/vedetta");
    if let Ok(libtorch) = std::env::var("LIBTORCH") {
        println!("cargo:rustc-link-arg=-Wl,-rpath,{libtorch}/lib");
    }
}
