"""The one door from the console's synchronous views to the engine::

page = engine.look(lambda inspector: inspector.page(wanted, cursor=cursor))
changed = engine.act(lambda operations: operations.retry([job_id], by=by(request)))
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from django.http import HttpRequest

from queueing import runtime, sync
from queueing.domain.reading import Health
from queueing.errors import LeveretError
from queueing.inspector import Inspector
from queueing.operations import Operations

T = TypeVar("T")


def look(question: Callable[[Inspector], Coroutine[Any, Any, T]]) -> T:
    """Raises StoreUnavailable or BrokerUnavailable within a bounded time."""
    return sync.run(question(runtime.cluster().inspector))


def act(deed: Callable[[Operations], Coroutine[Any, Any, T]]) -> T:
    return sync.run(deed(runtime.cluster().operations))


def health() -> Health | None:
    """None: not even the engine could be started."""
    try:
        return look(lambda inspector: inspector.health())
    except LeveretError:
        return None


def by(request: HttpRequest) -> str:
    """How an operator is named in records."""
    return f"console:{request.user.get_username()}"
