import os
from importlib.metadata import PackageNotFoundError, version
from typing import Final


def _installed() -> str:
    try:
        return version("leveret")
    except PackageNotFoundError:
        return "source"


VERSION: Final = _installed()

RELEASE: Final = os.environ.get("LEVERET_RELEASE", "").strip()[:40] or VERSION
"""What the project calls this state of its code. A new one among the workers is a deploy."""
