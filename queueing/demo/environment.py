"""What ``manage.py demo`` needs in the environment before the settings are read."""

from __future__ import annotations

import os
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
EMBEDDED: Final = "memory://"


def prepare(arguments: Sequence[str]) -> None:
    """Defaults for a first look on this machine; what is set already wins, but for the engines of the embedded demo."""
    own = ROOT / ".var"
    own.mkdir(exist_ok=True)
    os.environ["LEVERET_DEMO"] = "1"
    if "--servers" in arguments:
        os.environ.setdefault("LEVERET_AMQP_URL", "amqp://guest:guest@localhost:5672/")
        os.environ.setdefault("LEVERET_REDIS_URL", "redis://localhost:6379/0")
    else:
        os.environ["LEVERET_AMQP_URL"] = os.environ["LEVERET_REDIS_URL"] = EMBEDDED
    os.environ.setdefault("LEVERET_ENVIRONMENT", "demo")
    os.environ.setdefault("STATIC_FROM_SOURCE", "1")
    os.environ.setdefault("DATABASE_URL", f"sqlite:///{own / 'demo.sqlite3'}")
    os.environ.setdefault("SECRET_KEY", _secret_key(own / "secret-key"))


def _secret_key(kept: Path) -> str:
    """Made once and kept beside the demo's database, so that a restart logs nobody out."""
    try:
        with os.fdopen(os.open(kept, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(50))
    except FileExistsError:
        pass  # made by an earlier start
    return kept.read_text().strip()
