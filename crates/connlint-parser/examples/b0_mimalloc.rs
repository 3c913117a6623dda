//! The yardstick of `cargo xtask bench` with the allocator of connlint's own binaries.

#[path = "b0.rs"]
mod b0;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    b0::main()
}
