"""What is pushed is in the language of the page that it is pushed to."""

from __future__ import annotations

from unittest.mock import patch

import pytest
from django.core import signing
from django.utils.translation import get_language, override

from dashboard.access import Viewer
from dashboard.live import Watched
from dashboard.live.hub import Hub
from dashboard.live.registry import SALT
from tests.dashboard.live.conftest import Browser, ManualSource
from tests.eventually import eventually

VIEWER = Viewer(frozenset({"view"}))


def page_in(language: str) -> Watched:
    """As the socket of a page in that language names the view."""
    with override(language):
        token = Watched.of("jobs", {}, VIEWER).token()
    return Watched.signed(token, VIEWER)


async def test_a_view_is_rendered_for_each_language_it_is_read_in(source: ManualSource):
    rendered = []

    async def render(watched: Watched) -> str:
        with watched.speaking():
            rendered.append(get_language())
            return f"<p>{get_language()}</p>"

    hub = Hub(source, render, interval=0.05)
    readers = {code: [Browser(), Browser()] for code in ("en", "de")}
    for code, browsers in readers.items():
        for browser in browsers:
            hub.watch(page_in(code), browser)
    await eventually(
        lambda: all(one.htmls == [f"<p>{code}</p>"] for code, browsers in readers.items() for one in browsers)
    )
    assert sorted(rendered) == ["de", "en"]


def test_a_view_is_rendered_in_the_language_of_its_page_whatever_the_process_speaks():
    with (
        patch("dashboard.live.registry.render_to_string", lambda template, context: get_language()),
        override("en"),
    ):
        assert page_in("de").render() == "de"
        assert get_language() == "en"


def test_a_page_from_before_languages_is_told_to_load_again():
    """Its tokens name no language."""
    with pytest.raises(KeyError):
        Watched.signed(signing.dumps(("jobs", "{}"), salt=SALT), VIEWER)
