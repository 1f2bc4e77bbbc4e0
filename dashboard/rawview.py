"""Bytes that are not a job, for reading: as text, and as hex beside it."""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.wording import visible

SHOWN = 4096
"""Bytes; the rest is told as a number."""
WIDTH = 16


@dataclass(frozen=True, slots=True)
class Raw:
    text: str
    hex: str
    total: int

    @property
    def cut(self) -> bool:
        return self.total > SHOWN


def show(body: bytes) -> Raw:
    head = body[:SHOWN]
    text = visible(head.decode("utf-8", "backslashreplace"))
    lines = (line(offset, head[offset : offset + WIDTH]) for offset in range(0, len(head), WIDTH))
    return Raw(text, "\n".join(lines), len(body))


def line(offset: int, some: bytes) -> str:
    halves = some[:8].hex(" "), some[8:].hex(" ")
    printable = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in some)
    return f"{offset:08x}  {halves[0]:<23}  {halves[1]:<23}  {printable}"
