"""What a form is refused for, as a German reader has it: every refusal there is, and none of them in English."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Annotated, Any, Literal
from unittest.mock import patch
from uuid import UUID

import msgspec
import pytest
from django.test import Client
from django.utils.translation import override

from dashboard import enginewords
from dashboard.bulk import confirming, running
from dashboard.bulk.records import Operation
from dashboard.forms import reading
from queueing.domain import backoff, misfits, names, options, schedules, timing
from queueing.domain.backoff import Backoff
from queueing.domain.jsontext import encode_json
from queueing.domain.limits import Limit
from queueing.domain.options import JobOptions
from queueing.domain.ports import BrokerCapabilities
from queueing.domain.registry import JobType, Registry
from queueing.domain.saying import Said, pack, parts, said_by, say, unpack
from queueing.domain.schedules import Schedule
from queueing.domain.timing import Cron, Every
from queueing.errors import JobNotFound, LeveretError, ScheduleNotFound, StoreUnavailable
from queueing.producer import Producer
from tests.dashboard import refused
from tests.dashboard.bulk import confirm, due, failed, run
from tests.dashboard.shop import Shop
from tests.dashboard.test_engine_in_german import texts

NESTED: Any = []
for _ in range(200):
    NESTED = [NESTED]


@dataclass
class Mail:
    to: str
    copies: int = 1


class Picky(msgspec.Struct):
    def __post_init__(self) -> None:
        raise ValueError("No.")


def one(to: str) -> None: ...


def whole(payload: Any) -> None: ...


def types() -> tuple[JobType, JobType]:
    registry = Registry()
    return registry.register("one", one), registry.register("whole", whole)


def schedule(**changes: Any) -> Schedule:
    return Schedule(**{"name": "n", "type": "t", "queue": "q", "timing": Every(60)} | changes)


def refusals() -> Iterator[Callable[[], object]]:
    def of(make: Callable[..., object], *args: Any, **kwargs: Any) -> Callable[[], object]:
        return lambda: make(*args, **kwargs)

    far = datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=5)))
    for given in (
        {"delay": "soon"}, {"delay": -1}, {"max_attempts": 0}, {"run_at": datetime(2026, 1, 1)}, {"run_at": far},
        {"delay": 1, "run_at": datetime(2026, 1, 1, tzinfo=UTC)}, {"timeout": 0}, {"unique_for": 1}, {"unique_key": ""},
        {"backoff": 5}, {"tags": "a"}, {"tags": ["a"] * 99}, {"tags": ["a b"]}, {"meta": 1}, {"meta": {1: 2}},
        {"meta": {"a": object()}}, {"meta": {"a": float("nan")}}, {"meta": {"a": NESTED}},
        {"meta": {"a": "x" * 70_000}},
    ):  # fmt: skip
        yield of(JobOptions, **given)
    yield of(options.changed, JobOptions(), 5)
    yield of(options.changed, JobOptions(), {"dely": 5})
    yield of(Backoff.delays, [])
    yield of(backoff.check, backoff.Delays(seconds=()))
    yield of(Backoff.fixed, -1)
    with patch.dict(backoff._named, clear=True):
        yield of(Backoff.named, "slow")
    for given in (
        {}, {"rate": 1}, {"concurrent": 1, "burst": 2}, {"concurrent": 0}, {"rate": 1, "per": "x"},
        {"rate": 1, "per": 0},
    ):  # fmt: skip
        yield of(Limit, **given)
    yield of(encode_json, object())
    yield of(encode_json, [float("inf")])
    yield of(encode_json, NESTED)
    yield of(names.check_id, " ")
    yield of(names.check_queue, "a b")
    yield of(names.check_queue, "a.dead")
    yield of(names.check_type, "a b")
    small, free = types()
    yield of(small.bind, 1, 2)
    yield of(small.bind, 1, to=2)
    yield of(free.bind, 1, 2)
    yield of(small.encode, {"to": 1})
    yield of(msgspec.structs.replace(small, payload_type=Picky).encode, {})
    yield of(schedule, name="a b")
    yield of(schedule, catch_up="never")
    yield of(schedule, options=JobOptions(run_at=datetime(2026, 1, 1, tzinfo=UTC)))
    yield of(Cron, "61 * * * *")
    with patch.object(timing, "_cronsim", lambda *_: iter(())):
        yield of(Cron, "0 0 29 2 *")
    yield of(Cron, "ä")
    yield of(timing.zone, "Mars/Olympus")
    yield of(Every, 0.5)
    yield of(Every, 0)
    yield of(schedules.check_name, "a/b")


def raised(deed: Callable[[], object]) -> LeveretError:
    with pytest.raises(LeveretError) as caught:
        deed()
    return caught.value


def producers(shop: Shop) -> list[LeveretError]:
    producer: Producer = shop.cluster.producer
    plain = BrokerCapabilities(priorities=False, max_message=1 << 24)
    with patch.object(shop.cluster.broker, "capabilities", plain):
        urgent = raised(lambda: producer.spec("email_jobs", "whatever", {}, {"priority": 3}))
    return [
        urgent,
        raised(lambda: producer.spec("email_jobs", "whatever", "x" * 2_000_000)),
        raised(lambda: producer.spec("email_jobs", "whatever", {}, created_by="\0")),
    ]


def test_every_refusal_is_a_sentence_that_can_be_said_in_other_languages() -> None:
    for place, text in refused.places():
        # What Retry(after=…) is given is the handler's own error, with a traceback.
        assert refused.sentence(text) or place.startswith("domain/outcomes.py"), f"{place}: give it say(…)"


@pytest.mark.django_db
def test_none_of_them_is_left_out_here_and_none_is_the_same_in_german(shop: Shop) -> None:
    """A new one is a new line in ``refusals``."""
    errors = [*map(raised, refusals()), *producers(shop), JobNotFound("j-1"), ScheduleNotFound("s")]
    found = [said_by(error) for error in errors]
    for error, said in zip(errors, found, strict=True):
        assert isinstance(said, Said), said
        assert said == str(error)
        assert german(error) != str(error)
    heard = {part.text for said in found if isinstance(said, Said) for part in parts(said)}
    written = {refused.sentence(text) for _, text in refused.places()} - {""}
    assert len(written) > 30
    assert written - heard == set()


def german(error: object) -> str:
    with override("de"):
        return enginewords.said(error)


class Point(msgspec.Struct, forbid_unknown_fields=True):
    x: int


MISFITS: list[tuple[Any, str]] = [
    (int, '"a"'), (int, "1.5"), (Point, "{}"), (Point, '{"x": 1, "y": 2}'), (list[Point], '[{"x": "a"}]'),
    (Literal["a", "b"], '"c"'), (Literal[1, 2], "3"),
    (Annotated[str, msgspec.Meta(min_length=3)], '"a"'), (Annotated[str, msgspec.Meta(max_length=1)], '"abc"'),
    (Annotated[str, msgspec.Meta(pattern="^a$")], '"b"'), (Annotated[int, msgspec.Meta(ge=3)], "1"),
    (Annotated[int, msgspec.Meta(lt=3)], "5"), (Annotated[float, msgspec.Meta(gt=3)], "1.5"),
    (Annotated[int, msgspec.Meta(multiple_of=3)], "1"), (Annotated[list[int], msgspec.Meta(min_length=1)], "[]"),
    (Annotated[dict[str, int], msgspec.Meta(max_length=0)], '{"a": 1}'), (tuple[int, int], "[1]"),
    (Annotated[datetime, msgspec.Meta(tz=True)], '"2026-01-01T00:00:00"'),
    (Annotated[datetime, msgspec.Meta(tz=False)], '"2026-01-01T00:00:00Z"'),
    (datetime, '"soon"'), (timedelta, '"soon"'), (UUID, '"a"'), (bytes, '"?"'), (Any, "[1"), (Any, "[1 2]"),
    (Any, '{"a" 1}'), (Any, "{1: 2}"), (Any, '"\\x"'), (Any, "1 2"), (Any, "[1,]"), (Any, '{"a": 1,}'), (Any, "-"),
    (Any, ""), (Any, "x"), (Any, '{"a": 1 2}'), (Any, '"\\ud800"'), (Any, '"\\u12x4"'), (Any, "1e999"),
]  # fmt: skip


@pytest.mark.parametrize(("type_", "text"), MISFITS)
def test_what_a_decoder_says_is_german(type_: Any, text: str) -> None:
    with pytest.raises(msgspec.DecodeError) as caught:
        msgspec.json.decode(text, type=type_)
    english = str(caught.value)
    said = german(misfits.misfit(english))
    assert said != english
    words = r"expected|object|invalid|malformed|missing|trailing|got|at least|at most|out of|length|character"
    assert not re.search(rf"(?i)\b({words})\b", re.sub("`[^`]*`", "", said)), said


@pytest.mark.parametrize(
    "text",
    ["", "[1", "[1 2]", '{"a" 1}', "{1: 2}", '"\\x"', "1 2", "[1,]", '{"a": 1,}', '"a', '"\t"', '"\\u12x4"', "x"],
)
def test_what_python_says_of_json_is_german(text: str) -> None:
    with pytest.raises(json.JSONDecodeError) as caught:
        json.loads(text)
    with override("de"), pytest.raises(ValueError, match="JSON") as refused:
        reading.from_json(text)
    assert caught.value.msg not in str(refused.value)


@pytest.mark.parametrize(
    "expression", ["", "* * * *", "* * * * * * *", "x * * * *", "* x * * *", "* * x * *", "* * * x *", "* * * * x",
                   "x * * * * *"],
)  # fmt: skip
def test_what_is_wrong_with_a_cron_expression_is_german(expression: str) -> None:
    said = german(raised(lambda: Cron(expression)))
    assert not re.search(r"\b(the|is|wrong|bad)\b", said), said


def test_none_of_what_parsers_say_is_left_untranslated() -> None:
    for text in texts()["queueing/domain/misfits.py"] - {"%(error)s - at %(place)s"}:
        with override("de"):
            assert enginewords.said(Said(text, {})) != text or "%(" in text, text


@pytest.mark.django_db
def test_forms_say_it(operator: Client, admin: Client, shop: Shop) -> None:
    shop.add()
    headers = {"Accept-Language": "de"}
    kept = admin.post(
        "/schedule-drafts",
        {"name": "a b", "type": "send_email", "kind": "cron", "expression": "61 * * * *", "tz": "UTC", "payload": "{",
         "tags": "a" * 100},
        headers=headers,
    )  # fmt: skip
    html = kept.content.decode()
    assert kept.status_code in (200, 422)
    for english in ("cannot be a", "is not a cron", "is not JSON", "cannot be a tag", "The payload"):
        assert english not in html
    assert "kein Cron-Ausdruck" in html


@pytest.mark.django_db
def test_an_operation_says_what_held_it_up(operator: Client, shop: Shop) -> None:
    failed(shop, 3)
    with patch.object(confirming, "AT_ONCE", 2):
        operation = due(confirm(operator))

    def away(deed: object) -> object:
        raise StoreUnavailable(say("There is no job %(name)s: the id is wrong, or its retention has ended.", name="x"))

    with patch("dashboard.engine.act", away), pytest.raises(LeveretError):
        run(operation)
    held = Operation.objects.get(pk=operation.pk)
    assert held.trouble == "There is no job x: the id is wrong, or its retention has ended."
    assert german(held.hindrance) != held.trouble
    assert held.state == running.State.RUNNING


def test_a_sentence_survives_being_kept() -> None:
    error = raised(lambda: Limit(concurrent=10**9 + 1))
    kept = json.loads(json.dumps(pack(said_by(error))))
    assert unpack(kept) == str(error)
    assert german(unpack(kept)) == german(error)
    assert unpack(pack("plain")) == "plain"
