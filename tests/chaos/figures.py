"""The figures of each row: a line on the terminal, and in the long form a row of docs/chaos-results.md."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from tests.acceptance.project import ROOT
from tests.chaos.size import LONG
from tests.chaos.verdict import Verdict

RESULTS: Final = ROOT / "docs" / "chaos-results.md"
HEAD: Final = (
    "| fault | times | jobs | runs | lost | records wrong | left behind | done twice | overlaps | attempts charged "
    "| back within |",
    "|---|---|---|---|---|---|---|---|---|---|---|",
)


def report(fault: str, times: int, verdict: Verdict, *, results: Path = RESULTS, keep: bool = LONG) -> None:
    print(f"\n{fault} ×{times}: {verdict}")
    if keep:
        _write(fault, row(fault, times, verdict), results)


def row(fault: str, times: int, verdict: Verdict) -> str:
    counts = (verdict.added, verdict.runs, len(verdict.lost), len(verdict.wrong), len(verdict.left))
    more = (len(verdict.doubled), len(verdict.overlaps), verdict.charged)
    back = "–" if verdict.slowest is None else f"{verdict.slowest:.1f} s"
    return f"| {fault} | {times} | " + " | ".join(f"{number:,}" for number in (*counts, *more)) + f" | {back} |"


def _write(fault: str, line: str, results: Path) -> None:
    """Rows can be run one at a time, so each replaces its own line and leaves the others."""
    lines = results.read_text().splitlines()
    start = lines.index(HEAD[0]) + len(HEAD)
    end = next((number for number in range(start, len(lines)) if not lines[number].startswith("|")), len(lines))
    rows = {found.split(" | ")[0].removeprefix("| "): found for found in lines[start:end]}
    rows[fault] = line
    results.write_text("\n".join([*lines[:start], *rows.values(), *lines[end:]]) + "\n")
