"""An exception as data: its frames, which of them are ours, and a fingerprint to group by."""

from __future__ import annotations

import concurrent.futures
import linecache
import sysconfig
import traceback
from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import Any, Final

from queueing.domain.failures import fingerprint
from queueing.domain.headers import legible
from queueing.domain.job import ErrorInfo, Frame

MAX_FRAMES: Final = 40
MAX_MESSAGE: Final = 8_192
AROUND: Final = 2
"""Lines of source kept before and after the line that raised."""
MAX_LINE: Final = 300

_LIBRARIES: Final = tuple(
    str(Path(path).resolve())
    for name in ("stdlib", "platstdlib", "purelib", "platlib")
    if (path := sysconfig.get_path(name))
)
_HERE: Final = str(Path(__file__).resolve().parent)


def describe(error: BaseException) -> ErrorInfo:
    """The exception with its innermost frames; the worker's own, and its thread pool's, are left out."""
    frames = _frames(error)
    kind = qualified(type(error))
    message = _message(error)
    return ErrorInfo(kind=kind, message=message, frames=frames, fingerprint=fingerprint(kind, message, frames))


def verdict(kind: str, message: str, headers: Mapping[str, Any] | None = None) -> ErrorInfo:
    """A failure of our own making, which has no traceback: ``NoHandler``, ``WorkerLost``. ``headers``: of the message
    that was at fault."""
    kept = legible(headers or {})
    return ErrorInfo(kind=kind, message=message, fingerprint=fingerprint(kind, message, ()), headers=kept)


def qualified(kind: type) -> str:
    plain = kind.__module__ == "builtins" or kind.__module__.startswith("queueing.")
    return kind.__qualname__ if plain else f"{kind.__module__}.{kind.__qualname__}"


def _message(error: BaseException) -> str:
    try:
        text = str(error)
    except Exception as broken:  # a __str__ that raises must not cost us the failure it describes
        text = f"(its message cannot be shown: {type(broken).__name__})"
    return _clean(text)[:MAX_MESSAGE]


def _frames(error: BaseException) -> tuple[Frame, ...]:
    walked = list(traceback.walk_tb(error.__traceback__))
    found = [
        _frame(frame.f_code.co_filename, line, frame.f_code.co_name)
        for frame, line in islice(walked, max(0, len(walked) - 2 * MAX_FRAMES), None)
        if not frame.f_code.co_filename.startswith((_HERE, concurrent.futures.__path__[0]))
    ]
    return tuple(found[-MAX_FRAMES:])


def _frame(file: str, line: int, function: str) -> Frame:
    first = max(1, line - AROUND)
    source = [linecache.getline(file, number).rstrip("\n")[:MAX_LINE] for number in range(first, line + AROUND + 1)]
    while source and not source[-1].strip() and first + len(source) - 1 > line:
        source.pop()
    return Frame(
        file=_short(file),
        line=line,
        function=function,
        ours=_is_ours(file),
        source=tuple(map(_clean, source)),
        first_line=first,
    )


def _is_ours(file: str) -> bool:
    return not file.startswith("<") and "site-packages" not in file and not file.startswith(_LIBRARIES)


def _short(file: str) -> str:
    """The path below site-packages, the standard library or the working directory."""
    for root in (*sorted(_LIBRARIES, key=len, reverse=True), str(Path.cwd())):
        if file.startswith(root + "/"):
            return file[len(root) + 1 :]
    return file


def _clean(text: str) -> str:
    """Text that can be written as UTF-8: lone surrogates become question marks."""
    return text.encode(errors="replace").decode()
