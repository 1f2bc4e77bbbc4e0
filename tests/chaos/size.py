"""How long a row of the table lasts: minutes with ``CHAOS=long``, as ``make chaos`` runs it, else seconds."""

from __future__ import annotations

import os
from typing import Final, TypeVar

T = TypeVar("T")

LONG: Final = os.environ.get("CHAOS") == "long"


def sized(*, ci: T, long: T) -> T:
    return long if LONG else ci
