"""The one door from the console's synchronous views to the engine::

page = engine.look(lambda inspector: inspector.page(wanted, cursor=cursor))
changed = engine.act(lambda operations: operations.retry([job_id], by=by(request)))
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Lock
from typing import Any, Final, TypeVar, cast
from weakref import WeakKeyDictionary

from django.http import HttpRequest

from dashboard.moment import Gauges, moment
from dashboard.patience import Patient
from queueing import runtime, sync
from queueing.domain.ports import Broker, JobStore
from queueing.domain.reading import Health
from queueing.errors import LeveretError
from queueing.inspector import Inspector
from queueing.letters import Letters
from queueing.operations import Operations

T = TypeVar("T")

_gauges: Final[WeakKeyDictionary[runtime.Cluster, Gauges]] = WeakKeyDictionary()
_patient: Final[WeakKeyDictionary[runtime.Cluster, Patient]] = WeakKeyDictionary()
_moment: Final[ContextVar[Moment | None]] = ContextVar("moment", default=None)


class Moment:
    """What is looked at in it is asked once. Threads may share one: what they began at the same time."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._inspector: Inspector | None = None
        self.kept: Final[dict[Hashable, Any]] = {}
        """What one part of a page has made and another may use."""

    @property
    def inspector(self) -> Inspector:
        with self._lock:
            if self._inspector is None:
                cluster = runtime.cluster()
                self._inspector = moment(cast(Broker, _gauges_of(cluster)), _store_of(cluster))
            return self._inspector


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
def one_moment(shared: Moment | None = None) -> Iterator[None]:
    """What is looked at in here is asked once, and is of one moment. For what only reads: a page."""
    token = _moment.set(shared or Moment())
    try:
        yield
    finally:
        _moment.reset(token)


def once(name: Hashable, make: Callable[[], T]) -> T:
    """Made by the first part of a page that needs it, for all of them."""
    if (now := _moment.get()) is None:
        return make()
    if name not in now.kept:
        now.kept[name] = make()
    return cast(T, now.kept[name])


def keep(name: Hashable, value: Any) -> None:
    """For :func:`kept`, by a later part of the same page."""
    if (now := _moment.get()) is not None:
        now.kept[name] = value


def kept(name: Hashable) -> Any:
    """None: nobody kept it, or this is no page that is loaded."""
    return None if (now := _moment.get()) is None else now.kept.get(name)


def _inspector() -> Inspector:
    if (now := _moment.get()) is not None:
        return now.inspector
    cluster = runtime.cluster()
    return Inspector(cast(Broker, _gauges_of(cluster)), _store_of(cluster))


def _gauges_of(cluster: runtime.Cluster) -> Gauges:
    return _gauges.setdefault(cluster, Gauges(cluster.broker))


def _store_of(cluster: runtime.Cluster) -> JobStore:
    return cast(JobStore, _patient.setdefault(cluster, Patient(cluster.store)))


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
