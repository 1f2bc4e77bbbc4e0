"""The one door from the console's synchronous views to the engine::

page = engine.look(lambda inspector: inspector.page(wanted, cursor=cursor))
changed = engine.act(lambda operations: operations.retry([job_id], by=by(request)))
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final, TypeVar, cast
from weakref import WeakKeyDictionary

from django.http import HttpRequest

from dashboard.moment import Gauges, moment
from queueing import runtime, sync
from queueing.domain.ports import Broker
from queueing.domain.reading import Health
from queueing.errors import LeveretError
from queueing.inspector import Inspector
from queueing.letters import Letters
from queueing.operations import Operations

T = TypeVar("T")

_gauges: Final[WeakKeyDictionary[runtime.Cluster, Gauges]] = WeakKeyDictionary()
_moment: Final[ContextVar[list[Inspector] | None]] = ContextVar("moment", default=None)
"""Within :func:`one_moment`: its inspector, once somebody has looked."""


def look(question: Callable[[Inspector], Coroutine[Any, Any, T]]) -> T:
    """Raises StoreUnavailable or BrokerUnavailable within a bounded time."""
    return sync.run(question(_inspector()))


def act(deed: Callable[[Operations], Coroutine[Any, Any, T]]) -> T:
    cluster = runtime.cluster()
    try:
        return sync.run(deed(cluster.operations))
    finally:
        _gauges_of(cluster).forget()


@contextmanager
def one_moment() -> Iterator[None]:
    """What is looked at in here is asked once, and is of one moment. For what only reads: a page."""
    token = _moment.set([])
    try:
        yield
    finally:
        _moment.reset(token)


def _inspector() -> Inspector:
    now = _moment.get()
    if now:
        return now[0]
    cluster = runtime.cluster()
    broker = cast(Broker, _gauges_of(cluster))
    if now is None:
        return Inspector(broker, cluster.store)
    now.append(moment(broker, cluster.store))
    return now[0]


def _gauges_of(cluster: runtime.Cluster) -> Gauges:
    return _gauges.setdefault(cluster, Gauges(cluster.broker))


def handle(work: Callable[[Letters], Coroutine[Any, Any, T]]) -> T:
    """Messages that rest in the broker's dead-letter queues."""
    return sync.run(work(runtime.cluster().letters))


def health() -> Health | None:
    """None: not even the engine could be started."""
    try:
        return look(lambda inspector: inspector.health())
    except LeveretError:
        return None


def by(request: HttpRequest) -> str:
    """How an operator is named in records."""
    return f"console:{request.user.get_username()}"
