"""The set-up takes uv from the index that the machine uses, and nothing that is not the file it should be."""

from __future__ import annotations

import hashlib
import io
import json
import sys
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / ".ci"))

import bootstrap
import pythons

NAME = "uv-1.0-wheel.whl"
UV = b"#!/bin/sh\necho uv 1.0\n"


def wheel() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(f"uv-{bootstrap.UV_VERSION}.data/scripts/uv", UV)
    return buffer.getvalue()


class Index(BaseHTTPRequestHandler):
    """As PEP 691 has it, for one who knows the password."""

    content = wheel()

    def do_GET(self):
        if self.headers.get("Authorization") != "Basic YWRhOnAvdw==":  # ada:p/w
            self.send_error(401)
            return
        listing = {"files": [{"filename": NAME, "url": f"../../files/{NAME}"}]}
        pages = {"/simple/uv/": json.dumps(listing).encode(), f"/files/{NAME}": self.content}
        self.send_response(200 if self.path in pages else 404)
        self.end_headers()
        self.wfile.write(pages.get(self.path, b""))

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def index(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Index) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        url = f"http://ada:p%2Fw@127.0.0.1:{server.server_port}/simple/"
        monkeypatch.setenv("PIP_INDEX_URL", url)
        yield url
        server.shutdown()
        thread.join()


def pin(monkeypatch: pytest.MonkeyPatch, digest: str) -> None:
    monkeypatch.setattr(bootstrap.sys, "platform", "linux")
    monkeypatch.setattr(bootstrap.platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(bootstrap, "WHEELS", {"x86_64": (NAME, digest)})


def test_uv_comes_from_the_index_of_the_environment(index: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    pin(monkeypatch, hashlib.sha256(Index.content).hexdigest())
    monkeypatch.setattr(bootstrap, "TOOLS", tmp_path)
    monkeypatch.setattr(bootstrap, "install_by_pip", lambda: False)
    uv = bootstrap.fetch_uv()
    assert uv.read_bytes() == UV
    assert bootstrap.version_of(uv) == (1, 0)


@pytest.mark.usefixtures("index")
def test_another_file_under_that_name_is_refused(monkeypatch: pytest.MonkeyPatch):
    pin(monkeypatch, "0" * 64)
    with pytest.raises(bootstrap.Stuck, match="not the file it should be"):
        bootstrap.download_wheel()


def test_an_index_that_lacks_it_is_named_without_its_password(index: str, monkeypatch: pytest.MonkeyPatch):
    with pytest.raises(bootstrap.Stuck) as caught:
        bootstrap.file_url("uv", "uv-0.0-other.whl")
    assert "/simple/uv/ does not list uv-0.0-other.whl" in str(caught.value)
    assert "p%2Fw" not in str(caught.value)


def test_an_index_that_is_not_there_says_what_to_do(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:1/simple")
    with pytest.raises(bootstrap.Stuck, match="install uv by hand"):
        bootstrap.file_url("uv", NAME)


def test_an_old_python_is_told_which_one_to_name(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(bootstrap.sys, "version_info", (3, 10, 12))
    with pytest.raises(bootstrap.Stuck, match=r"needs 3\.11 or newer"):
        bootstrap.prepare(Path("nowhere"), dev=False)


def test_a_stand_in_on_the_path_is_passed_over(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Such as pyenv's, which only says what one could install."""
    stand_in, real = tmp_path / "bin" / "python3.13", tmp_path / ".pyenv" / "versions" / "3.13.5" / "bin" / "python3"
    for program, text in ((stand_in, "echo not installed >&2; exit 127"), (real, "echo 3.13")):
        program.parent.mkdir(parents=True)
        program.write_text(f"#!/bin/sh\n{text}\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", str(stand_in.parent))
    monkeypatch.setenv("HOME", str(tmp_path))
    assert pythons.exactly((3, 13)) in (str(real), sys.executable)
    assert pythons.newest((3, 13)) in (str(real), sys.executable)
