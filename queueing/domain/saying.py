"""Sentences that remember what they were made of, so that a console can say them in another language.

Each is a ``str``, and English. ``say`` and its kin are marks for ``make messages`` as well: texts are written out in
the call.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Self, TypeAlias

from queueing.errors import JobNotFound, ScheduleNotFound


class Figure(str):
    """As English writes it: 1,234.5. Other languages write the same with other signs."""

    __slots__ = ()


class Said(str):
    """``text`` with its holes, as ``%(queue)s``, and what is in them: Said, Figure, or names, the same everywhere."""

    text: str
    others: str
    """The text for any count but one; empty where it does not depend on a count."""
    amount: int
    context: str
    """Tells apart what is one word in English."""
    values: Mapping[str, str]
    subject: str
    """What was left out at its beginning."""

    def __new__(
        cls, text: str, values: Mapping[str, str], *, others: str = "", amount: int = 1, context: str = ""
    ) -> Self:
        chosen = text if amount == 1 or not others else others
        self = super().__new__(cls, chosen % values if values else chosen)
        self.text, self.others, self.amount, self.context, self.values = text, others, amount, context, values
        self.subject = ""
        return self

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        """Elsewhere it is plain English."""
        return str, (str(self),)

    def after(self, subject: str) -> Said:
        """The sentence without its beginning, for a page that sets that off."""
        rest = _with(self, self.removeprefix(subject).lstrip())
        rest.subject = subject
        return rest


def _with(said: Said, english: str) -> Said:
    made = str.__new__(Said, english)
    made.text, made.others, made.amount = said.text, said.others, said.amount
    made.context, made.values = said.context, said.values
    return made


def say(text: str, /, **values: str) -> Said:
    return Said(text, values)


def say_in(context: str, text: str, /, **values: str) -> Said:
    return Said(text, values, context=context)


def say_many(one: str, others: str, count: int, /, **values: str) -> Said:
    """``number`` is the count as it is written."""
    return Said(one, {"number": number(count), **values}, others=others, amount=count)


def foreign(text: str) -> Said:
    """What a server or a person said, which nobody translates; itself where it is one of ours."""
    return text if isinstance(text, Said) else listed(text)


def said_by(error: BaseException) -> str:
    """What an error says; a sentence of ours if it was raised with one, which its ``str`` is not."""
    match error.args:
        case (Said() as said,):
            return said
    match error:
        case JobNotFound(job_id=name):
            return say("There is no job %(name)s: the id is wrong, or its retention has ended.", name=name)
        case ScheduleNotFound(name=name):
            return say(
                "There is no schedule %(name)s: it was removed, or no worker that has it was ever started.", name=name
            )
        case _:
            return str(error)


def parts(said: Said) -> Iterator[Said]:
    """Itself, and every sentence in its holes."""
    yield said
    for value in said.values.values():
        if isinstance(value, Said):
            yield from parts(value)


Packed: TypeAlias = str | dict[str, Any]


def pack(said: str) -> Packed:
    """As plain values, to be kept where its reader's language is not known yet."""
    match said:
        case Said():
            found = {"text": said.text, "others": said.others, "amount": said.amount, "context": said.context}
            return found | {"values": {name: pack(value) for name, value in said.values.items()}}
        case Figure():
            return {"figure": str(said)}
        case _:
            return said


def unpack(packed: Packed) -> str:
    match packed:
        case str():
            return packed
        case {"figure": figure}:
            return Figure(figure)
        case _:
            values = {name: unpack(value) for name, value in packed["values"].items()}
            kept = {name: packed[name] for name in ("others", "amount", "context")}
            return Said(packed["text"], values, **kept)


def number(value: int) -> Figure:
    return Figure(f"{value:,}")


def together(*parts: str) -> Said:
    """Sentence after sentence."""
    return _joined(" ", parts)


def listed(*parts: str) -> Said:
    """a, b, c."""
    return _joined(", ", parts)


def _joined(between: str, parts: Iterable[str]) -> Said:
    values = {f"part{at}": part for at, part in enumerate(parts)}
    return Said(between.join(f"%({name})s" for name in values), values)


def both(parts: Iterable[Said]) -> Said:
    """a and b and c."""
    first, *more = parts
    said = first
    for part in more:
        said = say("%(first)s and %(last)s", first=said, last=part)
    return said
