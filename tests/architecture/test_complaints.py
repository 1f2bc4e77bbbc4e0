"""Every test that docs/complaints.md and docs/comparison.md name is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "complaints.md"
PEERS = ROOT / "docs" / "comparison.md"
NAMED = re.compile(r"`((?:tests|queueing/testing)/[\w/]+\.py)::(\w+)`")


@pytest.mark.parametrize("page", [PAGE, PEERS], ids=lambda page: page.stem)
def test_each_answer_is_a_test_that_exists(page: Path) -> None:
    named = NAMED.findall(page.read_text())
    assert named
    missing = [
        f"{file}::{name}"
        for file, name in named
        if not (ROOT / file).exists() or not re.search(rf"^(?:async )?def {name}\(", (ROOT / file).read_text(), re.M)
    ]
    assert missing == []


def test_each_complaint_has_an_answer() -> None:
    rows = [line for line in PAGE.read_text().splitlines() if line.startswith("| ")][1:]
    assert len(rows) > 10
    assert [row for row in rows if not (NAMED.search(row) or "`make " in row)] == []


def test_each_feature_of_the_comparison_is_shown_by_a_test() -> None:
    compared, shown = (
        {row.split("|")[1].strip(): row for row in part.splitlines() if row.startswith("| ")}
        for part in PEERS.read_text().split("## By what each is shown")
    )
    features = compared.keys() - {"feature"}
    assert len(features) > 20
    assert [feature for feature in sorted(features) if not NAMED.search(shown.get(feature, ""))] == []
    partial = {feature for feature in features if compared[feature].split("|")[2].strip() == "**P**"}
    assert partial == {feature for feature in features if shown[feature].split("|")[2].strip().startswith("P: ")}
