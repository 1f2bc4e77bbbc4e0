"""A RabbitMQ of our own, that a test may stop, kill and start again."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.servers.find_rabbitmq import handshake
from tests.servers.found import Unavailable
from tests.servers.process import ServerProcess, free_port

START_TIMEOUT = 90.0
"""Seconds. An idle machine needs five; a busy one with two cores has needed thirty."""


class PrivateRabbitMQ:
    """One node with its own data, ports, name registry (epmd) and cookie, so that it can meet no other node.

    Data survive ``stop``, ``kill`` and ``restart``; ``close`` removes them.
    """

    def __init__(self) -> None:
        self._scripts = _scripts()
        self._home = Path(tempfile.mkdtemp(prefix="leveret-rabbitmq-"))
        self._port = free_port()
        self._epmd_port = free_port()
        self._environment = self._make_environment(dist_port=free_port())
        self._epmd: ServerProcess | None = None
        self._server: ServerProcess | None = None

    @property
    def url(self) -> str:
        return f"amqp://guest:guest@127.0.0.1:{self._port}/"

    @property
    def pid(self) -> int | None:
        return self._server.pid if self._server and self._server.running else None

    @property
    def log(self) -> Path:
        return self._home / "server.log"

    def start(self) -> None:
        """Returns when it lets us log in."""
        if self.pid:
            return
        if not (self._epmd and self._epmd.running):
            self._epmd = ServerProcess(
                [_epmd(), "-port", str(self._epmd_port), "-address", "127.0.0.1"],
                log=self._home / "epmd.log",
                environment=self._environment,
            )
        self._server = ServerProcess(
            [str(self._scripts / "rabbitmq-server")], log=self.log, environment=self._environment
        )
        try:
            self._server.wait_until(lambda: handshake(self.url), timeout=START_TIMEOUT)
        except Unavailable:
            self.kill()
            raise

    def stop(self) -> None:
        """In order, as an operator would."""
        if self._server:
            self._server.stop()

    def kill(self) -> None:
        """As a crash would."""
        if self._server:
            self._server.kill()

    def restart(self) -> None:
        self.stop()
        self.start()

    def forget(self) -> None:
        """Its disk is gone. Only while it is down."""
        shutil.rmtree(self._home / "data")

    def ctl(self, *arguments: str, timeout: float = 60.0) -> str:
        """What ``rabbitmqctl`` printed; for alarms, closing connections, cluster-wide settings."""
        finished = subprocess.run(
            [str(self._scripts / "rabbitmqctl"), "--node", self._environment["RABBITMQ_NODENAME"], *arguments],
            env={**os.environ, **self._environment},
            capture_output=True,
            text=True,
            timeout=timeout,
            check=True,
        )
        return finished.stdout

    def close(self) -> None:
        """Stop it and remove its data."""
        self.stop()
        if self._epmd:
            self._epmd.kill()
        shutil.rmtree(self._home, ignore_errors=True)

    def __enter__(self) -> PrivateRabbitMQ:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _make_environment(self, *, dist_port: int) -> dict[str, str]:
        home = self._home
        (home / "enabled_plugins").write_text("[].\n")
        (home / "rabbitmq.conf").write_text(
            f"listeners.tcp.1 = 127.0.0.1:{self._port}\n"
            # The disk of a laptop or a CI runner is often fuller than RabbitMQ's default allows.
            "disk_free_limit.absolute = 50MB\n"
            "log.console = true\nlog.console.level = warning\nlog.file = false\n"
        )
        (home / "rabbitmq-env.conf").touch()
        return {
            "HOME": str(home),
            "ERL_EPMD_PORT": str(self._epmd_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            # With input allowed the script becomes the Erlang machine instead of its parent, so that
            # the pid we hold is the server's. -noinput then keeps it from reading anything.
            "RABBITMQ_ALLOW_INPUT": "1",
            "RABBITMQ_SERVER_START_ARGS": "-noinput",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
            "RABBITMQ_NODENAME": f"leveret-{self._port}@localhost",
            "RABBITMQ_DIST_PORT": str(dist_port),
            "RABBITMQ_CONF_ENV_FILE": str(home / "rabbitmq-env.conf"),
            "RABBITMQ_CONFIG_FILE": str(home / "rabbitmq.conf"),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(home / "advanced.config"),
            "RABBITMQ_GENERATED_CONFIG_DIR": str(home / "generated"),
            "RABBITMQ_SCHEMA_DIR": str(home / "schema"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(home / "enabled_plugins"),
            "RABBITMQ_MNESIA_BASE": str(home / "data"),
            "RABBITMQ_LOG_BASE": str(home / "logs"),
            "RABBITMQ_PID_FILE": str(home / "pid"),
        }


def _scripts() -> Path:
    """Debian puts a wrapper first on the path that insists on the rabbitmq account; the real scripts do not."""
    debian = Path("/usr/lib/rabbitmq/bin")
    if (debian / "rabbitmq-server").exists():
        return debian
    on_path = shutil.which("rabbitmq-server", path=f"{os.environ.get('PATH', '')}:/usr/local/sbin:/usr/sbin")
    if not on_path:
        raise Unavailable("rabbitmq-server is not installed")
    return Path(on_path).parent


def _epmd() -> str:
    """Erlang's name registry; some packages keep it off the path, inside Erlang's own folder."""
    on_path = shutil.which("epmd")
    if on_path:
        return on_path
    for inside in sorted(Path("/usr/lib/erlang").glob("erts-*/bin/epmd")):
        return str(inside)
    raise Unavailable("rabbitmq-server is installed, but Erlang's epmd is not on the path")
