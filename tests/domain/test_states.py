from queueing.domain.states import FINISHED, GLOSS, TRANSITIONS, WAITING, JobState


def test_every_state_has_a_gloss_and_a_row_in_the_table() -> None:
    assert set(GLOSS) == set(TRANSITIONS) == set(JobState)


def test_every_state_can_be_reached_from_a_new_job() -> None:
    reached, frontier = set(), {JobState.SCHEDULED, JobState.QUEUED}
    while frontier:
        reached |= frontier
        frontier = {after for state in frontier for after in TRANSITIONS[state]} - reached
    assert reached == set(JobState)


def test_a_finished_job_can_only_go_back_to_its_queue() -> None:
    for state in FINISHED:
        assert TRANSITIONS[state] == {JobState.QUEUED}


def test_a_job_that_waits_can_always_be_called_off() -> None:
    for state in WAITING:
        assert state.may_become(JobState.CANCELLED)


def test_no_state_leads_to_itself() -> None:
    assert not [state for state in JobState if state.may_become(state)]


def test_waiting_running_and_finished_are_all_there_is() -> None:
    assert WAITING | FINISHED | {JobState.RUNNING} == set(JobState)
    assert not WAITING & FINISHED
