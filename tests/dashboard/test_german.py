"""The pages as a German reader has them: whole in German, and the same in all that is no text."""

from __future__ import annotations

import re
from gettext import GNUTranslations
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.test import Client
from django.utils.translation import override
from django.utils.translation.trans_real import translation

import dashboard
from dashboard.access import Viewer
from dashboard.live import Watched
from dashboard.live.frames import Frame
from queueing.domain.states import JobState
from tests.dashboard.shop import Shop

LOCALE = Path(dashboard.__file__).parent / "locale" / "de" / "LC_MESSAGES"
GERMAN = {"Accept-Language": "de"}
PAGES = (
    "/",
    "/figures",
    "/jobs",
    "/jobs?state=failed",
    "/jobs?q=nothing-like-it",
    "/jobs/failed-1",
    "/jobs/nobody",
    "/failures",
    "/dead-letters",
    "/dead-letters/email_jobs",
    "/queues",
    "/queues/email_jobs",
    "/queues/email_jobs/purge",
    "/workers",
    "/schedules",
    "/schedule-drafts/new",
    "/enqueue",
    "/operations",
    "/audit",
    "/keys",
    "/menu",
    "/search?q=email",
    "/no-such-page",
)
WORDS = {"title", "aria-label", "placeholder", "alt", "lang", "label", "data-copied", "data-word"}
"""Attributes that are read by people."""
UNREAD = {"script", "style", "code", "kbd", "pre"}
PASSING = {"data-live", "data-live-seen", "datetime", "data-loaded", "content", "aria-pressed"}
"""Differ between two renderings, or say the language."""


class Read(HTMLParser):
    """A page taken apart: what people read, and what machines read."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.marks: list[tuple[str, str, str]] = []
        self._silent = 0
        self._foreign = False
        """Said in its own language, as the name of a language is."""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in UNREAD
        self._foreign = tag == "button" and "lang" in dict(attrs)
        for name, value in attrs:
            if name in WORDS or name.startswith("data-confirm"):
                self.texts.append(value or "")
            elif (
                tag != "script"
                and name not in PASSING
                and not (name == "value" and dict(attrs).get("name") == "csrfmiddlewaretoken")
            ):
                self.marks.append((tag, name, value or ""))

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in UNREAD
        self._foreign = False

    def handle_data(self, data: str) -> None:
        if not self._silent and not self._foreign and data.strip():
            self.texts.append(" ".join(data.split()))


@pytest.fixture
def furnished(shop: Shop) -> Shop:
    shop.works()
    shop.add(job_id="queued-1")
    shop.start(shop.add(job_id="running-1"))
    shop.fail(shop.add(job_id="failed-1"))
    shop.succeed(shop.add(job_id="succeeded-1"))
    shop.files()
    assert shop.job("failed-1").state is JobState.FAILED
    return shop


def page(client: Client, path: str, language: str) -> str:
    return client.get(path, headers={"Accept-Language": language}).content.decode()


@pytest.mark.parametrize("path", PAGES)
def test_no_text_that_has_a_translation_stays_english(admin: Client, furnished: Shop, path: str):
    catalog = translation("de")._catalog  # type: ignore[attr-defined]
    english = {
        key.rpartition("\x04")[2]
        for key, text in catalog.items()
        if isinstance(key, str) and text and text != key.rpartition("\x04")[2] and "%(" not in key
    }
    same_in_both = {text for key, text in catalog.items() if isinstance(key, str)}
    left = {text for text in Read(page(admin, path, "de")).texts if text in english and text not in same_in_both}
    assert left == set()


@pytest.mark.parametrize("path", PAGES)
def test_what_machines_read_is_the_same_in_both_languages(admin: Client, furnished: Shop, path: str):
    """Addresses, values of forms, coordinates of drawings: a comma in a number would break them."""
    english, german = (
        [mark for mark in Read(page(admin, path, language)).marks if not re.search("since=|until=", mark[2])]
        for language in ("en", "de")
    )
    assert german == english


@pytest.mark.parametrize("path", PAGES)
def test_what_is_pushed_is_what_was_loaded(admin: Client, furnished: Shop, path: str):
    html = page(admin, path, "de")
    viewer = Viewer(frozenset({"view", "operate", "enqueue", "manage", "reveal", "audit"}))
    for token, seen in re.findall(r'data-live="([^"]+)" data-live-seen="([^"]+)"', html):
        watched = Watched.signed(token, viewer)
        assert watched.language == "de"
        if watched.name in CHANGING:
            continue
        with override("en"):
            assert Frame(watched.render()).digest == seen, watched.name


CHANGING = {"frame.health", "overview.health", "overview.charts", "overview.tiles", "overview.attention"}
"""Have figures of this very moment."""


WRONG = re.compile(
    r"(?<!Dead )(?<!Dead-)\bLetters?\b|[Ss]cheiter|\b[Bb]itte\b|Warteschlange|Aufgabe|\bArbeiter\b|\b[Dd]u\b"
    r"|\b[Dd]eine?|Wiederholversuch|Auftrag|ist um\b|abgesagt"
)
"""Other words for what dashboard/locale/README.md has one for."""


def own_catalog() -> dict[object, str]:
    with (LOCALE / "django.mo").open("rb") as compiled:
        found: dict[object, str] = GNUTranslations(compiled)._catalog  # type: ignore[attr-defined]
    return found


def test_one_thing_has_one_word():
    assert [text for text in own_catalog().values() if WRONG.search(text)] == []


def test_no_other_app_speaks_for_the_console():
    """Of one text, the app that stands first in INSTALLED_APPS has the say: Django's admin has many short ones.
    A context tells ours from theirs."""
    all_of = translation("de")._catalog  # type: ignore[attr-defined]
    assert {key: all_of.get(key) for key, text in own_catalog().items() if key and all_of.get(key) != text} == {}


def test_the_wheel_brings_the_translation():
    assert {path.name for path in LOCALE.iterdir()} == {"django.po", "django.mo"}
