from dataclasses import dataclass
from enum import Enum
from typing import Any, TypedDict

import msgspec
import pytest

from queueing.domain.context import JobContext
from queueing.domain.registry import JobType, Registry, describe
from queueing.errors import ConfigurationError, InvalidName, InvalidPayload


@dataclass
class Email:
    to: str
    subject: str = "Hello"


class Point(msgspec.Struct):
    x: int


class Named(TypedDict):
    name: str


class Colour(Enum):
    RED = "red"


class Nothing:
    """Stands for a context where none is used."""


def call(known: JobType, payload: object) -> Any:
    args, kwargs = known.arguments(known.decode(known.encode(payload)), Nothing())  # type: ignore[arg-type]
    return known.handler(*args, **kwargs)


def test_a_dataclass_parameter_takes_the_payload_as_a_whole() -> None:
    def handler(email: Email) -> object:
        return email

    known = describe("mail", handler)
    assert call(known, Email(to="x")) == Email(to="x", subject="Hello")
    assert known.bind(to="x") == {"to": "x"}
    assert known.bind(Email("x")) == known.bind(email=Email("x")) == Email("x")


def test_a_lone_parameter_of_a_plain_type_is_a_member_like_any_other() -> None:
    def handler(sizes: list[int]) -> object:
        return sizes

    known = describe("resize", handler)
    assert known.bind([1, 2]) == known.bind(sizes=[1, 2]) == {"sizes": [1, 2]}
    assert call(known, {"sizes": [1]}) == [1]


@pytest.mark.parametrize(
    ("kind", "payload", "expected"),
    [
        (Point, {"x": 1}, Point(x=1)),
        (Named, {"name": "n"}, {"name": "n"}),
        (dict[str, int], {"a": 1}, {"a": 1}),
        (list[Point], [{"x": 2}], [Point(x=2)]),
    ],
)
def test_structured_payloads_arrive_as_their_type(kind: Any, payload: object, expected: object) -> None:
    def handler(payload: Any) -> object:
        return payload

    handler.__annotations__["payload"] = kind
    assert call(describe("typed", handler), payload) == expected


def test_several_parameters_are_the_members_of_the_payload() -> None:
    def handler(image: int, ctx: JobContext, sizes: list[int], colour: Colour = Colour.RED) -> object:
        return image, sizes, colour, type(ctx)

    known = describe("resize", handler)
    assert known.bind(3, sizes=[1]) == {"image": 3, "sizes": [1]}
    assert call(known, {"image": 3, "sizes": [1]}) == (3, [1], Colour.RED, Nothing)


def test_a_payload_of_a_wrong_type_names_its_path() -> None:
    def handler(image: int, sizes: list[int]) -> None: ...

    with pytest.raises(InvalidPayload, match=r"\$\.sizes\[1\]"):
        describe("resize", handler).encode({"image": 1, "sizes": [1, "2"]})
    with pytest.raises(InvalidPayload, match="missing required field `sizes`"):
        describe("resize", handler).encode({"image": 1})
    with pytest.raises(InvalidPayload, match="unknown field `colour`"):
        describe("resize", handler).encode({"image": 1, "sizes": [], "colour": 1})


def test_a_handler_without_annotations_takes_plain_json() -> None:
    def handler(payload, ctx):  # type: ignore[no-untyped-def]
        return payload, type(ctx)

    assert call(describe("plain", handler), [1, None]) == ([1, None], Nothing)


def test_a_handler_without_parameters_is_called_without_any() -> None:
    def handler() -> str:
        return "done"

    assert call(describe("tick", handler), None) == "done"


@pytest.mark.parametrize("payload", [object(), {1, 2}.__iter__(), "\ud800", Nothing()])
def test_what_is_not_json_is_refused_at_the_door(payload: object) -> None:
    def handler(payload): ...  # type: ignore[no-untyped-def]

    with pytest.raises(InvalidPayload, match="not JSON"):
        describe("plain", handler).encode(payload)


def test_async_and_sync_handlers_are_told_apart() -> None:
    async def waits() -> None: ...
    def works() -> None: ...

    class Callable:
        async def __call__(self) -> None: ...

    assert [describe("x", handler).is_async for handler in (waits, works, Callable())] == [True, False, True]


def test_open_ended_parameters_are_refused() -> None:
    def handler(**anything: int) -> None: ...

    with pytest.raises(ConfigurationError, match="named parameters"):
        describe("open", handler)


def test_two_handlers_cannot_have_one_name_but_one_may_register_twice() -> None:
    def one() -> None: ...
    def two() -> None: ...

    registry = Registry()
    registry.register("same", one)
    registry.register("same", one)
    with pytest.raises(ConfigurationError, match="same"):
        registry.register("same", two)
    assert len(registry) == 1


@pytest.mark.parametrize("name", ["", "two words", "a" * 129, "tab\t", 3])
def test_a_type_name_must_be_printable_and_short(name: Any) -> None:
    with pytest.raises(InvalidName):
        describe(name, lambda: None)


@pytest.mark.parametrize("queue", ["", "a:b", "a b", "x.dead", "delay.1s", "ü", "a" * 129])
def test_a_queue_name_is_plain(queue: str) -> None:
    with pytest.raises(InvalidName):
        describe("x", lambda: None, queue=queue)


def test_a_schema_describes_the_payload() -> None:
    def handler(image: int, sizes: list[int]) -> None: ...

    schema = describe("resize", handler).schema()
    [definition] = schema["$defs"].values()
    assert definition["properties"]["sizes"] == {"type": "array", "items": {"type": "integer"}}
    assert definition["required"] == ["image", "sizes"]
