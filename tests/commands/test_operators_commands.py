from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest.mock import patch

import pytest
from django.core.management.base import CommandError

from queueing import sync
from queueing.adapters.redis.clock import StoreClock
from queueing.domain.job import ErrorInfo
from queueing.domain.options import JobOptions
from queueing.domain.reading import JobFilter
from queueing.domain.schedules import Schedule
from queueing.domain.states import JobState
from queueing.domain.timing import Cron
from queueing.errors import BrokerUnavailable
from queueing.management.payloads import payload
from queueing.management.tables import Column, table
from tests.commands.conftest import Run
from tests.dashboard.shop import Shop

ROOT = Path(__file__).resolve().parents[2]
EVIL = "\x1b[2J\u202eevil\r\n"


def send(to: str, copies: int = 1) -> None:
    """A job type for these tests."""


@pytest.fixture
def known(shop: Shop) -> Shop:
    shop.cluster.registry.register("send", send, queue="mail", options=JobOptions(max_attempts=5))
    return shop


def jobs(shop: Shop) -> list[str]:
    ids, _ = sync.run(shop.cluster.store.ids(JobFilter(), after=None, limit=1_000))
    return ids


def columns(line: str) -> list[str]:
    return line.split()


def test_a_state_that_there_is_not_is_refused_with_the_names_of_those_there_are(shop: Shop, run: Run) -> None:
    with pytest.raises(CommandError, match=r"choose from '?scheduled'?, '?queued'?, '?running"):
        run("jobs", "list", "--state", "lost")


# queues


def test_queues_are_a_table_for_people(shop: Shop, run: Run) -> None:
    shop.many(3)
    shop.fail(shop.add())
    head, row = run("queues").out.splitlines()
    assert columns(head)[:2] == ["QUEUE", "WAITING"]
    assert columns(row)[:2] == ["email_jobs", "3"]
    assert columns(row)[-3:] == ["1", "0", "1"], "failed, dead letters, workers"


def test_queues_are_json_for_scripts(shop: Shop, run: Run) -> None:
    shop.many(3)
    [queue] = json.loads(run("queues", "--json").out)
    assert (queue["name"], queue["counts"]["queued"], queue["depth"]["ready"]) == ("email_jobs", 3, 3)


def test_a_paused_queue_and_a_silent_broker_are_said(shop: Shop, run: Run) -> None:
    shop.add()
    sync.run(shop.cluster.operations.pause("email_jobs", by="console:mira"))
    with patch.object(shop.cluster.broker, "depth", side_effect=BrokerUnavailable("away")):
        out = run("queues").out
    assert "paused by console:mira" in out
    assert "unknown" in out


def test_no_queue_is_said_in_words(shop: Shop, run: Run) -> None:
    assert run("queues").out.startswith("No queue yet.")


# schedules


def test_schedules_are_a_table_with_what_comes_next_and_how_the_last_went(shop: Shop, run: Run) -> None:
    operations, timing = shop.cluster.operations, Cron("30 2 * * *", "Europe/Berlin")
    for name in ("nightly", "resting"):
        schedule = Schedule(name=name, type="send", queue="mail", timing=timing)
        sync.run(operations.declare_schedule(schedule))
    sync.run(operations.run_schedule("nightly", by="tests"))
    sync.run(operations.pause_schedule("resting", by="console:mira"))
    head, nightly, resting = run("schedules").out.splitlines()
    assert columns(head)[:4] == ["SCHEDULE", "JOB", "QUEUE", "WHEN"]
    assert "30 2 * * * Europe/Berlin" in nightly
    assert columns(nightly)[-1] == "queued"
    assert "paused by console:mira" in resting
    [first, _] = json.loads(run("schedules", "--json").out)
    assert (first["schedule"]["name"], first["firings"][0]["kind"]) == ("nightly", "manual")


def test_no_schedule_is_said_in_words(shop: Shop, run: Run) -> None:
    assert run("schedules").out.startswith("No schedule yet.")


# jobs


def test_jobs_are_listed_newest_first_and_narrowed(shop: Shop, run: Run) -> None:
    failed, queued = shop.fail(shop.add()), shop.add(queue="billing", type_="charge")
    assert [columns(line)[0] for line in run("jobs", "list").out.splitlines()[1:]] == [queued, failed]
    [line] = run("jobs", "list", "--state", "failed").out.splitlines()[1:]
    assert columns(line)[:4] == [failed, "failed", "email_jobs", "send_email"]
    assert "shop.Busy: 421 too busy" in line
    assert failed not in run("jobs", "list", "--queue", "billing").out
    assert failed not in run("jobs", "list", "--type", "charge").out


