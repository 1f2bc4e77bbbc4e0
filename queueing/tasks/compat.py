"""The seam: ``django.tasks`` where Django has it, else the backport ``django_tasks``, which has the same names."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final

from queueing.errors import ConfigurationError


def package() -> str:
    """The name of the package that this project's tasks come from."""
    for name in ("django.tasks", "django_tasks"):
        if find_spec(name) is not None:
            return name
    raise ConfigurationError("Django has tasks since 6.0. On an older one install the backport: leveret[tasks].")


NAME: Final = package()

tasks: Final[Any] = import_module(NAME)
base: Final[Any] = import_module(f"{NAME}.base")
backends: Final[Any] = import_module(f"{NAME}.backends.base")
signals: Final[Any] = import_module(f"{NAME}.signals")
exceptions: Final[Any] = import_module(f"{NAME}.exceptions")

normalize_json: Final[Any] = import_module(
    "django.utils.json" if NAME == "django.tasks" else f"{NAME}.utils"
).normalize_json
InvalidTask: Final[Any] = getattr(exceptions, "InvalidTask", None) or exceptions.InvalidTaskError
