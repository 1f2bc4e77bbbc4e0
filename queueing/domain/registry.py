"""Job types: which handler runs a name, what payload it takes, and with which options it is enqueued."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

import msgspec

from queueing.domain.context import JobContext
from queueing.domain.jsontext import encode_json
from queueing.domain.limits import Limit
from queueing.domain.misfits import misfit
from queueing.domain.names import check_queue, check_type
from queueing.domain.options import JobOptions
from queueing.domain.saying import number, say
from queueing.domain.schedules import Plan, Schedule
from queueing.errors import ConfigurationError, InvalidPayload

Handler: TypeAlias = Callable[..., Any]
Errors: TypeAlias = tuple[type[BaseException], ...]

DEFAULT_QUEUE: Final = "default"
WHOLE: Final = "payload"
_BARE: Final = (Any, inspect.Parameter.empty, dict, list, object)


class JobType(msgspec.Struct, frozen=True, kw_only=True):
    """A name with its handler, and what is known of it."""

    name: str
    handler: Handler
    queue: str = DEFAULT_QUEUE
    options: JobOptions = JobOptions()
    payload_type: Any = Any
    """What the payload is decoded into."""
    spread: bool = False
    """The payload is an object whose members are the handler's arguments."""
    payload_parameter: str | None = None
    context_parameter: str | None = None
    is_async: bool = False
    retry_on: Errors = ()
    """Where set, only these exceptions are retried; any other fails for good."""
    fail_on: Errors = ()
    """These exceptions fail for good."""
    limit: Limit | None = None
    """Over the whole cluster."""
    schedules: tuple[Schedule, ...] = ()
    """By which its jobs are added."""

    @property
    def summary(self) -> str:
        """The first paragraph of the handler's docstring."""
        return (inspect.getdoc(self.handler) or "").split("\n\n")[0].replace("\n", " ")

    def schema(self) -> dict[str, Any]:
        """JSON Schema (2020-12) of the payload, with ``$defs``."""
        try:
            return msgspec.json.schema(self.payload_type)
        except TypeError:
            return {}

    def bind(self, *args: Any, **kwargs: Any) -> Any:
        """The payload for a call written like a call of the handler.

        Raises InvalidPayload where the arguments do not fit its signature.
        """
        if not self.spread:
            return self._whole(args, kwargs)
        names = msgspec.structs.fields(self.payload_type)
        if len(args) > len(names):
            raise InvalidPayload(
                say(
                    "%(type)s takes %(most)s arguments, not %(count)s.",
                    type=self.name, most=number(len(names)), count=number(len(args)),
                )
            )  # fmt: skip
        given = {field.name: value for field, value in zip(names, args, strict=False)}
        if twice := given.keys() & kwargs.keys():
            raise InvalidPayload(say("%(type)s got %(names)s twice.", type=self.name, names=", ".join(sorted(twice))))
        return given | kwargs

    def _whole(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if (args and kwargs) or len(args) > 1:
            raise InvalidPayload(say("%(type)s takes one payload, or its fields by name.", type=self.name))
        if kwargs.keys() == {self.payload_parameter}:
            return kwargs[str(self.payload_parameter)]
        return args[0] if args else (kwargs or None)

    def encode(self, payload: Any) -> bytes:
        """JSON text of a payload, checked against the handler's type. Raises InvalidPayload."""
        text = encode_json({} if payload is None and self.spread else payload)
        if self.payload_type is not Any:
            self.decode(text)
        return text

    def decode(self, text: bytes) -> Any:
        """The payload as the handler wants it. Raises InvalidPayload naming the path of what is wrong."""
        try:
            return msgspec.json.decode(text, type=self.payload_type)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as wrong:
            raise self._misfit(misfit(str(wrong))) from wrong
        except Exception as wrong:
            # The type's own code (a __post_init__, a validator) may raise anything; that is the payload's fault.
            raise self._misfit(f"{type(wrong).__name__}: {wrong}") from wrong

    def _misfit(self, error: str) -> InvalidPayload:
        return InvalidPayload(say("The payload does not fit %(type)s: %(error)s", type=self.name, error=error))

    def arguments(self, payload: Any, context: JobContext) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Positional and keyword arguments of the handler for a decoded payload."""
        keywords: dict[str, Any] = {}
        if self.spread:
            keywords = {field: getattr(payload, field) for field in payload.__struct_fields__}
        elif self.payload_parameter:
            keywords = {self.payload_parameter: payload}
        if self.context_parameter:
            keywords[self.context_parameter] = context
        return (), keywords


class Registry:
    """The job types that a process knows, by name."""

    def __init__(self) -> None:
        self._types: dict[str, JobType] = {}

    def register(self, name: str, handler: Handler, **described: Any) -> JobType:
        """Put ``handler`` under ``name``. Raises ConfigurationError where another one has the name."""
        found = describe(name, handler, **described)
        known = self._types.get(name)
        if known is not None and _place(known.handler) != _place(handler):
            raise ConfigurationError(
                f"Two handlers claim the job type {name!r}: {_place(known.handler)} and {_place(handler)}. Rename one."
            )
        self._check_schedules(found)
        self._types[name] = found
        return found

    def _check_schedules(self, found: JobType) -> None:
        names = {schedule.name: known for known in self if known.name != found.name for schedule in known.schedules}
        for schedule in found.schedules:
            if other := names.get(schedule.name):
                raise ConfigurationError(
                    f"{other.name} and {found.name} both have a schedule {schedule.name!r}. Name one of them, as "
                    "every(60, name='…')."
                )

    def get(self, name: str) -> JobType | None:
        return self._types.get(name)

    def __iter__(self) -> Iterator[JobType]:
        return iter(sorted(self._types.values(), key=lambda found: found.name))

    def __len__(self) -> int:
        return len(self._types)

    def queues(self) -> list[str]:
        return sorted({found.queue for found in self._types.values()})

    def schedules(self) -> list[Schedule]:
        return [schedule for found in self for schedule in found.schedules]


def describe(
    name: str,
    handler: Handler,
    *,
    queue: str = DEFAULT_QUEUE,
    options: JobOptions | None = None,
    retry_on: Errors | type[BaseException] = (),
    fail_on: Errors | type[BaseException] = (),
    limit: Limit | None = None,
    schedule: Plan | Sequence[Plan] = (),
) -> JobType:
    """Read a handler's signature: which parameter is the context, which the payload, or whether it is spread."""
    if limit is not None and not isinstance(limit, Limit):
        raise ConfigurationError(f"limit of {name!r} must be a Limit, as Limit(concurrent=2), not {limit!r}.")
    parameters = _parameters(handler)
    context = next((key for key, (kind, _) in parameters.items() if kind is JobContext), None)
    if context is None and "ctx" in parameters and parameters["ctx"][0] is inspect.Parameter.empty:
        context = "ctx"
    rest = {key: value for key, value in parameters.items() if key != context}
    whole = _whole_payload(rest)
    found = JobType(
        name=check_type(name),
        handler=handler,
        queue=check_queue(queue),
        options=options or JobOptions(),
        payload_type=rest[whole][0] if whole and rest[whole][0] not in _BARE else _spread_type(name, rest, whole),
        spread=whole is None and bool(rest),
        payload_parameter=whole,
        context_parameter=context,
        is_async=_is_async(handler),
        retry_on=_tuple(retry_on),
        fail_on=_tuple(fail_on),
        limit=limit,
    )
    return msgspec.structs.replace(found, schedules=_schedules(found, schedule)) if schedule else found


def _schedules(found: JobType, plans: Plan | Sequence[Plan]) -> tuple[Schedule, ...]:
    """Raises InvalidSchedule, or InvalidPayload where the handler does not take what a plan would give it."""
    plans = (plans,) if isinstance(plans, Plan) else tuple(plans)
    made: dict[str, Schedule] = {}
    for plan in plans:
        if not isinstance(plan, Plan):
            raise ConfigurationError(f"schedule of {found.name!r} must be cron(…) or every(…), not {plan!r:.200}.")
        name = plan.name or found.name
        if name in made:
            raise ConfigurationError(
                f"{found.name!r} has two schedules named {name!r}. Name one of them, as every(60, name='…')."
            )
        made[name] = Schedule(
            name=name,
            type=found.name,
            queue=found.queue,
            timing=plan.timing,
            payload=found.encode(plan.payload),
            options=found.options,
            catch_up=plan.catch_up,
            overlap=plan.overlap,
        )
    return tuple(made.values())


def _whole_payload(parameters: Mapping[str, tuple[Any, Any]]) -> str | None:
    """The one parameter that takes the payload as a whole: of a structured type, or named ``payload``."""
    if len(parameters) != 1:
        return None
    [(name, (kind, _))] = parameters.items()
    structured = isinstance(kind, type) and (
        hasattr(kind, "__struct_fields__")
        or hasattr(kind, "__dataclass_fields__")
        or hasattr(kind, "__attrs_attrs__")
        or typing.is_typeddict(kind)
    )
    return name if structured or name == WHOLE else None


def _spread_type(name: str, parameters: Mapping[str, tuple[Any, Any]], whole: str | None) -> Any:
    if whole is not None:
        kind = parameters[whole][0]
        return kind if kind in (dict, list) else Any
    fields: list[Any] = []
    for key, (kind, default) in parameters.items():
        kind = Any if kind is inspect.Parameter.empty else kind
        fields.append((key, kind) if default is inspect.Parameter.empty else (key, kind, _default(default)))
    spread = msgspec.defstruct(name.replace(".", "_"), fields, kw_only=True, forbid_unknown_fields=True, frozen=True)
    return spread if parameters else spread | None


def _default(value: Any) -> Any:
    if isinstance(value, list | dict | set | bytearray) and value:
        return msgspec.field(default_factory=lambda: value.copy())
    return value


def _parameters(handler: Handler) -> dict[str, tuple[Any, Any]]:
    """Name to (annotation, default), in order."""
    target = handler if inspect.isroutine(handler) else type(handler).__call__
    try:
        hints = typing.get_type_hints(target, include_extras=True)
    except NameError as wrong:
        raise ConfigurationError(f"{_place(handler)} has an annotation that cannot be resolved: {wrong}") from wrong
    found: dict[str, tuple[Any, Any]] = {}
    for parameter in inspect.signature(handler).parameters.values():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD, parameter.POSITIONAL_ONLY):
            raise ConfigurationError(
                f"{_place(handler)} takes {parameter}: a handler needs named parameters, so that its payload is known."
            )
        found[parameter.name] = (hints.get(parameter.name, inspect.Parameter.empty), parameter.default)
    return found


def _is_async(handler: Handler) -> bool:
    return inspect.iscoroutinefunction(handler) or inspect.iscoroutinefunction(getattr(handler, "__call__", None))  # noqa: B004


def _tuple(errors: Errors | type[BaseException]) -> Errors:
    return (errors,) if isinstance(errors, type) else tuple(errors)


def _place(handler: Handler) -> str:
    return f"{getattr(handler, '__module__', '?')}.{getattr(handler, '__qualname__', repr(handler))}"