def test_ages_go_by_the_clock_of_the_store(shop: Shop, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """This host's may be hours wrong, and the times of jobs are the store's."""
    shop.add()
    later = datetime.now(UTC) + timedelta(hours=3, minutes=1)
    monkeypatch.setattr(StoreClock, "now", lambda clock: later)
    assert " 3 h" in run("jobs", "list").out


def test_a_list_that_is_cut_says_so(shop: Shop, run: Run) -> None:
    shop.many(3)
    assert "There are more." in run("jobs", "list", "--limit", "2").out
    assert len(json.loads(run("jobs", "list", "--limit", "2", "--json").out)) == 2


def test_a_list_of_nothing_says_so(shop: Shop, run: Run) -> None:
    assert run("jobs", "list").out == "No such job.\n"
    assert json.loads(run("jobs", "list", "--json").out) == []


def test_a_job_is_shown_with_all_that_is_known(shop: Shop, run: Run) -> None:
    job = shop.fail(shop.add(payload={"to": "mira"}))
    out = run("jobs", "show", job).out
    for text in (job, "failed: has no attempts left", '{"to":"mira"}', "attempt 1", "shop.Busy: 421 too busy"):
        assert text in out, text
    data = json.loads(run("jobs", "show", job, "--json").out)
    assert data["spec"]["payload"] == {"to": "mira"}
    assert data["error"]["kind"] == "shop.Busy"


def test_an_unknown_job_is_an_error_that_says_what_it_may_be(shop: Shop, run: Run) -> None:
    with pytest.raises(CommandError, match="the id is wrong, or its retention has ended"):
        run("jobs", "show", "nothing")


@pytest.mark.parametrize("limit", ["0", "-1", "10001"])
def test_a_limit_out_of_range_is_refused(shop: Shop, run: Run, limit: str) -> None:
    with pytest.raises(CommandError, match="--limit takes"):
        run("jobs", "list", "--limit", limit)


def test_control_characters_are_printed_and_not_obeyed(shop: Shop, run: Run) -> None:
    job = shop.fail(shop.add(payload={"a": EVIL}), error=ErrorInfo(kind="K", message=EVIL))
    for out in (run("jobs", "list").out, run("jobs", "show", job).out):
        assert all(character.isprintable() or character == "\n" for character in out)
        assert "\\x1b[2J\\u202eevil" in out


# enqueue


def test_a_job_is_enqueued_from_pairs_and_its_id_is_all_that_is_printed(known: Shop, run: Run) -> None:
    job = run("enqueue", "send", "to=mira", "copies=2").out.strip()
    record = known.job(job)
    assert json.loads(record.payload) == {"to": "mira", "copies": 2}
    assert (record.queue, record.max_attempts) == ("mail", 5)
    assert record.spec.created_by.startswith("cli:")


def test_a_job_is_enqueued_from_json_with_options(known: Shop, run: Run) -> None:
    out = run(
        "enqueue", "send", '{"to": "mira"}', "--queue", "other", "--delay", "60", "--max-attempts", "3", "--json"
    ).out
    [job] = json.loads(out)
    record = known.job(job)
    assert (record.queue, record.max_attempts, record.state) == ("other", 3, JobState.SCHEDULED)


def test_many_are_enqueued_at_once(known: Shop, run: Run) -> None:
    assert run("enqueue", "send", "to=mira", "--count", "20").out.startswith("Enqueued 20 jobs")
    assert len(jobs(known)) == 20


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["send", "to"], "neither JSON nor key=value"),
        (["send", "{"], "is not JSON"),
        (["send", "copies=2"], "missing required field `to`"),
        (["send", "to=mira", "--count", "0"], "--count takes"),
        (["send", "to=mira", "--max-attempts", "0"], "max_attempts must be"),
        (["send", "to=mira", "--queue", "no way"], "cannot be a queue"),
        (["unheard_of"], "No job type 'unheard_of' is registered here \\(known: send\\)"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_enqueued(known: Shop, run: Run, words: list[str], said: str) -> None:
    with pytest.raises(CommandError, match=said):
        run("enqueue", *words)
    assert jobs(known) == []


def test_a_type_of_another_project_needs_to_be_meant(known: Shop, run: Run) -> None:
    job = run("enqueue", "theirs", "a=1", "--any-type").out.strip()
    assert (known.job(job).type, known.job(job).queue) == ("theirs", "default")


@pytest.mark.parametrize(
    ("words", "value"),
    [
        ([], {}),
        (["[1, 2]"], [1, 2]),
        (['"text"'], "text"),
        (
            ["a=1", "b=x", "c=", "d=a=b", "e=true", "f=[1]"],
            {"a": 1, "b": "x", "c": "", "d": "a=b", "e": True, "f": [1]},
        ),
        (['zip="01"', "n:=null"], {"zip": "01", "n": None}),
    ],
)
def test_words_become_a_payload(words: list[str], value: object) -> None:
    assert payload(words) == value


# replay


def test_jobs_are_replayed_by_id(shop: Shop, run: Run) -> None:
    one, other = shop.fail(shop.add()), shop.fail(shop.add())
    assert run("replay", one, other, one).out == "Replayed 2.\n"
    assert shop.job(one).state is JobState.QUEUED


def test_what_was_not_replayed_is_an_error_with_its_reason(shop: Shop, run: Run) -> None:
    failed, running = shop.fail(shop.add()), shop.start(shop.add())
    with pytest.raises(CommandError, match="1 was not replayed: It is running"):
        run("replay", failed, running)
    assert shop.job(failed).state is JobState.QUEUED


def test_each_is_answered_for_in_json(shop: Shop, run: Run) -> None:
    failed = shop.fail(shop.add())
    assert json.loads(run("replay", failed, "--json").out) == [
        {"id": failed, "replayed": True, "state": "queued", "reason": ""}
    ]


def test_a_whole_queue_is_replayed_after_a_question(shop: Shop, run: Run) -> None:
    job = shop.fail(shop.add())
    with patch("builtins.input", return_value="n"), pytest.raises(CommandError, match="Nothing was replayed"):
        run("replay", "--queue", "email_jobs")
    assert shop.job(job).state is JobState.FAILED
    with patch("builtins.input", return_value="y") as asked:
        assert run("replay", "--queue", "email_jobs").out == "Replayed 1 of email_jobs.\n"
    assert asked.call_args.args == ("Replay 1 dead letter of email_jobs? [y/N] ",)


def test_a_script_says_yes_beforehand_and_without_an_answer_nothing_happens(shop: Shop, run: Run) -> None:
    shop.fail(shop.add())
    with patch("builtins.input", side_effect=EOFError), pytest.raises(CommandError, match="--yes"):
        run("replay", "--queue", "email_jobs")
    out = run("replay", "--queue", "email_jobs", "--yes", "--json").out
    assert json.loads(out) == {"queue": "email_jobs", "replayed": 1, "refused": 0}


@pytest.mark.parametrize("words", [[], ["id", "--queue", "email_jobs"]])
def test_ids_and_a_queue_exclude_each_other(shop: Shop, run: Run, words: list[str]) -> None:
    with pytest.raises(CommandError, match="Name the jobs, or a queue"):
        run("replay", *words)


def test_an_unknown_queue_is_an_error_that_says_where_to_look(shop: Shop, run: Run) -> None:
    with pytest.raises(CommandError, match=r"`manage.py queues` lists them"):
        run("replay", "--queue", "nowhere", "--yes")


# all


@pytest.mark.parametrize("words", [["queues"], ["jobs", "list"], ["jobs", "show", "x"], ["replay", "x"]])
def test_without_redis_the_error_says_what_to_check_and_the_exit_code_differs(
    store_down: None, run: Run, words: list[str]
) -> None:
    with pytest.raises(CommandError, match="Check LEVERET_REDIS_URL") as caught:
        run(*words)
    assert caught.value.returncode == 2


def test_embedded_engines_are_warned_of_beside_the_answer(shop: Shop, run: Run) -> None:
    said = run("queues", "--json")
    assert "live in one process" in said.err
    assert json.loads(said.out) == []


def test_a_table_cuts_what_is_long_and_puts_figures_to_the_right() -> None:
    lines = list(table([Column("A", widest=5), Column("N", right=True)], [["abcdefgh", 1234567], [None, 5]]))
    assert lines == ["A              N", "abcd…  1,234,567", "-              5"]
    assert list(table([Column("A")], [])) == []


def test_a_reader_that_has_seen_enough_is_no_error() -> None:
    """As in ``manage.py jobs list | head``."""
    environment = os.environ | {"SECRET_KEY": "for-this-test", "DJANGO_SETTINGS_MODULE": "dashboard.settings"}
    command = [sys.executable, str(ROOT / "manage.py"), "queues", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment) as listing:
        assert listing.stdout and listing.stderr
        listing.stdout.close()
        said = listing.stderr.read().decode()
    assert "Traceback" not in said and "Broken" not in said
    assert listing.returncode == 128 + signal.SIGPIPE
