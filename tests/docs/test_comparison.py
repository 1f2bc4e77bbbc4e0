"""What docs/comparison.md claims is shown by tests that there are."""

from __future__ import annotations

import ast
import re

from tests.docs.blocks import ROOT

PAGE = (ROOT / "docs" / "comparison.md").read_text()
NAMED = re.findall(r"`((?:tests|queueing)/[\w/]+\.py)::(\w+)`", PAGE)


def test_every_test_that_is_named_is_there() -> None:
    assert len(NAMED) > 60
    missing = []
    for path, name in NAMED:
        tree = ast.parse((ROOT / path).read_text())
        found = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
        if name not in found:
            missing.append(f"{path}::{name}")
    assert missing == []


def test_every_yes_of_the_table_is_shown() -> None:
    table, shown = PAGE.split("## By what each is shown")
    features = [name for name in re.findall(r"^\| ([^|]+) \| \*\*(?!N\b|–)", table, re.MULTILINE) if name != "feature"]
    told = dict(re.findall(r"^\| ([^|]+) \| [^|]+ \| (.+) \|$", shown, re.MULTILINE))
    assert [feature for feature in features if "tests/" not in told.get(feature, "")] == []


def test_every_picture_of_the_documentation_is_there_and_small() -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    pictures = {
        (page.parent / name).resolve()
        for page in pages
        for name in re.findall(r"\]\(((?:[\w./]*/)?img/[\w.-]+\.png)\)", page.read_text())
    }
    assert pictures == set((ROOT / "docs" / "img").glob("*.png"))
    assert max(picture.stat().st_size for picture in pictures) <= 150_000
    assert sum(picture.stat().st_size for picture in pictures) <= 1_000_000
