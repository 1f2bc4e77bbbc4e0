"""The fenced blocks of a page of documentation."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).resolve().parents[2]
FENCE: Final = re.compile(r'^```(\w+)(?: title="([^"]+)")?\n(.*?)^```$', re.DOTALL | re.MULTILINE)


class Block(NamedTuple):
    language: str
    title: str
    text: str


def blocks(page: Path) -> list[Block]:
    return [Block(*found) for found in FENCE.findall(page.read_text())]


def write_files(page: Path, folder: Path) -> None:
    """Every block that has a file's name; ``, at the end`` of what is there already."""
    for block in blocks(page):
        if block.title:
            name, _, where = block.title.partition(", ")
            path = folder / name
            path.parent.mkdir(exist_ok=True)
            before = path.read_text() if where == "at the end" else ""
            path.write_text(before + block.text)
