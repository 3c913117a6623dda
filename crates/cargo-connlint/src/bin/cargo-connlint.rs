//! `cargo connlint ARGS`, which cargo turns into `cargo-connlint connlint ARGS`.

fn main() -> std::process::ExitCode {
    cargo_connlint::main(cargo_connlint::CalledAs::CargoSubcommand)
}
