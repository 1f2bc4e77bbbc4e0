"""The reader's language: by what the browser asks for, or by choice."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.utils import translation

from dashboard import language
from tests.dashboard.conftest import member

GERMAN = {"Accept-Language": "de-AT,de;q=0.9,en;q=0.5"}
pytestmark = pytest.mark.usefixtures("shop")


def spoken(client: Client, path: str = "/login", **more: Any) -> str:
    found = re.search(r'<html lang="([^"]*)"', client.get(path, **more).content.decode())
    assert found
    return found[1]


def chosen(client: Client, path: str = "/login") -> str:
    pressed = re.search(r'name="language" value="(\w+)"[^>]*aria-pressed="true"', client.get(path).content.decode())
    assert pressed
    return pressed[1]


def test_the_browser_says_what_its_reader_reads(anonymous: Client):
    assert spoken(anonymous) == "en"
    assert spoken(anonymous, headers=GERMAN) == "de"
    assert spoken(anonymous, headers={"Accept-Language": "fr"}) == "en"


def test_a_choice_outweighs_the_browser(anonymous: Client):
    anonymous.post("/languages", {"language": "en"})
    assert spoken(anonymous, headers=GERMAN) == "en"
    anonymous.post("/languages", {"language": "de"})
    assert spoken(anonymous) == chosen(anonymous) == "de"


def test_a_choice_outlives_login_and_logout(anonymous: Client):
    member("vera", "Viewer")
    anonymous.post("/languages", {"language": "de"})
    anonymous.post("/login", {"username": "vera", "password": "correct horse"})
    assert spoken(anonymous, "/queues") == chosen(anonymous, "/queues") == "de"
    anonymous.post("/logout")
    assert spoken(anonymous) == "de"


def test_the_choice_leads_back_to_the_page(viewer: Client):
    answer = viewer.post("/languages", {"language": "de"}, headers={"Referer": "http://testserver/jobs?state=failed"})
    assert (answer.status_code, answer.headers["Location"]) == (302, "http://testserver/jobs?state=failed")


def test_the_choice_leads_to_no_other_site(anonymous: Client):
    answer = anonymous.post("/languages", {"language": "de", "next": "https://evil.example/"})
    assert answer.headers["Location"] == "/"


@pytest.mark.parametrize("wrong", [{}, {"language": "fr"}, {"language": "de\r\nSet-Cookie: a=b"}])
def test_what_is_no_language_of_ours_is_not_kept(anonymous: Client, wrong: dict[str, str]):
    assert not anonymous.post("/languages", wrong).cookies


def test_choosing_takes_a_form_of_ours(anonymous: Client):
    assert anonymous.get("/languages").status_code == 405
    answer = Client(enforce_csrf_checks=True).post("/languages", {"language": "de"})
    assert answer.status_code == 403
    assert not answer.cookies


def test_caches_are_told_what_a_page_depends_on(anonymous: Client):
    depends = {part.strip() for part in anonymous.get("/login").headers["Vary"].split(",")}
    assert depends >= {"Accept-Language", "Cookie"}


def test_every_page_offers_the_choice(viewer: Client):
    for path in ("/", "/menu"):
        assert viewer.get(path).content.decode().count('name="language"') >= 2


def test_a_project_that_does_not_translate_has_no_choice_and_english(settings: Any):
    settings.USE_I18N, settings.LANGUAGE_CODE = False, "de"
    assert language.offered() == []
    assert language.spoken() == "en"


def test_a_project_with_its_own_way_to_choose_keeps_it(settings: Any):
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if name != language.MIDDLEWARE]
    with translation.override("de"):
        assert language.offered() == []
        assert language.spoken() == "de"


def test_only_languages_of_the_project_are_offered(settings: Any):
    settings.LANGUAGES = [("en", "English"), ("fr", "French")]
    assert language.offered() == []


@pytest.mark.parametrize(("active", "said"), [("de", "de"), ("de-at", "de"), ("fr", "en"), (None, "en")])
def test_the_language_is_the_one_that_is_read(active: str | None, said: str):
    """A project's French readers read English here, and so does their screen reader."""
    if active:
        with translation.override(active):
            assert language.spoken() == said
    else:
        with translation.override(None):
            assert language.spoken() == said
