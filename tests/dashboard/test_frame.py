from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest
from django.conf import settings
from django.test import Client, override_settings

from dashboard import contact, engine, frame
from dashboard.access import Viewer
from queueing.domain.reading import Health, ServerHealth
from tests.dashboard.conftest import HEALTHY
from tests.dashboard.shop import Shop

DOWN = Health(
    broker=ServerHealth(name="RabbitMQ", ok=False, detail="refused"),
    store=HEALTHY.store,
    leader="app-01",
    outbox=3812,
)


@pytest.fixture(autouse=True)
def fresh_contacts() -> Iterator[None]:
    with patch.object(frame, "contacts", contact.Contacts()):
        yield


def health(value: Health | None):  # type: ignore[no-untyped-def]
    return patch("dashboard.engine.health", return_value=value)


def test_the_page_names_the_servers_and_their_leader(viewer: Client) -> None:
    with health(HEALTHY):
        page = viewer.get("/menu").content.decode()
    assert "4.1.4" in page
    assert "app-01" in page
    assert "does not answer" not in page


def test_a_broker_that_is_down_is_told_with_what_it_means(viewer: Client) -> None:
    with health(DOWN):
        page = viewer.get("/menu").content.decode()
    assert "RabbitMQ does not answer." in page
    assert "wait in the outbox" in page


def test_when_all_is_down_the_page_is_still_there_and_promises_nothing(viewer: Client) -> None:
    with health(None):
        page = viewer.get("/menu").content.decode()
    assert "Redis does not answer." in page
    assert "Jobs are accepted" not in page


def test_last_contact_is_remembered_while_a_server_is_down() -> None:
    contacts = contact.Contacts()
    with patch.object(contact, "FRESH", -1.0):
        with health(HEALTHY):
            seen = contacts.look().broker
        with health(DOWN):
            first, second = contacts.look().broker, contacts.look().broker
        with health(HEALTHY):
            back = contacts.look().broker
    assert seen.since is None
    assert first.last_contact == seen.last_contact
    assert first.since == second.since is not None
    assert back.since is None


def test_nobody_is_shown_a_link_they_may_not_follow() -> None:
    names = {link.item.name for group in frame.navigation(Viewer(frozenset({"view"}))) for link in group}
    assert "overview" in names
    assert "enqueue" not in names


def test_the_navigation_tells_the_tab_how_many_groups_are_open(viewer: Client, shop: Shop) -> None:
    assert 'data-failing="0"' in viewer.get("/menu").content.decode()
    shop.fail(shop.add())
    shop.files()
    html = viewer.get("/menu").content.decode()
    assert 'data-failing="1"' in html
    assert re.search(r'<link rel="icon" href="[^"]+/favicon.svg" [^>]*data-failing="[^"]+/favicon-failing.svg"', html)


def test_how_many_fail_is_not_said_where_nobody_knows(viewer: Client, store_down: None) -> None:
    assert 'data-failing="' not in viewer.get("/menu").content.decode().partition("<body")[2]


def test_a_theme_is_on_the_page_as_the_server_sends_it(viewer: Client, healthy: None) -> None:
    answer = viewer.post("/preferences", {"theme": "dark"}, headers={"Referer": "http://testserver/menu"})
    assert answer.headers["Location"] == "http://testserver/menu"
    assert '<html lang="en" data-theme="dark">' in viewer.get("/menu").content.decode()


def test_a_theme_that_does_not_exist_is_ignored(viewer: Client, healthy: None) -> None:
    viewer.post("/preferences", {"theme": 'x"><script>'})
    viewer.cookies["leveret_theme"] = 'x"><script>'
    assert '<html lang="en">' in viewer.get("/menu").content.decode()


def test_no_form_sends_anybody_to_another_site(viewer: Client) -> None:
    answer = viewer.post("/preferences", {"next": "https://evil.example/"}, headers={"Referer": "https://evil.example"})
    assert answer.headers["Location"] == "/"


def test_healthz_is_ready_when_both_servers_answer(anonymous: Client) -> None:
    with health(HEALTHY):
        answer = anonymous.get("/healthz")
    assert (answer.status_code, json.loads(answer.content)["ready"]) == (200, True)


@pytest.mark.parametrize("state", [DOWN, None])
def test_healthz_is_not_ready_otherwise_and_tells_nothing_else(anonymous: Client, state: Health | None) -> None:
    with health(state):
        answer = anonymous.get("/healthz")
    assert answer.status_code == 503
    assert set(json.loads(answer.content)) == {"ready", "broker", "store"}


def test_livez_says_that_the_process_answers_and_asks_no_server(anonymous: Client) -> None:
    with patch.object(engine, "health", side_effect=AssertionError("somebody asked")):
        answer = anonymous.get("/livez")
    assert (answer.status_code, answer.content) == (200, b"alive\n")


@pytest.mark.parametrize(("path", "status"), [("/nowhere", 404), ("/%00", 404)])
def test_errors_speak_the_consoles_language(viewer: Client, path: str, status: int) -> None:
    answer = viewer.get(path)
    assert answer.status_code == status
    assert "Go to the overview" in answer.content.decode()


def test_every_icon_of_every_template_is_in_the_sprite() -> None:
    base = Path(settings.BASE_DIR)
    sprite = set(re.findall(r'id="i-([\w-]+)"', (base / "static/console/icons.svg").read_text()))
    used = {
        name
        for path in (base / "templates").rglob("*.html")
        for name in re.findall(r'{% icon "([\w-]+)"', path.read_text())
    }
    used |= {item.icon for group in frame.GROUPS for item in group}
    assert used - sprite == set()


def test_a_projects_own_templates_take_the_place_of_ours_and_may_extend_them(viewer: Client, tmp_path: Path) -> None:
    own = tmp_path / "dashboard"
    own.mkdir()
    (own / "_mark.html").write_text('<b id="own-mark">shop</b>')
    (own / "base.html").write_text(
        '{% extends "dashboard/base.html" %}{% block action %}<a id="own-action"></a>{{ block.super }}{% endblock %}'
    )
    [engine] = settings.TEMPLATES
    with override_settings(TEMPLATES=[{**engine, "DIRS": [tmp_path, *engine["DIRS"]]}]):
        html = viewer.get("/queues").content.decode()
    assert 'id="own-mark"' in html and 'id="own-action"' in html
    assert 'id="main"' in html
