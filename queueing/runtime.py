"""The one place where adapters are chosen and wired."""

from __future__ import annotations

import asyncio
import atexit
import ctypes
import os
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

from queueing import conf, sync
from queueing.conf import ClusterConfig
from queueing.dispatch import Dispatch
from queueing.domain.ports import Broker, JobStore, lacking
from queueing.domain.registry import Registry
from queueing.domain.states import JobState
from queueing.errors import ConfigurationError
from queueing.inspector import Inspector
from queueing.letters import Letters
from queueing.operations import Operations
from queueing.producer import Producer
from queueing.worker.options import WorkerOptions
from queueing.worker.schedules import Outside
from queueing.worker.worker import Worker

T = TypeVar("T")

BROKERS: Final = {
    "amqp": "queueing.adapters.rabbitmq:RabbitBroker",
    "amqps": "queueing.adapters.rabbitmq:RabbitBroker",
    "memory": "queueing.adapters.memory:MemoryBroker",
}
STORES: Final = {
    "redis": "queueing.adapters.redis:RedisStore",
    "rediss": "queueing.adapters.redis:RedisStore",
    "unix": "queueing.adapters.redis:RedisStore",
    "memory": "queueing.adapters.redis.embedded:embedded_store",
}

SENTINEL: Final = (
    "Sentinels are not asked for the primary: name an address that follows it, as a HAProxy, a Kubernetes service or a "
    "virtual IP does. Connections are made anew when a server says that it is a replica."
)

registry: Final = Registry()
"""The job types of this process: filled by ``@job``."""
outside_schedules: Outside | None = None
"""Reads schedules that are not in the code; the console puts its own here. For the workers of commands."""


class Cluster:
    """One broker and one store, and what works on them. Belongs to the event loop that opened it."""

    def __init__(self, config: ClusterConfig, *, types: Registry | None = None) -> None:
        self.config = config
        self.registry = types if types is not None else registry
        self.broker: Broker = _broker(config)
        self.store: JobStore = _store(config)
        dispatch = Dispatch(self.broker, self.store)
        self.dispatch = dispatch
        self.producer = Producer(self.broker, self.store, dispatch, self.registry, max_payload=config.max_payload)
        self.inspector = Inspector(self.broker, self.store)
        self.operations = Operations(self.broker, self.store, dispatch)
        self.letters = Letters(self.broker, self.store, self.operations)

    async def open(self) -> None:
        """Connect both. Raises BrokerUnavailable or StoreUnavailable."""
        await self.store.connect()
        await self.broker.connect()

    async def close(self) -> None:
        await self.dispatch.finish()
        await self.broker.close()
        await self.store.close()

    def worker(self, options: WorkerOptions) -> Worker:
        return Worker(self.broker, self.store, self.dispatch, self.registry, options, limits=self.config.limits)


_clusters: dict[str, Cluster] = {}
_configs: dict[str, ClusterConfig] = {}
"""What :func:`replaced` has put in the place of settings."""
_lock = threading.Lock()
_loop_of_clusters: asyncio.AbstractEventLoop | None = None
_process_of_clusters = 0
GOODBYE: Final = 1.0
"""Seconds that a process which ends gives the engine's thread."""


def cluster(alias: str = "default") -> Cluster:
    """The process's cluster of that alias, to be used on the engine loop only (``sync.run``, ``sync.arun``).

    Made at the first call; connects when it is first used, so that a console starts while a server is down.
    """
    global _loop_of_clusters, _process_of_clusters
    loop = sync.engine_loop()
    with _lock:
        if _loop_of_clusters is not loop:
            # A worker that adopted its own loop: connections of another loop are of no use.
            _clusters.clear()
            _loop_of_clusters, _process_of_clusters = loop, os.getpid()
        if alias not in _clusters:
            _clusters[alias] = Cluster(_configs.get(alias) or conf.from_django(alias))
        return _clusters[alias]


@contextmanager
def replaced(config: ClusterConfig, alias: str = "default") -> Iterator[Cluster]:
    """Another cluster under that alias, new and empty where its engines are embedded; for tests. Within another one,
    that one is back afterwards."""
    before, config_before = _clusters.pop(alias, None), _configs.get(alias)
    _configs[alias] = config
    try:
        yield cluster(alias)
    finally:
        if config_before is None:
            del _configs[alias]
        else:
            _configs[alias] = config_before
        used = _clusters.pop(alias, None)
        if before is not None:
            _clusters[alias] = before
        if used is not None:
            # Not sync.run: an asynchronous test may be in it.
            sync.submit(used.close()).result(sync.TIMEOUT)


