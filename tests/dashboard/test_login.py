from __future__ import annotations

import pytest
from django.test import Client

from tests.dashboard.conftest import member


@pytest.fixture(autouse=True)
def mira(db: None) -> None:
    member("mira", "Operator")


def attempt(client: Client, password: str, **more: str):  # type: ignore[no-untyped-def]
    return client.post("/login", {"username": "mira", "password": password, **more})


def test_somebody_returns_to_where_they_wanted_to_go(anonymous: Client) -> None:
    assert "You return to" in anonymous.get("/login?next=/menu").content.decode()
    answer = attempt(anonymous, "correct horse", next="/menu")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/menu")


def test_nobody_is_sent_to_another_site(anonymous: Client) -> None:
    assert "evil.example" not in anonymous.get("/login?next=https://evil.example/").content.decode()
    assert attempt(anonymous, "correct horse", next="https://evil.example/").headers["Location"] == "/"


def test_a_wrong_password_says_how_many_tries_are_left(anonymous: Client) -> None:
    answer = attempt(anonymous, "wrong")
    assert answer.status_code == 401
    assert "do not match. 4 tries left." in " ".join(answer.content.decode().split())


def test_after_five_wrong_tries_the_right_password_does_not_help_either(anonymous: Client) -> None:
    for _ in range(5):
        attempt(anonymous, "wrong")
    answer = attempt(anonymous, "correct horse")
    assert answer.status_code == 429
    assert "Too many wrong tries. Log in again in 15 min." in answer.content.decode()
    assert "_auth_user_id" not in anonymous.session


def test_a_success_gives_back_all_tries(anonymous: Client) -> None:
    for _ in range(4):
        attempt(anonymous, "wrong")
    attempt(anonymous, "correct horse")
    anonymous.post("/logout")
    assert "4 tries left" in attempt(anonymous, "wrong").content.decode()


def test_logging_out_takes_a_form(operator: Client) -> None:
    assert operator.get("/logout").status_code == 405
    assert operator.post("/logout").headers["Location"] == "/login"
    assert operator.get("/menu").status_code == 302
