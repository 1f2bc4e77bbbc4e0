"""A process can be given a wrong clock."""

from __future__ import annotations

import os
import subprocess
import sys
import time

from tests.servers.faketime import off_by

CLOCKS = "import time; print(time.time(), time.monotonic())"


def test_only_the_time_of_day_is_off() -> None:
    environment = os.environ | off_by(-3600)
    before = time.time(), time.monotonic()
    told = subprocess.run([sys.executable, "-c", CLOCKS], env=environment, capture_output=True, text=True, check=True)
    day, monotonic = map(float, told.stdout.split())
    assert before[0] - 3600 <= day < time.time() - 3590
    assert before[1] <= monotonic <= time.monotonic()
