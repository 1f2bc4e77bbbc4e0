"""The picture in ARCHITECTURE.md is what people believe; TRANSITIONS is what happens."""

from __future__ import annotations

import re
from pathlib import Path

from queueing.domain.states import TRANSITIONS, JobState

ARCHITECTURE = Path(__file__).resolve().parents[2] / "ARCHITECTURE.md"
ARROW = re.compile(r"^\s*(\[\*\]|\w+)\s*-->\s*(\[\*\]|\w+)", re.MULTILINE)


def drawn() -> set[tuple[str, str]]:
    blocks = re.findall(r"```mermaid\s*\nstateDiagram-v2\n(.*?)```", ARCHITECTURE.read_text(), re.DOTALL)
    assert len(blocks) == 1, "ARCHITECTURE.md draws the states once"
    return set(ARROW.findall(blocks[0]))


def test_every_move_that_is_drawn_is_in_the_table_and_the_other_way_round():
    table = {(state.value, target.value) for state, targets in TRANSITIONS.items() for target in targets}
    picture = {move for move in drawn() if "[*]" not in move}
    assert picture == table


def test_a_job_begins_as_scheduled_or_queued_and_has_no_last_state():
    assert {target for source, target in drawn() if source == "[*]"} == {"scheduled", "queued"}
    assert not {source for source, target in drawn() if target == "[*]"}


def test_every_state_is_drawn():
    assert {name for move in drawn() for name in move} - {"[*]"} == {state.value for state in JobState}
