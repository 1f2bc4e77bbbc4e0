"""Four people look at every page: one who may only look, one who may operate, one without any permission, nobody."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

import msgspec
import pytest
from django.contrib.auth.models import AbstractBaseUser, Group, User
from django.test import Client
from django.utils.translation import deactivate

from dashboard import contact, frame, overview
from queueing import conf, runtime, sync
from queueing.domain.reading import Health, ServerHealth
from queueing.domain.registry import Registry
from queueing.runtime import Cluster
from tests.dashboard.shop import Shop

HEALTHY = Health(
    broker=ServerHealth(name="RabbitMQ", ok=True, version="4.1.4"),
    store=ServerHealth(name="Redis", ok=True, version="7.4", latency=0.0004),
    leader="app-01",
    outbox=0,
)


@pytest.fixture(autouse=True)
def language() -> Iterator[None]:
    """A request leaves its language behind, in the thread that made it."""
    yield
    deactivate()


def member(name: str, *groups: str) -> User:
    user = User.objects.create_user(name, password="correct horse")
    user.groups.set(Group.objects.filter(name__in=groups))
    return user


def logged_in(user: AbstractBaseUser) -> Client:
    client = Client(enforce_csrf_checks=False)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def viewer(db: None) -> Client:
    return logged_in(member("vera", "Viewer"))


@pytest.fixture
def operator(db: None) -> Client:
    return logged_in(member("otto", "Operator"))


@pytest.fixture
def admin(db: None) -> Client:
    return logged_in(member("ada", "Admin"))


@pytest.fixture
def outsider(db: None) -> Client:
    """Has an account, and no permission."""
    return logged_in(member("oscar"))


@pytest.fixture
def anonymous(db: None) -> Client:
    return Client()


@pytest.fixture
def healthy() -> Iterator[None]:
    """Servers that answer, without asking any."""
    with patch("dashboard.engine.health", return_value=HEALTHY):
        yield


@pytest.fixture
def shop() -> Iterator[Shop]:
    """Embedded engines of this test alone, behind every page."""
    with _serving(conf.from_django()) as cluster:
        sync.run(cluster.open())
        yield Shop(cluster)


@pytest.fixture
def store_down() -> Iterator[None]:
    """A Redis that refuses connections: nothing listens on port 1."""
    with _serving(msgspec.structs.replace(conf.from_django(), redis_url="redis://127.0.0.1:1/0")):
        yield


@pytest.fixture
def shop_without_broker() -> Iterator[Shop]:
    """The store answers; for the broker nothing listens on port 1."""
    with _serving(
        msgspec.structs.replace(conf.from_django(), amqp_url="amqp://127.0.0.1:1/", publish_timeout=0.2)
    ) as down:
        sync.run(down.store.connect())
        yield Shop(down)


@contextmanager
def _serving(config: conf.ClusterConfig) -> Iterator[Cluster]:
    cluster = Cluster(config, types=Registry())
    seen = contact.Contacts()
    with (
        patch.object(runtime, "cluster", lambda alias="default": cluster),
        patch.object(frame, "contacts", seen),
        patch.object(overview, "contacts", seen),
    ):
        yield cluster
    sync.run(cluster.close())
