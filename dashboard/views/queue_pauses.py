"""A queue's pause: workers put its messages aside until it ends. What runs goes on."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from dashboard import engine
from dashboard.access import requires
from dashboard.deeds import attempt
from dashboard.http import answer
from dashboard.views.queues import find


@requires("manage", post=True)
def create(request: HttpRequest, queue: str) -> HttpResponse:
    with attempt(request, "pause", f"queue {queue}") as deed:
        find(queue)
        engine.act(lambda operations: operations.pause(queue, by=engine.by(request)))
    if deed.failure:
        return answer(request, f"{queue} was not paused.", detail=deed.failure, tone="error")
    return answer(request, f"{queue} is paused.", detail="Jobs are accepted and wait. Those that run go on.")


@requires("manage", post=True)
def end(request: HttpRequest, queue: str) -> HttpResponse:
    with attempt(request, "resume", f"queue {queue}") as deed:
        find(queue)
        engine.act(lambda operations: operations.resume(queue, by=engine.by(request)))
    if deed.failure:
        return answer(request, f"{queue} was not resumed.", detail=deed.failure, tone="error")
    return answer(request, f"{queue} is resumed.", detail="Parked jobs come back within half a minute.")
