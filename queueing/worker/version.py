from importlib.metadata import PackageNotFoundError, version
from typing import Final


def _installed() -> str:
    try:
        return version("leveret")
    except PackageNotFoundError:
        return "source"


VERSION: Final = _installed()
