"""``manage.py check`` and the start of workers: each finding by its id, on servers that are really so."""

from __future__ import annotations

import io
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from django.core.checks import CheckMessage, run_checks
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.test import override_settings

from queueing import checks
from queueing.adapters.rabbitmq import RabbitBroker
from queueing.adapters.rabbitmq import diagnosis as of_rabbitmq
from queueing.adapters.redis import diagnosis as of_redis
from queueing.conf import ClusterConfig
from queueing.domain.findings import too_old
from queueing.domain.ports import BrokerCapabilities, JobStore
from queueing.errors import ConfigurationError
from queueing.runtime import Cluster
from tests.acceptance.project import Project
from tests.contracts.brokers import fresh_prefix, take_away
from tests.eventually import eventually
from tests.places import own_prefix
from tests.servers.redis import PrivateRedis
from tests.worker.test_adding_in_an_outage import black_hole

ROOT = Path(__file__).resolve().parents[2]
HERE = "redis://127.0.0.1:1"


def found(*, deploy: bool = True, **settings: Any) -> dict[str, CheckMessage]:
    with override_settings(LEVERET={"default": settings}):
        messages = run_checks(tags=[checks.TAG], include_deployment_checks=deploy)
    return {str(message.id): message for message in messages}


@pytest.fixture
def place(amqp_url: str, redis_url: str) -> Iterator[dict[str, str]]:
    yield {"AMQP_URL": amqp_url, "REDIS_URL": redis_url, "PREFIX": fresh_prefix()}


@pytest.fixture
def redis_of_mine(place: dict[str, str], private_redis: PrivateRedis) -> Iterator[redis.Redis]:
    private_redis.start()
    place["REDIS_URL"] = private_redis.url
    with redis.Redis.from_url(private_redis.url) as client:
        yield client


def test_servers_in_order_have_no_findings(place: dict[str, str], redis_of_mine: redis.Redis) -> None:
    assert found(**place) == {}


def test_without_deploy_no_server_is_asked() -> None:
    began = time.monotonic()
    assert found(deploy=False, AMQP_URL="amqp://127.0.0.1:1", REDIS_URL=HERE) == {}
    assert time.monotonic() - began < 0.5


@pytest.mark.parametrize(
    "settings",
    [{"RETENTION": {"running": 1}}, {"NONSENSE": 1}, {"QUEUE_TYPE": "fast"}, {"MAX_PAYLOAD": "big"}],
)
def test_settings_that_contradict_are_an_error_without_deploy_too(settings: dict[str, Any]) -> None:
    assert list(found(deploy=False, **settings)) == ["leveret.E001"]
    assert list(found(**settings)) == ["leveret.E001"]


def test_a_url_that_is_none_is_an_error(redis_url: str) -> None:
    assert "leveret.E001" in found(AMQP_URL="amqp://me:p@ss@host", REDIS_URL=redis_url)


class ElderBroker:
    """As one was made for a version before this."""

    connect = close = declare = publish = consume = depth = sweep_dead = purge = health = diagnose = print

    def __init__(self, url: str, **options: Any) -> None:
        self.capabilities = BrokerCapabilities(priorities=False, max_message=1)


class HastyStore(JobStore):
    """It inherits whatever it has not written."""

    def __init__(self, url: str, **options: Any) -> None: ...


def elder(url: str, **options: Any) -> ElderBroker:
    return ElderBroker(url, **options)


def test_an_address_that_leads_to_a_replica_is_an_error(place: dict[str, str], redis_of_mine: redis.Redis) -> None:
    redis_of_mine.execute_command("REPLICAOF", "127.0.0.1", "1")
    [message] = found(**place).values()
    assert (message.id, message.is_serious()) == ("leveret.E010", True)
    assert "read-only replica" in str(message.msg)


@pytest.mark.django_db  # Django's own checks ask the database what it can
def test_an_engine_that_lacks_a_method_is_an_error_that_names_it() -> None:
    here = __name__
    settings = {"AMQP_URL": "elder://x", "BROKERS": {"elder": f"{here}:ElderBroker"}, "REDIS_URL": HERE}
    [message] = found(deploy=False, **settings).values()
    assert (message.id, message.is_serious()) == ("leveret.E007", True)
    assert f"The engine {here}:ElderBroker lacks what a Broker of this version has: delete." in str(message.msg)

    settings["REDIS_URL"], settings["STORES"] = "hasty://x", {"hasty": f"{here}:HastyStore"}
    with override_settings(LEVERET={"default": settings}):
        messages = [str(found.msg) for found in run_checks(tags=[checks.TAG])]
    assert len(messages) == 2
    assert "settle" in messages[1] and "due_schedules" in messages[1] and " due," not in messages[1]
    with pytest.raises(SystemCheckError, match="ElderBroker lacks"), override_settings(LEVERET={"default": settings}):
        call_command("runworkers", skip_checks=False)


