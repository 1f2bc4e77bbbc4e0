"""Messages in a dead-letter queue as the console shows them: from the broker, with what they are to the records."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, pgettext_lazy

from dashboard import rawview
from dashboard.rawview import Raw
from queueing.domain.arguments import Arguments
from queueing.domain.headers import Death, deaths, legible
from queueing.domain.message import Incoming
from queueing.domain.ports import DeadLetter
from queueing.domain.secrets import is_secret
from queueing.letters import Resting, Standing

LOOKS = (500, 2_000, 8_000)
"""Messages that a look takes out and gives back: a fifth of a second for 500 on a broker near by."""
SHOWN = 50
STANDINGS = {
    Standing.LETTER: pgettext_lazy("message", "letter"),
    Standing.STALE: pgettext_lazy("message", "stale"),
    Standing.UNKNOWN: pgettext_lazy("message", "unknown"),
}
GLOSSES = {
    Standing.LETTER: gettext_noop("the letter of a failed job"),
    Standing.STALE: gettext_noop("its job has moved on; the keeper removes it"),
    Standing.UNKNOWN: gettext_noop("no record has failed for it yet; the keeper takes it in"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RestingQuery:
    queue: str
    words: str = ""
    look: int = LOOKS[0]
    at: str = ""
    """The key of the message that is open."""

    @classmethod
    def read(cls, queue: str, values: QueryDict) -> RestingQuery:
        look = next((most for most in LOOKS if str(most) == values.get("look")), LOOKS[0])
        return cls(queue=queue, words=values.get("q", "").strip()[:200], look=look, at=values.get("at", ""))

    def url(self, **changes: Any) -> str:
        changed = replace(self, **changes)
        given = {"q": changed.words, "look": changed.look if changed.look != LOOKS[0] else "", "at": changed.at}
        path = reverse("dashboard:resting_letters", args=[self.queue])
        query = urlencode({name: value for name, value in given.items() if value})
        return f"{path}?{query}" if query else path

    @property
    def shut(self) -> str:
        return self.url(at="")

    @property
    def unfiltered(self) -> str:
        return self.url(words="", at="")

    @property
    def deeper(self) -> str:
        """With more messages looked at; empty: no look goes further."""
        return next((self.url(look=most) for most in LOOKS if most > self.look), "")

    def wants(self, letter: DeadLetter, incoming: Incoming) -> bool:
        """Whether the words stand in what a page shows of the message."""
        words = self.words.casefold()
        if not words or any(words in text.casefold() for text in _texts(letter, incoming)):
            return True
        return Arguments(incoming.spec.payload, raw=incoming.spec.encoding == "raw").mention(words)


def _texts(letter: DeadLetter, incoming: Incoming) -> Iterator[str]:
    yield from (incoming.spec.id, incoming.spec.type, letter.message_id or "", letter.type or "")
    for name, value in legible(letter.headers).items():
        yield name
        if not is_secret(name, "string"):
            yield str(value)


@dataclass(frozen=True, slots=True)
class Row:
    resting: Resting
    url: str
    is_open: bool

    @property
    def key(self) -> str:
        return self.resting.key

    @property
    def letter(self) -> DeadLetter:
        return self.resting.letter

    @property
    def job_id(self) -> str:
        return self.resting.incoming.spec.id

    @property
    def name(self) -> str:
        return _("not a job") if self.resting.wrong else self.resting.incoming.spec.type

    @property
    def standing(self) -> str:
        return str(STANDINGS[self.resting.standing])

    @property
    def gloss(self) -> str:
        return _(GLOSSES[self.resting.standing])

    @property
    def is_letter(self) -> bool:
        return self.resting.standing is Standing.LETTER

    @property
    def is_stale(self) -> bool:
        return self.resting.standing is Standing.STALE

    @property
    def deaths(self) -> tuple[Death, ...]:
        return deaths(self.letter.headers)

    @property
    def times(self) -> int:
        """How often the broker took it out of a queue."""
        return sum(death.times for death in self.deaths)

    @property
    def headers(self) -> dict[str, Any]:
        return {name: value for name, value in legible(self.letter.headers).items() if name != "x-death"}

    @property
    def raw(self) -> Raw:
        return rawview.show(self.letter.body)

    @property
    def is_json(self) -> bool:
        return not self.resting.wrong and self.resting.size == len(self.letter.body)
