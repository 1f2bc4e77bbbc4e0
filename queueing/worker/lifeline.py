"""The wire between a supervisor and one of its children: each learns of the other's end, and the child tells of itself.

The child writes lines: ``life <worker id>`` before its first heartbeat, ``ready`` when it consumes, ``retire <why>``
when it wants to be replaced. End of file means that the other side is dead, however it died.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable
from typing import Final

READY: Final = "ready"
LIFE: Final = "life"
RETIRE: Final = "retire"


class Lifeline:
    """The child's end."""

    def __init__(self, descriptor: int) -> None:
        self._socket = socket.socket(fileno=descriptor)
        self._socket.setblocking(False)
        # Else a program that a handler starts would keep the supervisor from hearing of this process's end.
        self._socket.set_inheritable(False)

    def say(self, word: str, what: str = "") -> None:
        with contextlib.suppress(OSError):  # the supervisor is dead, and the end of file says so
            self._socket.send(f"{word} {what}".strip().encode() + b"\n")

    def on_cut(self, orphaned: Callable[[], None]) -> None:
        """Call ``orphaned`` once, when the supervisor is gone."""
        loop = asyncio.get_running_loop()

        def cut() -> None:
            loop.remove_reader(self._socket)
            self._socket.close()
            orphaned()

        loop.add_reader(self._socket, cut)