@atexit.register
def _finish() -> None:
    """Let what was enqueued last have its outbox entry cleared; else it would be published once more, for nothing."""
    loop = _loop_of_clusters
    if loop is None or not loop.is_running() or _process_of_clusters != os.getpid():
        return
    for each in list(_clusters.values()):
        with suppress(Exception):
            asyncio.run_coroutine_threadsafe(each.dispatch.finish(), loop).result(GOODBYE)


def _leave() -> None:
    """Of the parent's clusters nothing is ever collected here, not even when this process ends: their transports would
    take themselves out of the selector, which both processes share, and the parent would hear no answer any more."""
    global _lock
    _lock = threading.Lock()
    for each in _clusters.values():
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(each))
    _clusters.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_leave)


def ask(work: Coroutine[Any, Any, T]) -> T:
    """Shorthand for views and commands: ``ask(cluster().inspector.queues())``."""
    return sync.run(work)


def _broker(config: ClusterConfig) -> Broker:
    scheme = urlsplit(config.amqp_url).scheme
    path = (BROKERS | config.brokers).get(scheme)
    if path is None:
        raise ConfigurationError(
            f"AMQP_URL has the scheme {scheme!r}; known are {', '.join(BROKERS | config.brokers)}."
        )
    make: Callable[..., Broker] = _load(path)
    if path == BROKERS["memory"]:
        return make(prefix=config.prefix)
    broker = make(
        config.amqp_url,
        prefix=config.prefix,
        queue_type=config.queue_type,
        connect_timeout=config.connect_timeout,
        publish_timeout=config.publish_timeout,
        # An engine of somebody else's need not know of it.
        **({"fast_lane": config.fast_lane} if path == BROKERS["amqp"] else {}),
    )
    _refuse_unfit(path, broker, Broker)
    return broker


def _store(config: ClusterConfig) -> JobStore:
    scheme = urlsplit(config.redis_url).scheme
    path = (STORES | config.stores).get(scheme)
    if path is None:
        raise ConfigurationError(
            f"REDIS_URL has the scheme {scheme!r}; known are {', '.join(STORES | config.stores)}."
            + (f" {SENTINEL}" if "sentinel" in scheme else "")
        )
    kept = {JobState(state): seconds for state, seconds in config.retention.items()} or None
    make: Callable[..., JobStore] = _load(path)
    if path == STORES["memory"]:
        return make(prefix=config.prefix, retention=kept)
    store = make(config.redis_url, prefix=config.prefix, retention=kept, timeout=config.store_timeout)
    _refuse_unfit(path, store, JobStore)
    return store


def unfit(config: ClusterConfig) -> list[str]:
    """What the classes of engines that are not ours lack, in a sentence each; nothing is made or asked."""
    found = []
    for url, ours, theirs, port in (
        (config.amqp_url, BROKERS, config.brokers, Broker),
        (config.redis_url, STORES, config.stores, JobStore),
    ):
        path = theirs.get(urlsplit(url).scheme)
        if path is None or path in ours.values():
            continue
        made_by = _load(path)
        # A function tells what it makes only when it is called, and then it is looked at.
        if isinstance(made_by, type) and (missing := lacking(made_by, port)):
            found.append(_lacks(path, port, missing))
    return found


def _refuse_unfit(path: str, engine: object, port: type[Broker] | type[JobStore]) -> None:
    """Now, rather than when a page or a chore comes upon it."""
    if missing := lacking(engine, port):
        raise ConfigurationError(_lacks(path, port, missing))


def _lacks(path: str, port: type[Broker] | type[JobStore], missing: list[str]) -> str:
    return (
        f"The engine {path} lacks what a {port.__name__} of this version has: {', '.join(missing)}. "
        "queueing.domain.ports says what each does, queueing.testing.contracts tests it."
    )


def _load(path: str) -> Any:
    module, _, name = path.partition(":")
    try:
        return getattr(import_module(module), name)
    except (ImportError, AttributeError) as wrong:
        raise ConfigurationError(f"The engine {path} cannot be imported: {wrong}") from wrong
