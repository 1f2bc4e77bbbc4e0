"""Make the virtual environment that the Makefile uses, on a machine with nothing but Python 3.11 or newer.

Only the standard library is at hand here, and perhaps neither pip nor venv. uv does the work: the one on the path, the
one that an earlier run put into .tools/, or one that is fetched now. Prints nothing when there is nothing to do.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import os
import platform
import shutil
import ssl
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ROOT / ".tools"

UV_VERSION = "0.13.9"
OLDEST_UV = (0, 8)
"""An older one on the path does not read this uv.lock."""

WHEELS = {
    "x86_64": (
        f"uv-{UV_VERSION}-py3-none-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
        "d7f459fe4fd247d830351c75686d3996ace3c6f3f728eb0e85a30b7ada0cef19",
    ),
    "aarch64": (
        f"uv-{UV_VERSION}-py3-none-manylinux_2_28_aarch64.whl",
        "ecb6028d79dc96fbeafffe5c8af62a7099487ebc05a701e76714eebcffd06375",
    ),
}
INDEX_VARIABLES = ("PIP_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX_URL")
DEFAULT_INDEX = "https://pypi.org/simple"
TIMEOUT = 60


class Stuck(Exception):
    """The set-up cannot go on; the message says what to do."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--venv", type=Path, default=Path(".venv"), help="where the environment is made")
    parser.add_argument("--dev", action="store_true", help="with what tests and checks need")
    options = parser.parse_args()
    try:
        prepare(ROOT / options.venv, dev=options.dev)
    except Stuck as exc:
        print(f"set-up: {exc}", file=sys.stderr)
        return 1
    return 0


def prepare(venv: Path, *, dev: bool) -> None:
    if sys.version_info < (3, 11):  # noqa: UP036 - this very line is for those who have an older one
        raise Stuck(
            f"{sys.executable} is Python {platform.python_version()}, and Leveret needs 3.11 or newer. "
            "Install one and name it: make demo PYTHON=python3.12"
        )
    wanted = fingerprint()
    stamps = [venv / ".leveret-dev"] + ([] if dev else [venv / ".leveret-run"])
    if any(stamp.exists() and stamp.read_text() == wanted for stamp in stamps):
        return
    sync(find_uv() or fetch_uv(), venv, dev=dev)
    stamps[-1].write_text(wanted)


def fingerprint() -> str:
    """Changes when the environment has to be made anew."""
    digest = hashlib.sha256(f"{sys.executable} {sys.version}".encode())
    for name in ("uv.lock", "pyproject.toml"):
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def sync(uv: Path, venv: Path, *, dev: bool) -> None:
    print(f"set-up: making {venv.name} …", file=sys.stderr, flush=True)
    # The Python at hand is the one that is used; a downloaded one would be a surprise.
    environment = {**os.environ, "UV_PROJECT_ENVIRONMENT": str(venv), "UV_PYTHON_DOWNLOADS": "never"}
    environment.pop("VIRTUAL_ENV", None)
    if system_has_certificates():
        # uv's own list knows nothing of a company's proxy. The second name is that of older ones.
        environment.setdefault("UV_SYSTEM_CERTS", "true")
        environment.setdefault("UV_NATIVE_TLS", "true")
    # --inexact keeps the tools for tests where they are already.
    groups = [] if dev else ["--no-dev", "--inexact"]
    command = [str(uv), "sync", "--quiet", "--frozen", "--python", sys.executable, *groups]
    if subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode != 0:
        raise Stuck(f"`{' '.join(command)}` failed; its own words are above.")


def system_has_certificates() -> bool:
    paths = ssl.get_default_verify_paths()
    return bool(paths.cafile or (paths.capath and os.listdir(paths.capath)))


def find_uv() -> Path | None:
    on_path = shutil.which("uv")
    for place in (TOOLS / "bin" / "uv", Path(on_path) if on_path else None):
        if place and place.exists() and version_of(place) >= OLDEST_UV:
            return place
    return None


def version_of(uv: Path) -> tuple[int, ...]:
    finished = subprocess.run([str(uv), "--version"], capture_output=True, text=True, check=False)
    words = finished.stdout.split()
    if finished.returncode != 0 or len(words) < 2:
        return (0,)
    return tuple(int(part) for part in words[1].split(".")[:2] if part.isdigit())


def fetch_uv() -> Path:
    target = TOOLS / "bin" / "uv"
    if not install_by_pip():
        target.parent.mkdir(parents=True, exist_ok=True)
        unpack(download_wheel(), target)
    if version_of(target) < OLDEST_UV:
        raise Stuck(f"{target} does not run here. Install uv by hand (https://docs.astral.sh/uv/) and try again.")
    return target


def install_by_pip() -> bool:
    """Debian's Python often comes without pip; then the wheel is fetched directly."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(TOOLS), f"uv=={UV_VERSION}"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def download_wheel() -> bytes:
    machine = platform.machine()
    if sys.platform != "linux" or machine not in WHEELS:
        raise Stuck(f"there is no pip, and no uv is known for {sys.platform} {machine}. Install uv or pip by hand.")
    name, digest = WHEELS[machine]
    content = read(file_url("uv", name))
    if hashlib.sha256(content).hexdigest() != digest:
        raise Stuck(f"{name} is not the file it should be: its SHA-256 is not {digest}. Nothing was installed.")
    return content


def file_url(project: str, name: str) -> str:
    """Ask the index (PEP 691) where a project's file is."""
    index = next((os.environ[variable] for variable in INDEX_VARIABLES if os.environ.get(variable)), DEFAULT_INDEX)
    page = f"{index.rstrip('/')}/{project}/"
    try:
        files = json.loads(read(page, accept="application/vnd.pypi.simple.v1+json"))["files"]
        found: str = next(file["url"] for file in files if file["filename"] == name)
    except (ValueError, KeyError, StopIteration) as exc:
        raise Stuck(f"{shown(page)} does not list {name}. Is it an index that has everything?") from exc
    return urllib.parse.urljoin(page, found)


def read(url: str, *, accept: str = "*/*") -> bytes:
    """Credentials in the index's URL go into a header, since urllib does not send them by itself."""
    parts = urllib.parse.urlsplit(url)
    if parts.scheme not in {"http", "https"}:
        raise Stuck(f"{shown(url)} is not an address on the web. Install uv or pip by hand.")
    handlers: list[urllib.request.BaseHandler] = []
    if parts.username:
        url = shown(url)
        passwords = urllib.request.HTTPPasswordMgrWithPriorAuth()
        user, password = (urllib.parse.unquote(part or "") for part in (parts.username, parts.password))
        passwords.add_password(None, url, user, password, is_authenticated=True)
        handlers.append(urllib.request.HTTPBasicAuthHandler(passwords))
    request = urllib.request.Request(url, headers={"Accept": accept})  # noqa: S310 - the scheme is checked above
    try:
        with urllib.request.build_opener(*handlers).open(request, timeout=TIMEOUT) as response:
            content: bytes = response.read()
            return content
    except (urllib.error.URLError, OSError) as exc:
        raise Stuck(f"{url} cannot be read ({exc}). Is the network there? Else install uv by hand.") from exc


def shown(url: str) -> str:
    """Without the credentials."""
    parts = urllib.parse.urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def unpack(wheel: bytes, target: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        target.write_bytes(archive.read(f"uv-{UV_VERSION}.data/scripts/uv"))
    target.chmod(0o755)


if __name__ == "__main__":
    sys.exit(main())
