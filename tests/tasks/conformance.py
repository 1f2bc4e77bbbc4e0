"""Django's own tests of task backends, run against ours: ``make django-conformance``.

They come from the source distribution of the very Django that is installed (6.0 or newer), with our backends in the
place of Django's two: one that only records, as its dummy does, and one that runs each task within the call, as its
immediate one does. What is left out is in ``LEFT_OUT``, each with its reason.
"""

from __future__ import annotations

import io
import sys
import tarfile
import tempfile
import unittest
from pathlib import Path

import django
from bootstrap import file_url, read
from django.test.runner import DiscoverRunner

from queueing import runtime
from queueing.conf import ClusterConfig

FILES = ("__init__.py", "tasks.py", "test_tasks.py", "test_dummy_backend.py", "test_immediate_backend.py")
"""``test_custom_backend.py`` brings its own backends and tests Django's base class alone."""

ADAPTED = {
    "django.tasks.backends.dummy.DummyBackend": "tests.tasks.backends.Recording",
    "django.tasks.backends.immediate.ImmediateBackend": "tests.tasks.backends.Eager",
    "from django.tasks.backends.dummy import DummyBackend": (
        "from tests.tasks.backends import Recording as DummyBackend"
    ),
    "from django.tasks.backends.immediate import ImmediateBackend": (
        "from tests.tasks.backends import Eager as ImmediateBackend"
    ),
}

LEFT_OUT = {
    "ImmediateBackendTestCase.test_cannot_get_result": "the immediate backend keeps no results; ours does",
    "ImmediateBackendTestCase.test_cannot_refresh_result": "the same",
    "ImmediateBackendTestCase.test_cannot_pass_run_after": "the immediate backend cannot defer; ours can",
    "ImmediateBackendTestCase.test_throws_keyboard_interrupt": "a task must not end its worker; it fails",
    "DummyBackendTestCase.test_refresh_result": "writes into the dummy backend's own list of results",
    "DummyBackendTestCase.test_refresh_result_async": "the same",
}


def main() -> int:
    if django.VERSION < (6, 0):
        print("Django has tasks since 6.0: make django-conformance PYTHON=python3.13", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        unpack(Path(folder))
        sys.path.insert(0, folder)
        django.setup()
        runner = Runner(verbosity=1, interactive=False)
        with runtime.replaced(ClusterConfig(prefix="conformance")):
            failures = runner.run_tests(["tasks"])
    run = runner.count
    print(
        f"Django {django.get_version()}: {run - failures} passed, {failures} failed, {len(runner.left_out)} left out:"
    )
    for name in runner.left_out:
        print(f"  {name}: {LEFT_OUT[name]}")
    unused = LEFT_OUT.keys() - set(runner.left_out)
    if unused:
        print(f"No such test any more: {', '.join(sorted(unused))}", file=sys.stderr)
    return 1 if failures or unused or not run else 0


def unpack(folder: Path) -> None:
    """Django's tests of tasks, with our backends in them."""
    version = django.get_version()
    archive = read(file_url("django", f"django-{version}.tar.gz"))
    with tarfile.open(fileobj=io.BytesIO(archive)) as source:
        (folder / "tasks").mkdir()
        for name in FILES:
            member = source.extractfile(f"django-{version}/tests/tasks/{name}")
            assert member is not None, f"django-{version} has no tests/tasks/{name}"
            text = member.read().decode()
            for theirs, ours in ADAPTED.items():
                text = text.replace(theirs, ours)
            (folder / "tasks" / name).write_text(text)


class Runner(DiscoverRunner):
    left_out: list[str]
    count = 0

    def build_suite(self, *args: object, **kwargs: object) -> unittest.TestSuite:
        suite = super().build_suite(*args, **kwargs)
        tests = list(suite)
        self.left_out = sorted({_name(test) for test in tests} & LEFT_OUT.keys())
        wanted = [test for test in tests if _name(test) not in LEFT_OUT]
        self.count = len(wanted)
        return unittest.TestSuite(wanted)


def _name(test: unittest.TestCase) -> str:
    return ".".join(test.id().rsplit(".", 2)[-2:])


if __name__ == "__main__":
    sys.exit(main())
