"""The search for what must not be committed finds it. Examples are put together here, lest it find this file."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / ".ci"))

import tidy

ALL = tidy.SHAPES | tidy.SHAPES_OUTSIDE_TESTS


@pytest.mark.parametrize(
    "line",
    [
        "see /" + "home/ada/leveret/log",
        "PATH=/" + "root/bin",
        "-----BEGIN RSA " + "PRIVATE KEY-----",
        "key = 'AKIA" + "A" * 16 + "'",
        "SECRET_KEY" + " = 'k3pt-fr0m-pry1ng-3y3s'",
        "amqp://leveret:" + "hunter2@rabbitmq:5672/",
    ],
)
def test_a_path_or_a_secret_is_found(line: str):
    assert any(shape.search(line) for shape in ALL.values())


@pytest.mark.parametrize(
    "line",
    [
        "amqp://guest:guest@127.0.0.1:5672/",
        "redis://:${REDIS_PASSWORD:?set it}@redis:6379/0",
        'SECRET_KEY = env.str("SECRET_KEY")',
        "SECRET_KEY=",
        "a job's work/life balance",
    ],
)
def test_what_only_resembles_one_is_left_alone(line: str):
    assert not any(shape.search(line) for shape in ALL.values())


def test_this_repository_has_none():
    assert tidy.complaints() == []
