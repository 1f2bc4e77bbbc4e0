"""What Leveret is made of, in CycloneDX 1.5: the packages that uv.lock pins, and the vendored front-end files."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from bootstrap import ROOT, find_uv
from vendor import packages

TARGET = ROOT / ".var" / "sbom.json"


def bill() -> dict[str, Any]:
    """What development needs is not part of it."""
    uv = find_uv()
    if uv is None:
        raise SystemExit("sbom: there is no uv; `make sbom` fetches it")
    export = [uv, "export", "--quiet", "--frozen", "--no-default-groups", "--all-extras", "--format", "cyclonedx1.5"]
    done = subprocess.run([*export], cwd=ROOT, check=True, capture_output=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout)
    found["components"] += (vendored := [component(name, each) for name, each in packages().items()])
    root = found["metadata"]["component"]["bom-ref"]
    for each in found["dependencies"]:
        if each["ref"] == root:
            each["dependsOn"] = [*each.get("dependsOn", []), *(part["bom-ref"] for part in vendored)]
    found["dependencies"] += [{"ref": part["bom-ref"]} for part in vendored]
    return found


def component(name: str, package: dict[str, Any]) -> dict[str, Any]:
    purl = f"pkg:npm/{name.replace('@', '%40')}@{package['version']}"
    return {
        "type": "library",
        "bom-ref": purl,
        "name": name,
        "version": package["version"],
        "purl": purl,
        "licenses": [{"license": {"id": package["licence"]}}],
        "components": [
            {"type": "file", "name": f"static/vendor/{ours}", "hashes": [{"alg": "SHA-256", "content": file["sha256"]}]}
            for ours, file in package["files"].items()
        ],
    }


def main() -> None:
    found = bill()
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text(json.dumps(found, indent=2) + "\n")
    print(f"{TARGET.relative_to(ROOT)}: {len(found['components'])} components")


if __name__ == "__main__":
    main()
