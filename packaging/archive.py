#!/usr/bin/env python3
"""Makes the archive of a release: both programs, README, licences, manual page and completions.

    packaging/archive.py --target x86_64-unknown-linux-musl --binaries target/…/release --out dist
"""

import argparse
import subprocess
import time
import zipfile
from pathlib import Path

from common import EPOCH, LICENSES, ROOT, exe, tar_gz, target

SHELLS = ["bash", "elvish", "fish", "nushell", "powershell", "zsh"]


def generated(program):
    """What the program prints of itself."""
    says = lambda *arguments: subprocess.run([program, *arguments], check=True, capture_output=True).stdout
    page = ("man/connlint.1", says("man"), False)
    return [page, *[(f"completions/connlint.{shell}", says("completions", shell), False) for shell in SHELLS]]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--target", required=True)
    parser.add_argument("--binaries", required=True, type=Path)
    parser.add_argument("--out", default=Path("dist"), type=Path)
    args = parser.parse_args()
    target(args.target)
    folder = f"connlint-{args.target}"
    programs = [f"{name}{exe(args.target)}" for name in ("connlint", "cargo-connlint")]
    files = [(name, (args.binaries / name).read_bytes(), True) for name in programs]
    files += [(name, (ROOT / name).read_bytes(), False) for name in ["README.md", "CHANGELOG.md", *LICENSES]]
    files += generated((args.binaries / programs[0]).resolve())
    files = [(f"{folder}/{name}", data, is_program) for name, data, is_program in files]
    if "windows" not in args.target:
        tar_gz(args.out / f"{folder}.tar.gz", files)
        return
    args.out.mkdir(parents=True, exist_ok=True)
    path = args.out / f"{folder}.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data, _ in files:
            archive.writestr(zipfile.ZipInfo(name, time.gmtime(EPOCH)[:6]), data, zipfile.ZIP_DEFLATED)
    print(path)


if __name__ == "__main__":
    main()
