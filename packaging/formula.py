#!/usr/bin/env python3
"""Makes the Homebrew formula of a release out of its checksums.

    packaging/formula.py --checksums dist/SHA256SUMS > connlint.rb
"""

import argparse
from pathlib import Path

from common import LICENSE, REPOSITORY, SUMMARY, VERSION

FORMULA = '''class Connlint < Formula
  desc "{summary}"
  homepage "{repository}"
  version "{version}"
  license any_of: [{licenses}]

{systems}
  def install
    bin.install "connlint", "cargo-connlint"
    man1.install "man/connlint.1"
    bash_completion.install "completions/connlint.bash" => "connlint"
    fish_completion.install "completions/connlint.fish"
    zsh_completion.install "completions/connlint.zsh" => "_connlint"
  end

  test do
    (testpath/"Cargo.toml").write "[package]\\nname = \\"a\\"\\nversion = \\"0.1.0\\"\\n"
    (testpath/"src").mkpath
    (testpath/"src/main.rs").write "fn main() {{}}\\n"
    assert_match "no findings", shell_output("#{{bin}}/connlint check #{{testpath}}")
  end
end
'''
SYSTEMS = {
    "macos": {"arm": "aarch64-apple-darwin", "intel": "x86_64-apple-darwin"},
    "linux": {"arm": "aarch64-unknown-linux-musl", "intel": "x86_64-unknown-linux-musl"},
}


def system(name, targets, sums):
    text = f"  on_{name} do\n"
    for cpu, target in targets.items():
        file = f"connlint-{target}.tar.gz"
        if file not in sums:
            raise SystemExit(f"error: the checksum of {file} is missing")
        text += f"    on_{cpu} do\n"
        text += f'      url "{REPOSITORY}/releases/download/v{VERSION}/{file}"\n'
        text += f'      sha256 "{sums[file]}"\n    end\n'
    return text + "  end\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checksums", required=True, type=Path)
    args = parser.parse_args()
    lines = [line.split() for line in args.checksums.read_text(encoding="utf-8").splitlines()]
    sums = {file.lstrip("*"): digest for digest, file in lines}
    licenses = ", ".join(f'"{one}"' for one in LICENSE.split(" OR "))
    systems = "\n".join(system(name, targets, sums) for name, targets in SYSTEMS.items())
    facts = {"summary": SUMMARY, "repository": REPOSITORY, "version": VERSION, "licenses": licenses}
    print(FORMULA.format(systems=systems, **facts), end="")


if __name__ == "__main__":
    main()
