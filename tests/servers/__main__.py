"""``python -m tests.servers`` prints what was found; with ``-- COMMAND …`` it runs that with it and stops it after."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import ExitStack
from types import FrameType
from typing import NoReturn

from tests.servers import find_chromium, find_rabbitmq, find_redis
from tests.servers.found import NotFound

FINDERS = (
    ("RabbitMQ", "LEVERET_TEST_AMQP_URL", find_rabbitmq.find),
    ("Redis", "LEVERET_TEST_REDIS_URL", find_redis.find),
    ("Chromium", "LEVERET_TEST_CHROMIUM", find_chromium.find),
)


def main(arguments: list[str]) -> int:
    command = arguments[arguments.index("--") + 1 :] if "--" in arguments else []
    # As Ctrl-C does: unwind, so that what we started is stopped.
    signal.signal(signal.SIGTERM, _interrupted)
    with ExitStack() as started:
        environment, missing = dict(os.environ), []
        for name, variable, find in FINDERS:
            try:
                found = find()
            except NotFound as exc:
                missing.append(str(exc))
                continue
            started.callback(found.stop)
            environment[variable] = found.where
            print(f"{name:<9} {found.where}  ({found.how})", flush=True)
        if missing:
            print("\n\n".join(missing), file=sys.stderr)
            return 1
        return subprocess.run(command, env=environment, check=False).returncode if command else 0


def _interrupted(number: int, _: FrameType | None) -> NoReturn:
    raise SystemExit(128 + number)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
