from __future__ import annotations

import logging
import signal
from argparse import ArgumentParser
from threading import Event
from typing import Any

import msgspec
from django.core.management.base import BaseCommand, CommandError
from django.db import Error as DatabaseError
from django.db import close_old_connections

from dashboard.alerts import watching
from dashboard.alerts.channels import NotTold, channels, fetch
from dashboard.alerts.options import AlertOptions, options
from queueing.errors import LeveretError
from queueing.worker import logs

logger = logging.getLogger("dashboard.alerts")


class Command(BaseCommand):
    help = (
        'Tell people what needs attention, as LEVERET["ALERTS"] says: by mail, by webhook, and by the signal '
        "dashboard.alerts.signals.alerted. Run it beside the console and the workers, so that it outlives both. "
        "Several of it tell once."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--every", type=float, default=15.0, metavar="S", help="seconds between two looks (15)")
        parser.add_argument("--once", action="store_true", help="look once, for cron; 1 if somebody could not be told")
        parser.add_argument("--test", action="store_true", help="send a trial message each way, and say how it went")
        parser.add_argument("--json-logs", action="store_true", help="one JSON object a line")

    def handle(self, *, every: float, once: bool, test: bool, json_logs: bool, **given: Any) -> None:
        if not 0 < every < float("inf"):
            raise CommandError(f"--every {every}: write seconds, more than 0.")
        try:
            wanted = options()
        except msgspec.ValidationError as error:
            raise CommandError(f'LEVERET["ALERTS"]: {error}') from error
        if not channels(wanted):
            raise CommandError(
                'Nobody would be told: LEVERET["ALERTS"] has neither MAIL nor WEBHOOK, and nothing listens to the '
                'signal. Write LEVERET = {…, "ALERTS": {"MAIL": ["oncall@example.com"]}}.'
            )
        if test:
            self._try(wanted)
        elif once:
            if not watching.look(wanted):
                raise CommandError("Somebody could not be told; it is tried again at the next look.", returncode=1)
        else:
            logs.configure(as_json=json_logs, level="INFO")
            self._watch(wanted, every)

    def _try(self, wanted: AlertOptions) -> None:
        failed = False
        ways = channels(wanted)
        for name, channel in ways.items():
            try:
                channel(watching.trial(), wanted)
            except NotTold as error:
                failed = True
                self.stderr.write(f"{name}: not sent. {error}")
            else:
                self.stdout.write(f"{name}: {'somebody listens' if name == 'signal' else 'sent'}")
        if failed:
            raise CommandError("Not every way works.", returncode=1)

    def _watch(self, wanted: AlertOptions, every: float) -> None:
        over = Event()
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: over.set())
        logger.info("Watching, every %g s. Told are: %s.", every, ", ".join(channels(wanted)))
        while not over.is_set():
            close_old_connections()
            try:
                watching.look(wanted)
                if wanted.heartbeat:
                    fetch(wanted.heartbeat)
            except (DatabaseError, LeveretError, NotTold) as error:
                # No look, no heartbeat: whoever waits for it calls somebody.
                logger.error("This look failed, the next is in %g s: %s", every, error)
            over.wait(every)
        logger.info("Stopped.")
