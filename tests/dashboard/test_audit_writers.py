"""Processes that write to the audit log at the same time: the chain has no fork and no gap, on a file of SQLite, and on
the PostgreSQL of LEVERET_TEST_DATABASE_URL where that is set (an empty database)."""

from __future__ import annotations

import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SERVER = os.environ.get("LEVERET_TEST_DATABASE_URL", "")
URLS = ["sqlite:///{}/books.db", *([SERVER] if SERVER else [])]
WRITERS, ENTRIES = 4, 25
# Forked from one, for starting Django four times would take longer than all the rest.
CODE = f"""
import multiprocessing, sys
import django
django.setup()
from django.contrib.auth.models import Group, Permission, User
from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction
from dashboard import auditchain
from dashboard.audit import Actor, Subject, write
from dashboard.models import AuditEntry, AuditSubject, SavedView

def keep(name, gate):
    actor = Actor(user_id=None, who=name, address=None, agent="")
    for number in range({ENTRIES}):
        gate.wait(30)  # else the first would be through before the last has begun
        if number % 2:
            # As an operation books: together with a change of its own.
            with transaction.atomic():
                SavedView.objects.filter(name="none").update(query="")
                write(actor, "retry", f"job {{number}}", about=[Subject("queue", "media")])
        else:
            write(actor, "retry", f"job {{number}}")

with connection.schema_editor() as editor:
    for model in (ContentType, Permission, Group, User, AuditEntry, AuditSubject, SavedView):
        editor.create_model(model)
connection.close()
processes = multiprocessing.get_context("fork")
gate = processes.Barrier({WRITERS})
writers = [processes.Process(target=keep, args=(f"writer {{number}}", gate)) for number in range({WRITERS})]
for writer in writers:
    writer.start()
for writer in writers:
    writer.join()
chain = auditchain.check()
order = "".join(AuditEntry.objects.values_list("who", flat=True).order_by("id")).replace("writer ", "")
print([writer.exitcode for writer in writers], chain.entries, chain.breaks, AuditSubject.objects.count(), order)
"""


@pytest.mark.parametrize("url", URLS, ids=lambda url: url.partition(":")[0])
def test_writers_at_the_same_time_neither_fork_the_chain_nor_lose_an_entry(tmp_path: Path, url: str) -> None:
    environment = {
        "DATABASE_URL": url.format(tmp_path),
        "SECRET_KEY": "x",
        "DJANGO_SETTINGS_MODULE": "dashboard.settings",
    }
    done = subprocess.run(
        [sys.executable, "-c", CODE],
        env=os.environ | environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    entries, about = WRITERS * ENTRIES, WRITERS * (ENTRIES + ENTRIES // 2)
    said, _, order = done.stdout.strip().rpartition(" ")
    assert said == f"{[0] * WRITERS} {entries} () {about}", done.stderr
    turns = sum(one != other for one, other in pairwise(order))
    assert turns > WRITERS, f"they wrote one after the other: {order}"
