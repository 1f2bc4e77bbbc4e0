"""The refusals in the code of the engine: what ``add``, a schedule or a limit is turned down with."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import queueing
from queueing.errors import InvalidJob

ROOT = Path(queueing.__file__).parent
KINDS = {"InvalidJob", *(kind.__name__ for kind in InvalidJob.__subclasses__())}


def places() -> Iterator[tuple[str, ast.expr]]:
    """Where each is raised, and with what."""
    for path in sorted(ROOT.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in KINDS:
                yield f"{path.relative_to(ROOT)}:{node.lineno}", node.args[0]


def sentence(raised: ast.expr) -> str:
    """The text that is given to ``say``; "" where it is not one."""
    match raised:
        case ast.Call(func=ast.Name(id="say" | "say_many"), args=[ast.Constant(value=str() as text), *_]):
            return text
        case _:
            return ""
