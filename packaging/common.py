"""What the scripts share: the manifest's facts, the targets, archives that are the same bytes each time."""

import gzip
import io
import json
import os
import tarfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WORKSPACE = tomllib.loads((ROOT / "Cargo.toml").read_text(encoding="utf-8"))["workspace"]["package"]
COMMAND = tomllib.loads((ROOT / "crates/cargo-connlint/Cargo.toml").read_text(encoding="utf-8"))["package"]
VERSION = WORKSPACE["version"]
REPOSITORY = WORKSPACE["repository"]
LICENSE = WORKSPACE["license"]
SUMMARY = COMMAND["description"]
TARGETS = json.loads((ROOT / "packaging/targets.json").read_text(encoding="utf-8"))
LICENSES = ["LICENSE-APACHE", "LICENSE-MIT"]
# 1980 is where the times of a ZIP file begin.
EPOCH = max(int(os.environ.get("SOURCE_DATE_EPOCH", "0")), 315532800)


def target(name):
    """The row of a target."""
    for row in TARGETS:
        if row["target"] == name:
            return row
    raise SystemExit(f"error: {name} is no target of packaging/targets.json")


def exe(name):
    """The ending of a target's programs."""
    return ".exe" if "windows" in name else ""


def tar_gz(path, files):
    """Writes files, given as (name, bytes, whether it is a program), in a compressed archive."""
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, data, is_program in files:
            entry = tarfile.TarInfo(name)
            entry.size, entry.mtime, entry.mode = len(data), EPOCH, 0o755 if is_program else 0o644
            archive.addfile(entry, io.BytesIO(data))
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "wb") as out, gzip.GzipFile(filename="", fileobj=out, mode="wb", mtime=EPOCH) as packed:
        packed.write(raw.getvalue())
    print(path)
