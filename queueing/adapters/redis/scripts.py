"""The Lua scripts, one atomic transition a file.

A script's first line may name fragments that go before it: ``-- with: create finish``. ``base`` goes before all of
them, and before that the table of moves, written from :data:`queueing.domain.states.TRANSITIONS`, so that a script
cannot make a move which the table lacks.
"""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files
from typing import Final, NamedTuple

from queueing.domain.states import FINISHED, TRANSITIONS

_FOLDER: Final = files(__package__) / "scripts"
_WITH: Final = "-- with:"


class Script(NamedTuple):
    name: str
    text: str
    sha: str


@cache
def script(name: str) -> Script:
    own = _read(name)
    first = own.partition("\n")[0]
    fragments = first.removeprefix(_WITH).split() if first.startswith(_WITH) else []
    text = "\n".join([_moves(), *(_read(f"_{fragment}") for fragment in ("base", *fragments)), own])
    return Script(name, text, hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest())


def names() -> list[str]:
    """Every script, without the fragments."""
    found = (entry.name for entry in _FOLDER.iterdir() if entry.name.endswith(".lua"))
    return sorted(name.removesuffix(".lua") for name in found if not name.startswith("_"))


def _read(name: str) -> str:
    return (_FOLDER / f"{name}.lua").read_text(encoding="utf-8")


@cache
def _moves() -> str:
    rows = (
        f"  {state.value} = {{ {', '.join(f'{other.value} = true' for other in sorted(others))} }},"
        for state, others in TRANSITIONS.items()
    )
    finished = ", ".join(f"{state.value} = true" for state in sorted(FINISHED))
    return "\n".join(["local MOVES = {", *rows, "}", f"local FINISHED = {{ {finished} }}"])
