"""Text with the values of what looks secret replaced."""

from __future__ import annotations

import pytest

from queueing.domain.secrets import hush


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("password=hunter2", "password=masked"),
        ("login failed: password=hunter2", "login failed: password=masked"),
        ("why: what: api_key: k-1, user=mira", "why: what: api_key: masked, user=mira"),
        ("password=abc:def next=1", "password=masked next=1"),
        ("header: Bearer abc", "header: masked"),
        ('{"token": "x", "to": "mira"}', '{"token": masked, "to": "mira"}'),
        ("got 421 at 10:30: too busy", "got 421 at 10:30: too busy"),
        ("", ""),
    ],
)
def test_the_value_of_a_pair_that_looks_secret_is_masked(text: str, shown: str) -> None:
    assert hush(text) == shown


def test_a_long_chain_of_pairs_is_read_in_one_go() -> None:
    text = "aa=" * 50_000
    assert hush(text + "token=x") == text + "token=masked"
