"""An outage is told in our words, not by the driver's log on somebody's terminal."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

DIAL_IN_VAIN = """
import asyncio
from queueing.adapters.rabbitmq import RabbitBroker
from queueing.errors import BrokerUnavailable

async def main():
    broker = RabbitBroker("amqp://127.0.0.1:1/")
    for _ in range(2):
        try:
            await broker.connect()
        except BrokerUnavailable:
            print("told")
    await broker.close()

asyncio.run(main())
"""
OF_A_WORKER = "from queueing.worker import logs; logs.configure(as_json=False)"
OF_THE_CONSOLE = "import django; django.setup()"
OF_NOBODY = "import logging; logging.basicConfig()"


def told_and_logged(setup: str) -> tuple[str, str]:
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "tests.settings"}
    ended = subprocess.run(
        [sys.executable, "-c", f"{setup}\n{DIAL_IN_VAIN}"],
        env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return ended.stdout, ended.stderr


@pytest.mark.parametrize("setup", [OF_A_WORKER, OF_THE_CONSOLE, OF_NOBODY])
def test_dialing_in_vain_writes_nothing_of_the_driver(setup: str):
    assert told_and_logged(setup) == ("told\ntold\n", "")


def test_whoever_asks_for_the_drivers_log_gets_it():
    assert "aiormq" in told_and_logged(OF_NOBODY + "; logging.getLogger('aiormq.connection').setLevel('ERROR')")[1]
