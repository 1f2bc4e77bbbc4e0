"""Front-end files of others in static/vendor: from npm, in the versions of manifest.json, proved by checksums.

``make vendor`` fetches them again and says whether they are still what they were; ``make vendor ARGS='uplot@1.6.33'``
moves to that version and writes down its checksums. It needs npm, and nothing else does.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import io
import json
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any, TypeAlias

ROOT = Path(__file__).resolve().parents[1]
VENDOR = ROOT / "static" / "vendor"
MANIFEST = VENDOR / "manifest.json"
NOT_VENDORED = {"README.md", "manifest.json"}

Package: TypeAlias = dict[str, Any]


class Refused(Exception):
    """A file is not what it should be; nothing was written."""


def packages() -> dict[str, Package]:
    """By name: version, integrity (of the tarball, as npm writes it), and for each file its path there and its sum."""
    found: dict[str, Package] = json.loads(MANIFEST.read_text())
    return found


def wrong(folder: Path = VENDOR) -> list[str]:
    """What is missing, changed, or there without being in the manifest."""
    known = {name: file["sha256"] for package in packages().values() for name, file in package["files"].items()}
    there = {path.name: _sum(path.read_bytes()) for path in folder.iterdir() if path.name not in NOT_VENDORED}
    return [
        *(f"{name} is missing" for name in sorted(known.keys() - there.keys())),
        *(f"{name} is not in manifest.json" for name in sorted(there.keys() - known.keys())),
        *(f"{name} was changed" for name in sorted(known) if name in there and there[name] != known[name]),
    ]


def unpacked(name: str, package: Package, tarball: bytes) -> dict[str, bytes]:
    """Our file name to content. Raises Refused."""
    if package["integrity"] and integrity(tarball) != package["integrity"]:
        raise Refused(f"The package {name} {package['version']} is not the one that was vendored.")
    found = {}
    with tarfile.open(fileobj=io.BytesIO(tarball)) as archive:
        for ours, file in package["files"].items():
            try:
                member = archive.extractfile(f"package/{file['from']}")
            except KeyError:
                member = None
            if member is None:
                raise Refused(f"{name} {package['version']} has no {file['from']}.")
            found[ours] = member.read()
            if file["sha256"] and _sum(found[ours]) != file["sha256"]:
                raise Refused(f"{file['from']} of {name} {package['version']} is not what {ours} was.")
    return found


def moved(package: Package, version: str) -> Package:
    """To another version, whose sums nobody knows yet."""
    files = {ours: file | {"sha256": ""} for ours, file in package["files"].items()}
    return package | {"version": version, "integrity": "", "files": files}


def sealed(package: Package, tarball: bytes, contents: dict[str, bytes]) -> Package:
    files = {ours: file | {"sha256": _sum(contents[ours])} for ours, file in package["files"].items()}
    return package | {"integrity": integrity(tarball), "files": files}


def integrity(tarball: bytes) -> str:
    return "sha512-" + base64.b64encode(hashlib.sha512(tarball).digest()).decode()


def fetched(name: str, version: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        command = ["npm", "pack", "--silent", "--pack-destination", folder, f"{name}@{version}"]
        subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL, timeout=120)
        [path] = Path(folder).glob("*.tgz")
        return path.read_bytes()


def _sum(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("updates", nargs="*", metavar="package@version", help="move to this version")
    updates = dict(each.rsplit("@", 1) for each in parser.parse_args().updates)
    known = packages()
    if unknown := updates.keys() - known.keys():
        print(f"Not vendored: {', '.join(unknown)}. There are {', '.join(known)}.", file=sys.stderr)
        return 2
    wanted = {name: moved(each, updates[name]) if name in updates else each for name, each in known.items()}
    contents: dict[str, bytes] = {}
    for name, package in wanted.items():
        tarball = fetched(name, package["version"])
        try:
            files = unpacked(name, package, tarball)
        except Refused as why:
            print(f"{why} Nothing was written.", file=sys.stderr)
            return 1
        wanted[name] = sealed(package, tarball, files)
        contents |= files
        print(f"{name} {package['version']}: {', '.join(files)}")
    for ours, content in contents.items():
        (VENDOR / ours).write_bytes(content)
    MANIFEST.write_text(json.dumps(wanted, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
