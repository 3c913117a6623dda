//! The baseline of `cargo xtask bench` with the allocator of connlint's own binaries.

#[path = "syn_baseline.rs"]
mod syn_baseline;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    syn_baseline::main()
}
