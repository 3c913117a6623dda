#!/usr/bin/env python3
"""Makes packages of npm: one for each platform with the program, and `connlint`, which runs that of the platform.

    packaging/npm.py --target x86_64-unknown-linux-musl --binary target/…/connlint --out dist
    packaging/npm.py --main --out dist
"""

import argparse
import json
from pathlib import Path

from common import COMMAND, LICENSE, LICENSES, REPOSITORY, ROOT, SUMMARY, TARGETS, VERSION, exe, tar_gz, target

SCOPE = "@connlint"


def name(row):
    return f"{SCOPE}/{row['npm']['os']}-{row['npm']['cpu']}"


def manifest(package, **more):
    return {
        "name": package,
        "version": VERSION,
        "description": SUMMARY,
        "license": LICENSE,
        "repository": {"type": "git", "url": f"git+{REPOSITORY}.git"},
        "keywords": COMMAND.get("keywords", []),
        **more,
    }


def write(out, package, described, files):
    licenses = [(f"package/{file}", (ROOT / file).read_bytes(), False) for file in LICENSES]
    text = json.dumps(described, indent=2).encode() + b"\n"
    file = package.replace("@", "").replace("/", "-")
    tar_gz(out / f"{file}-{VERSION}.tgz", [("package/package.json", text, False), *licenses, *files])


def platform_package(row, binary, out):
    program = f"bin/connlint{exe(row['target'])}"
    described = manifest(
        name(row), os=[row["npm"]["os"]], cpu=[row["npm"]["cpu"]], files=["bin"], preferUnplugged=True
    )
    write(out, name(row), described, [(f"package/{program}", binary.read_bytes(), True)])


def main_package(out):
    optional = {name(row): VERSION for row in TARGETS if "npm" in row}
    described = manifest(
        "connlint",
        bin={"connlint": "bin/connlint.js"},
        files=["bin"],
        engines={"node": ">=18"},
        optionalDependencies=optional,
    )
    files = [
        ("package/README.md", (ROOT / "README.md").read_bytes(), False),
        ("package/bin/connlint.js", (ROOT / "packaging/npm.js").read_bytes(), True),
    ]
    write(out, "connlint", described, files)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--target")
    parser.add_argument("--binary", type=Path)
    parser.add_argument("--main", action="store_true", help="make the package that depends on those of all platforms")
    parser.add_argument("--out", default=Path("dist"), type=Path)
    args = parser.parse_args()
    if args.main:
        main_package(args.out)
    elif args.target and args.binary:
        row = target(args.target)
        if "npm" not in row:
            parser.error(f"{args.target} has no package: on Linux it is that of musl, which runs everywhere")
        platform_package(row, args.binary, args.out)
    else:
        parser.error("give --main, or --target and --binary")


if __name__ == "__main__":
    main()