def test_an_engine_that_a_function_makes_is_looked_at_once_it_is_there() -> None:
    settings: dict[str, Any] = {"amqp_url": "elder://x", "brokers": {"elder": f"{__name__}:elder"}, "redis_url": HERE}
    with pytest.raises(ConfigurationError, match=r"elder lacks what a Broker of this version has: delete\."):
        Cluster(ClusterConfig(**settings))


def test_an_engine_that_cannot_be_imported_is_an_error() -> None:
    settings = {"AMQP_URL": "elder://x", "BROKERS": {"elder": "tests.nowhere:Broker"}, "REDIS_URL": HERE}
    [message] = found(deploy=False, **settings).values()
    assert message.id == "leveret.E001"
    assert "tests.nowhere" in str(message.msg)


def test_half_an_embedded_cluster_is_an_error(redis_url: str) -> None:
    assert list(found(deploy=False, AMQP_URL="memory://", REDIS_URL=redis_url)) == ["leveret.E002"]


def test_embedded_engines_are_not_for_production() -> None:
    assert found(deploy=False) == {}
    assert list(found()) == ["leveret.W003"]


def test_credentials_that_everybody_knows_are_warned_of_where_others_can_reach_them() -> None:
    away = found(AMQP_URL="amqp://guest:guest@192.0.2.1", REDIS_URL="redis://192.0.2.1")
    assert {"leveret.W004", "leveret.W005"} <= away.keys()
    near = found(AMQP_URL="amqp://guest:guest@localhost:1", REDIS_URL=HERE)
    assert not {"leveret.W004", "leveret.W005"} & near.keys()
    own = found(AMQP_URL="amqp://mira:own@192.0.2.1", REDIS_URL="redis://:own@192.0.2.1")
    assert not {"leveret.W004", "leveret.W005"} & own.keys()
    assert "own" not in str(own.values()), "no password in a message"


def test_plain_text_over_a_public_network_is_warned_of() -> None:
    plain = found(AMQP_URL="amqp://a:b@1.1.1.1:1", REDIS_URL="redis://:b@10.0.0.1:1")
    assert "AMQP_URL sends passwords and payloads unencrypted to 1.1.1.1" in plain["leveret.W006"].msg
    assert "leveret.W006" not in found(AMQP_URL="amqps://a:b@1.1.1.1:1", REDIS_URL=HERE)


def test_servers_that_refuse_are_named_with_their_setting() -> None:
    messages = found(AMQP_URL="amqp://127.0.0.1:1", REDIS_URL=HERE)
    store, broker = messages["leveret.E010"], messages["leveret.E011"]
    assert "Redis at redis://127.0.0.1:1" in store.msg and "REDIS_URL" in str(store.hint)
    assert "RabbitMQ at 127.0.0.1:1" in broker.msg and "AMQP_URL" in str(broker.hint)


def test_servers_that_swallow_everything_are_given_up_in_time() -> None:
    with black_hole() as hole:
        began = time.monotonic()
        messages = found(AMQP_URL=f"amqp://{hole}", REDIS_URL=f"redis://{hole}")
        assert time.monotonic() - began < 14
    assert {"leveret.E010", "leveret.E011"} <= messages.keys()


