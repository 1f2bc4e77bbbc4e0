"""Payloads come from anywhere. Whatever they hold, the page shows it and nothing happens."""

from __future__ import annotations

import html
import json
import re
import time

import pytest
from django.template import Context, Template
from hypothesis import given
from hypothesis import strategies as st

from dashboard import jsonview


def shown(source: bytes | str, **options: bool) -> str:
    return str(jsonview.show(source, **options).html)  # type: ignore[arg-type]


def plain(source: bytes | str) -> str:
    return html.unescape(re.sub(r"</?span[^>]*>", "", shown(source, reveal=True)))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(st.text(), inner, max_size=6),
    max_leaves=30,
)


@given(json_values)
def test_what_is_shown_is_what_was_sent(value: object) -> None:
    text = json.dumps(value)
    assert json.loads(plain(text), strict=False) == json.loads(re.sub(r"\s+", " ", text), strict=False)


@given(st.text() | st.binary())
def test_nothing_that_is_shown_is_markup_or_breaks_the_page(source: bytes | str) -> None:
    out = shown(source)
    assert re.sub(r'<span class="\w+">|</span>', "", out).count("<") == 0
    out.encode()


@pytest.mark.parametrize(
    ("hostile", "harmless"),
    [
        ('{"a": "<script>alert(1)</script>"}', "&lt;script&gt;"),
        ('{"<img src=x onerror=alert(1)>": 1}', "&lt;img"),
        ('{"a": "abc\u202egpj.exe"}', "\\u202e"),
        ('{"a": "\u0000"}', "\\u0000"),
        ('{"a": "\x1b[2J\x1b]0;gone\x07"}', "\\u001b[2J"),
        ('{"a": "\\ud800"}', "\\ud800"),
        (b'{"a": "\xff\xfe"}', "\\xff"),
        ("\x1b]8;;https://evil.example\x07click", "\\u001b]8"),
    ],
)
def test_hostile_text_is_inert_and_can_be_seen(hostile: bytes | str, harmless: str) -> None:
    out = shown(hostile).replace("\\\\", "\\")
    assert harmless in out
    assert not re.search("[\x00-\x08\x0b-\x1f\u202a-\u202e\ud800-\udfff]", out)
    assert "<script" not in out and "<img" not in out


@pytest.mark.parametrize("bracket", ["[", '{"a":'])
def test_depth_costs_no_stack_and_no_size(bracket: str) -> None:
    out = jsonview.show(bracket * 100_000, limit=None)
    assert len(out.html) < 60 * len(bracket * 100_000)


def test_a_mebibyte_is_shown_in_reasonable_time() -> None:
    source = json.dumps([{"id": i, "name": "x" * 40, "tags": ["a", "b"]} for i in range(12_000)])
    begun = time.thread_time()
    jsonview.show(source, limit=None)
    assert len(source) > 900_000
    assert time.thread_time() - begun < 10


@pytest.mark.parametrize(
    "key",
    [
        "password",
        "Password",
        "api_key",
        "apiKey",
        "signing_secret",
        "accessToken",
        "Authorization",
        "card_number",
        "cvv",
    ],
)
def test_what_looks_secret_is_masked(key: str) -> None:
    out = jsonview.show(json.dumps({key: "hunter2-very-long", "to": "anna"}))
    assert "hunter2" not in out.html
    assert "masked · 17 characters" in out.html
    assert "anna" in out.html
    assert out.masked == 1


@pytest.mark.parametrize("key", ["passenger", "secretary_name", "compass", "author", "discard", "authors", "span"])
def test_words_that_only_resemble_a_secret_are_shown(key: str) -> None:
    assert "plain" in shown(json.dumps({key: "plain"}))


@pytest.mark.parametrize("value", [4096, True, None])
def test_what_cannot_be_a_secret_is_shown_under_any_name(value: object) -> None:
    assert json.dumps(value) in shown(json.dumps({"max_tokens": value}))


@pytest.mark.parametrize("key", ["cvv", "card_number", "pin"])
def test_numbers_that_are_secrets_are_masked(key: str) -> None:
    assert "4111" not in shown(json.dumps({key: 4111}))


@pytest.mark.parametrize(
    "text",
    [
        '{"to": "a", "password": "hunter2", oops}',
        '{oops, "password": "hunter2"}',
        "user=anna&password=hunter2&to=b",
        "Authorization: Bearer hunter2",
        "amqp://leveret:hunter2@rabbit/",
    ],
)
def test_a_secret_in_what_is_not_json_is_masked_too(text: str) -> None:
    assert "hunter2" not in shown(text)
    assert "hunter2" in shown(text, reveal=True)


def test_a_secret_container_is_masked_whole_and_what_follows_is_not() -> None:
    out = shown('{"credentials": {"user": "u", "list": [1, {"x": "}"}]}, "after": "seen"}')
    assert "masked · object" in out
    assert '"u"' not in html.unescape(out)
    assert "seen" in out


@pytest.mark.parametrize("value", ["Bearer abc.def", "eyJhbGciOi.eyJzdWIiOi.sig", "-----BEGIN PRIVATE KEY-----"])
def test_a_value_that_looks_secret_is_masked_under_any_key(value: str) -> None:
    assert value not in html.unescape(shown(json.dumps({"note": value})))
    assert value not in html.unescape(shown(json.dumps([value])))


def test_a_key_written_with_escapes_does_not_get_around_the_mask() -> None:
    assert "hunter2" not in shown('{"p\\u0061ssword": "hunter2"}')


def test_revealed_is_all_of_it() -> None:
    assert "hunter2" in shown('{"password": "hunter2"}', reveal=True)


def test_a_long_one_is_cut_and_says_so() -> None:
    source = json.dumps({"a": "x" * 200_000})
    template = Template('{% load console %}{% json_block source all_url="/whole" %}')
    page = template.render(Context({"source": source.encode()}))
    assert len(page) < 80_000
    assert "The first 64 KiB of 200 kB." in page
    assert 'href="/whole"' in page


def test_a_secret_is_not_shown_by_being_cut_in_the_middle() -> None:
    source = '{"pad": "' + "x" * (jsonview.CUT - 60) + '", "password": "hunter2' + "y" * 2000 + '"}'
    assert "hunter2" not in shown(source)


def test_short_containers_stay_on_one_line() -> None:
    assert plain('{"e": [{"id": 1, "host": "a"}], "f": [], "g": {}}') == (
        '{\n  "e": [\n    { "id": 1, "host": "a" }\n  ],\n  "f": [],\n  "g": {}\n}'
    )


def test_letters_are_letters() -> None:
    assert "Grüße 🐇" in plain(json.dumps({"a": "Grüße 🐇"}))
