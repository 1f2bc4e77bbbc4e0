"""What the operators' commands share: one way to ask the engine, to print, and to fail."""

from __future__ import annotations

import getpass
import os
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Coroutine, Sequence
from datetime import datetime
from typing import Any, Final, TypeVar

import msgspec
from django.core.management.base import BaseCommand, CommandError

from queueing import conf, runtime
from queueing.errors import BrokerError, LeveretError, StoreError
from queueing.management.tables import Column, printable, table
from queueing.runtime import Cluster

T = TypeVar("T")

ENOUGH: Final = 128 + 13
"""The exit status of a program that SIGPIPE ended."""


class OperatorCommand(BaseCommand):
    requires_migrations_checks = False
    requires_system_checks: list[str] | tuple[str, ...] = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", dest="as_json", help="JSON, for scripts")

    def execute(self, *args: Any, **options: Any) -> str | None:
        try:
            said = super().execute(*args, **options)
            self.stdout.flush()
        except BrokenPipeError:
            # Whoever reads has seen enough, as head has. Python flushes once more at its end, and would complain.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(ENOUGH)
        return said

    def ask(self, question: Callable[[Cluster], Coroutine[Any, Any, T]]) -> T:
        """The engine's answer. Raises CommandError saying what to do next."""
        self._warn_of_embedded()
        return self._ask(question)

    def now(self) -> datetime:
        """By the store's clock, as the times in its answers are: this host's may be wrong."""
        return self._ask(_store_time)

    def _ask(self, question: Callable[[Cluster], Coroutine[Any, Any, T]]) -> T:
        try:
            return runtime.ask(question(runtime.cluster()))
        except StoreError as failure:
            raise CommandError(f"{failure} Check LEVERET_REDIS_URL and that Redis runs.", returncode=2) from failure
        except BrokerError as failure:
            raise CommandError(f"{failure} Check LEVERET_AMQP_URL and that RabbitMQ runs.", returncode=2) from failure
        except LeveretError as failure:
            raise CommandError(str(failure)) from failure

    def print_json(self, value: Any) -> None:
        self.stdout.write(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())

    def print_table(self, columns: Sequence[Column], rows: Sequence[Sequence[object]]) -> None:
        for line in table(columns, rows):
            self.stdout.write(line)

    def say(self, text: str) -> None:
        self.stdout.write(printable(text))

    def _warn_of_embedded(self) -> None:
        if conf.from_django().embedded:
            self.stderr.write(
                "The embedded engines (memory://) live in one process: this command sees only its own jobs, and they "
                "end with it. Set LEVERET_AMQP_URL and LEVERET_REDIS_URL."
            )


async def _store_time(cluster: Cluster) -> datetime:
    await cluster.store.tune_clock()
    return cluster.store.clock.now()


def by() -> str:
    """Who acts, as records name them: ``cli:mira``."""
    try:
        return f"cli:{getpass.getuser()}"
    except (KeyError, OSError):
        return "cli"
