"""A server that answers, and is not the one to ask: after a failover the old primary, or one that is not ready yet.

Its connections stay open, so nothing but its answer tells that the name or the address in the URL leads elsewhere now.
"""

from __future__ import annotations

from typing import Final

from redis import exceptions as driver

NOT_NOW: Final = (driver.MasterDownError, driver.BusyLoadingError)
CODES: Final = ("NOREPLICAS ", "MISCONF ")
"""Of a primary that its replicas have left, or that cannot write to its disk. The driver has no names for them."""


class NotPrimary(driver.ConnectionError):
    """The driver takes it for the end of a connection: it closes it, makes another, and asks once more. That is safe,
    for whoever answers so has carried out nothing."""


class Replica(NotPrimary):
    pass


def demoted(reply: Exception) -> NotPrimary | None:
    """What is to be raised in the place of that answer, if it is one."""
    text = str(reply)
    # Redis 6 wraps what a script came upon into an error of its own.
    if isinstance(reply, driver.ReadOnlyError) or "-READONLY " in text:
        return Replica(text)
    if isinstance(reply, NOT_NOW) or any(code in text for code in CODES):
        return NotPrimary(text)
    return None
