//! `connlint ARGS`.

fn main() -> std::process::ExitCode {
    cargo_connlint::main(cargo_connlint::CalledAs::Connlint)
}
