"""Known vulnerabilities of what uv.lock pins, told by pip-audit from the advisories of PyPI.

Where those cannot be asked, that is no all-clear: `make check` says that nothing was audited and goes on, `make audit`
fails. A mirror that serves packages alone answers "not found" for each of them, which pip-audit takes for a success.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).parent))

from bootstrap import ROOT, find_uv

BOUND = 90
"""Seconds for all of it."""
PER_QUESTION = 10


class Unanswered(Exception):
    """Nothing is known; the message says why."""


class Audit(NamedTuple):
    audited: int
    vulnerable: list[str]
    unaudited: list[str]


def audit() -> Audit:
    """Raises Unanswered where there is no answer about any package."""
    uv = find_uv()
    if uv is None:
        raise Unanswered("there is no uv: run `make check`, which fetches it")
    with tempfile.TemporaryDirectory() as folder:
        pins = Path(folder) / "requirements.txt"
        export = ["export", "--quiet", "--frozen", "--all-groups", "--all-extras", "--no-emit-project"]
        export += ["--no-group", "bench-peers"]  # run by benchmarks alone, as their makers ship them
        subprocess.run([uv, *export, "--output-file", pins], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        run = [uv, "run", "--quiet", "--frozen", "--isolated", "--python", sys.executable, "--only-group", "audit"]
        ask = ["pip-audit", "--requirement", pins, "--disable-pip", "--format", "json", "--progress-spinner", "off"]
        try:
            finished = subprocess.run(
                [*run, *ask, "--timeout", str(PER_QUESTION)],
                cwd=ROOT, capture_output=True, text=True, check=False, timeout=BOUND,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            raise Unanswered(f"there was no answer within {BOUND} s") from None
    return read(finished.stdout, finished.stderr)


def read(out: str, err: str) -> Audit:
    """From what pip-audit has printed."""
    try:
        dependencies: list[dict[str, Any]] = json.loads(out)["dependencies"]
    except (ValueError, KeyError, TypeError):
        last = (err.strip().splitlines() or ["pip-audit said nothing"])[-1]
        raise Unanswered(last[:300]) from None
    unaudited = [each["name"] for each in dependencies if "skip_reason" in each]
    if len(unaudited) == len(dependencies):
        reason = dependencies[0]["skip_reason"] if dependencies else "there was nothing to audit"
        raise Unanswered(f"of {len(dependencies)} packages none is known to the advisory service ({reason})")
    vulnerable = [
        f"{each['name']} {each['version']}: {found['id']}, mended in {', '.join(found['fix_versions']) or 'no version'}"
        for each in dependencies
        for found in each.get("vulns", [])
    ]
    return Audit(len(dependencies) - len(unaudited), vulnerable, unaudited)


def main() -> int:
    """Strict: what was not audited is a failure."""
    try:
        found = audit()
    except Unanswered as why:
        print(f"audit: nothing was audited: {why}", file=sys.stderr)
        return 2
    print(f"audit: {found.audited} packages, {len(found.vulnerable)} known vulnerabilities")
    print("\n".join([*found.vulnerable, *(f"{name}: not audited" for name in found.unaudited)]))
    return 1 if found.vulnerable or found.unaudited else 0


if __name__ == "__main__":
    sys.exit(main())
