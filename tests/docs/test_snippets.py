"""What the documentation shows, works: the Python of each page runs from its top to its end, as it is written there."""

from __future__ import annotations

import ast
import asyncio
import inspect
import sys
import types
from pathlib import Path

import pytest
import yaml

from queueing.runtime import registry
from tests.docs.blocks import ROOT, Block, blocks

PAGES = [path for path in sorted((ROOT / "docs").rglob("*.md")) if path.name != "tutorial.md"]
"""The tutorial is followed by tests/acceptance/test_installing.py, in a project of its own."""
RUNNABLE = [page for page in PAGES if any(block.language == "python" for block in blocks(page))]
LANGUAGES = {"python", "pycon", "sh", "text", "ini", "yaml", "nginx", "dockerfile", "json", "promql", "toml", "js"}


@pytest.mark.parametrize("page", RUNNABLE, ids=lambda page: str(page.relative_to(ROOT)))
def test_python_runs(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = types.ModuleType("snippets")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(registry, "_types", dict(registry._types))
    for block in blocks(page):
        if block.language == "python":
            _run(block, module, str(page))


def _run(block: Block, module: types.ModuleType, name: str) -> None:
    code = compile(block.text, name, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    result = eval(code, module.__dict__)  # noqa: S307 - our own documentation
    if inspect.iscoroutine(result):
        asyncio.run(result)


def test_there_is_something_to_run() -> None:
    assert {page.name for page in RUNNABLE} >= {"testing.md", "celery.md", "rq.md"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_block_says_what_it_is(page: Path) -> None:
    # Blocks that the pattern does not see would not be tested.
    assert page.read_text().count("\n```") == 2 * len(blocks(page))
    assert {block.language for block in blocks(page)} <= LANGUAGES


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_yaml_can_be_read(page: Path) -> None:
    for block in blocks(page):
        if block.language == "yaml":
            assert list(yaml.safe_load_all(block.text))
