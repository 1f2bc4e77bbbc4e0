"""A project that somebody has just started, with Leveret installed into it from its wheel."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.docs.blocks import ROOT, write_files


class Newcomer:
    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.folder, self.project = folder, folder / "shop"
        own = {name: value for name, value in os.environ.items() if not name.startswith(("LEVERET_", "DJANGO_"))}
        self.environment = {**own, **environment, "DJANGO_SETTINGS_MODULE": "shop.settings"}
        self.environment.pop("VIRTUAL_ENV", None)

    @property
    def python(self) -> str:
        return str(self.folder / "venv" / "bin" / "python")

    def install(self) -> None:
        """Build the wheel and install it, and nothing else, into an environment of its own."""
        uv = _uv()
        self._run(uv, "build", "--quiet", "--wheel", "--out-dir", str(self.folder / "dist"), str(ROOT), folder=ROOT)
        [wheel] = (self.folder / "dist").glob("leveret-*.whl")
        self._run(uv, "venv", "--quiet", "--python", sys.executable, str(self.folder / "venv"))
        self._run(uv, "pip", "install", "--quiet", "--python", self.python, str(wheel))

    def start_project(self) -> None:
        """``django-admin startproject``, and the files that the tutorial shows."""
        self._run(self.python, "-m", "django", "startproject", "shop", folder=self.folder)
        write_files(ROOT / "docs" / "tutorial.md", self.project)
        (self.project / "orders" / "__init__.py").touch()

    def manage(self, *arguments: str, **environment: str) -> str:
        return self._run(self.python, "manage.py", *arguments, folder=self.project, **environment)

    def check_the_console(self) -> str:
        """``manage.py check`` on the console as a project of its own, with only what it asks for installed."""
        settings = {"DJANGO_SETTINGS_MODULE": "dashboard.settings", "SECRET_KEY": "x" * 64, "LEVERET_DEMO": "1"}
        return self._run(self.python, "manage.py", "check", folder=ROOT, **settings)

    def _run(self, *command: str, folder: Path | None = None, **environment: str) -> str:
        own = {} if command[0] == self.python else {"DJANGO_SETTINGS_MODULE": ""}
        if "startproject" in command:
            own = {"DJANGO_SETTINGS_MODULE": ""}
        done = subprocess.run(
            command,
            cwd=folder or self.folder,
            env=self.environment | environment | own,
            capture_output=True,
            text=True,
            timeout=180,
        )
        assert done.returncode == 0, f"{command} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
        return done.stdout


def _uv() -> str:
    sys.path.insert(0, str(ROOT / ".ci"))
    try:
        from bootstrap import fetch_uv, find_uv
    finally:
        sys.path.remove(str(ROOT / ".ci"))
    return str(find_uv() or fetch_uv())