def test_servers_that_are_too_old(
    place: dict[str, str], redis_of_mine: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(of_redis, "OLDEST_REDIS", (99, 1))
    monkeypatch.setattr(of_rabbitmq, "OLDEST_RABBITMQ", (99, 1))
    messages = found(**place)
    assert "Leveret needs 99.1" in messages["leveret.E012"].msg
    assert "Leveret needs 99.1" in messages["leveret.E013"].msg


@pytest.mark.parametrize(
    ("version", "old"), [("6.0.16", True), ("6.2.0", False), ("7.0", False), ("", False), ("5", True), ("10.1", False)]
)
def test_versions_are_compared_as_numbers(version: str, old: bool) -> None:
    assert too_old(version, (6, 2)) is old


def test_a_redis_that_may_lose_jobs(place: dict[str, str], redis_of_mine: redis.Redis) -> None:
    redis_of_mine.config_set("appendonly", "no")
    redis_of_mine.config_set("maxmemory-policy", "allkeys-lru")
    messages = found(**place)
    assert messages.keys() == {"leveret.W014", "leveret.W015"}
    assert "allkeys-lru" in messages["leveret.W015"].msg


def test_a_redis_that_does_not_let_the_console_be_live(place: dict[str, str], redis_of_mine: redis.Redis) -> None:
    redis_of_mine.execute_command("ACL", "SETUSER", "default", "-config")
    assert found(**place).keys() == {"leveret.W016"}


def test_a_redis_that_does_not_tell_how_it_is(place: dict[str, str], redis_of_mine: redis.Redis) -> None:
    redis_of_mine.execute_command("ACL", "SETUSER", "default", "-info")
    assert found(**place).keys() == {"leveret.W019"}


def test_a_look_leaves_the_configuration_as_it_was(place: dict[str, str], redis_of_mine: redis.Redis) -> None:
    redis_of_mine.config_set("notify-keyspace-events", "E$")
    before = redis_of_mine.config_get()
    assert found(**place) == {}
    assert redis_of_mine.config_get() == before
    assert redis_of_mine.keys() == []


@pytest.mark.parametrize(("ahead", "word"), [(3600.0, "ahead of"), (-3600.0, "behind")])
def test_a_clock_that_is_not_the_stores(
    place: dict[str, str], redis_of_mine: redis.Redis, monkeypatch: pytest.MonkeyPatch, ahead: float, word: str
) -> None:
    class Shifted:
        @staticmethod
        def time() -> float:
            return time.time() + ahead

    monkeypatch.setattr(of_redis, "time", Shifted)
    messages = found(**place)
    assert re.search(rf"3[56]\d\d\.\d s {word}", messages["leveret.W017"].msg)


async def test_queues_with_other_arguments_are_named(amqp_url: str, redis_url: str) -> None:
    prefix = fresh_prefix()
    quorum = RabbitBroker(amqp_url, prefix=prefix)
    await quorum.connect()
    await quorum.declare("post")
    assert await quorum.diagnose(["post", "not_there_yet"]) == []
    classic = RabbitBroker(amqp_url, prefix=prefix, queue_type="classic")
    findings = await classic.diagnose(["post"])
    assert {finding.id for finding in findings} == {"E018"}
    said = " ".join(finding.text for finding in findings)
    for name in (f"{prefix}.post", f"{prefix}.post.dead", f"{prefix}.delay.6h", f"{prefix}.delay.homeless"):
        assert f"'{name}'" in said
    assert "'x-queue-type'" in said and f"rabbitmqctl delete_queue {prefix}.post" in said
    await classic.close()
    await quorum.close()
    await take_away(amqp_url, prefix, "post")


async def test_a_look_declares_nothing(amqp_url: str) -> None:
    broker = RabbitBroker(amqp_url, prefix=fresh_prefix())
    assert await broker.diagnose(["post"]) == []
    assert (await broker.depth("post")).ready is None
    await broker.close()


def test_a_look_that_breaks_is_a_finding(
    place: dict[str, str], redis_of_mine: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def breaks(*_: object) -> None:
        raise KeyError("aof_enabled")

    monkeypatch.setattr(of_redis.Diagnosis, "_of_server", breaks)
    assert "KeyError" in found(**place)["leveret.W020"].msg


def test_the_command_says_ids_and_what_to_do() -> None:
    out = io.StringIO()
    nowhere = {"AMQP_URL": "amqp://127.0.0.1:1", "REDIS_URL": HERE}
    with override_settings(LEVERET={"default": nowhere}), pytest.raises(SystemCheckError) as refused:
        call_command("check", "--deploy", "--tag", checks.TAG, stdout=out, stderr=out)
    assert "(leveret.E010)" in str(refused.value) and "HINT:" in str(refused.value)


def test_at_the_start_of_workers_findings_are_logged_unless_silenced(caplog: pytest.LogCaptureFixture) -> None:
    config = ClusterConfig(amqp_url="amqp://127.0.0.1:1", redis_url=HERE)
    with override_settings(SILENCED_SYSTEM_CHECKS=["leveret.E010"]):
        checks.at_start(config, ["post"]).join(20)
    assert [record.levelname for record in caplog.records if record.name == "queueing.checks"] == ["ERROR"]
    assert "leveret.E011" in caplog.text and "leveret.E010" not in caplog.text


@pytest.mark.parametrize("skips", [True, False])
async def test_workers_start_with_a_look_and_go_on(
    tmp_path: Path, amqp_url: str, private_redis: PrivateRedis, redis_url: str, skips: bool
) -> None:
    private_redis.start()
    with redis.Redis.from_url(private_redis.url) as client:
        client.config_set("appendonly", "no")
    async with own_prefix(amqp_url, redis_url, "post", "parcels") as prefix:
        project = Project(tmp_path, amqp_url=amqp_url, redis_url=private_redis.url, prefix=prefix)
        async with project.workers(*(["--skip-checks"] if skips else [])) as workers:
            if not skips:
                await eventually(lambda: "leveret.W014" in workers.output, timeout=60)
            await eventually(project.cluster.inspector.workers, timeout=60)
            assert await workers.stop() == 0
        assert ("leveret.W014" in workers.output) is not skips
        await project.cluster.close()


def test_every_id_has_its_entry_in_the_docs() -> None:
    sources = [*ROOT.joinpath("queueing").rglob("*diagnosis.py"), ROOT / "queueing" / "checks.py"]
    sources.append(ROOT / "dashboard" / "checks.py")
    ids = {found for path in sources for found in re.findall(r'"(?:leveret\.)?([EW]\d{3})"', path.read_text())}
    documented = set(re.findall(r"^## leveret\.([EW]\d{3})", ROOT.joinpath("docs/checks.md").read_text(), re.MULTILINE))
    assert ids == documented
    assert len(ids) > 15
