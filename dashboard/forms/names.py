"""Names of inputs: a path into the payload as one word, ``p.to.1``; pieces keep their dots as ``%2E``."""

from __future__ import annotations

from typing import Final

ROOT: Final = "p"
CONTENT: Final = "="
"""The piece under which the content of a union's chosen variant lies. No member can have this name: it is escaped."""


def under(parent: str, piece: str | int) -> str:
    return f"{parent}.{_escaped(str(piece))}"


def content(parent: str) -> str:
    return f"{parent}.{CONTENT}"


def _escaped(piece: str) -> str:
    return piece.replace("%", "%25").replace(".", "%2E").replace("=", "%3D")
