#!/usr/bin/env python3
"""Makes a Python wheel that holds the `connlint` program: `pip install connlint`, `uvx connlint`.

    packaging/wheel.py --target x86_64-unknown-linux-musl --binary target/…/connlint --out dist
"""

import argparse
import base64
import hashlib
import time
import zipfile
from pathlib import Path

from common import COMMAND, EPOCH, LICENSE, LICENSES, REPOSITORY, ROOT, SUMMARY, VERSION, WORKSPACE, exe, target

NAME = "connlint"


def metadata():
    head = [
        "Metadata-Version: 2.4",
        f"Name: {NAME}",
        f"Version: {VERSION}",
        f"Summary: {SUMMARY}",
        f"Author: {', '.join(WORKSPACE['authors'])}",
        f"License-Expression: {LICENSE}",
        *[f"License-File: {file}" for file in LICENSES],
        f"Keywords: {','.join(COMMAND.get('keywords', []))}",
        "Classifier: Environment :: Console",
        "Classifier: Programming Language :: Rust",
        f"Project-URL: Repository, {REPOSITORY}",
        "Requires-Python: >=3.7",
        "Description-Content-Type: text/markdown",
    ]
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    return ("\n".join(head) + "\n\n" + readme).encode()


def files(row, tag, binary):
    """The files of the wheel: name, bytes, whether it is a program."""
    info = f"{NAME}-{VERSION}.dist-info"
    tags = "".join(f"Tag: py3-none-{platform}\n" for platform in tag.split("."))
    wheel = f"Wheel-Version: 1.0\nGenerator: connlint packaging\nRoot-Is-Purelib: false\n{tags}"
    listed = [
        (f"{NAME}-{VERSION}.data/scripts/{NAME}{exe(row['target'])}", binary.read_bytes(), True),
        (f"{info}/METADATA", metadata(), False),
        (f"{info}/WHEEL", wheel.encode(), False),
        *[(f"{info}/licenses/{file}", (ROOT / file).read_bytes(), False) for file in LICENSES],
    ]
    digest = lambda data: base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
    record = "".join(f"{name},sha256={digest(data)},{len(data)}\n" for name, data, _ in listed)
    record += f"{info}/RECORD,,\n"
    return [*listed, (f"{info}/RECORD", record.encode(), False)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--target", required=True)
    parser.add_argument("--binary", required=True, type=Path)
    parser.add_argument("--out", default=Path("dist"), type=Path)
    parser.add_argument("--tag", help="platform tag, for a build that is installed on this machine only")
    args = parser.parse_args()
    row = target(args.target)
    tag = args.tag or row.get("wheel")
    if not tag:
        parser.error(f"{args.target} has no wheel: on Linux it is that of musl, which runs everywhere")
    args.out.mkdir(parents=True, exist_ok=True)
    path = args.out / f"{NAME}-{VERSION}-py3-none-{tag}.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as wheel:
        for name, data, is_program in files(row, tag, args.binary):
            entry = zipfile.ZipInfo(name, time.gmtime(EPOCH)[:6])
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (0o100755 if is_program else 0o100644) << 16
            wheel.writestr(entry, data)
    print(path)


if __name__ == "__main__":
    main()
