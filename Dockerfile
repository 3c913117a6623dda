# connlint alone in an image that has no shell's worth of rights: it reads /project and writes to standard output.
#   docker build -t connlint . && docker run --rm --network none -v "$PWD:/project:ro" connlint check --merge-base main
FROM rust:1.95-bookworm AS build
WORKDIR /connlint
COPY . .
RUN cargo build --release --locked -p cargo-connlint --bin connlint

FROM debian:bookworm-slim
COPY --from=build /connlint/target/release/connlint /usr/local/bin/connlint
USER 65532:65532
WORKDIR /project
CMD ["connlint"]
