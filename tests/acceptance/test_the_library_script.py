"""The script in the README runs as it is written there, without Django settings."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
from pathlib import Path

from tests.acceptance.project import ROOT
from tests.places import own_prefix


def script() -> str:
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), flags=re.DOTALL)
    [found] = [block for block in blocks if "asyncio.run(main())" in block]
    return str(found)


async def test_the_readme_script_sends_retries_and_refuses(tmp_path: Path, amqp_url: str, redis_url: str) -> None:
    path = tmp_path / "script.py"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DJANGO")}
    environment |= {"AMQP_URL": amqp_url, "REDIS_URL": redis_url, "PYTHONPATH": str(ROOT)}
    async with own_prefix(amqp_url, redis_url, "email_jobs") as prefix:
        path.write_text(script().replace('"email_jobs",', f'"email_jobs", prefix="{prefix}",'))
        done = await asyncio.to_thread(
            subprocess.run, [sys.executable, path], env=environment, cwd=tmp_path, capture_output=True,
            text=True, timeout=60,
        )  # fmt: skip
    assert done.stdout.splitlines() == [
        "succeeded 2 b'\"sent to mira@example.org\"' None",
        "failed 1 None nobody is not an address",
    ], done.stderr
