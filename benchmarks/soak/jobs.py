"""What the workers of the soak run."""

from __future__ import annotations

from queueing import job


@job("noop", queue="soak")
async def noop(to: str, subject: str, body: str) -> None: ...
