"""A replay puts dead letters back on their queue: each the same job with a new epoch and all its attempts."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from dashboard import acts, engine
from dashboard.access import requires
from dashboard.asking import ask, stay
from dashboard.deeds import attempt
from dashboard.http import answer
from dashboard.letterlist import LetterQuery, comebacks
from dashboard.models import AuditEntry
from dashboard.views.queues import find

AFTER = 2
"""Comebacks in the same way after which a replay needs a tick."""
WHY_NOT = "They had left the dead letters meanwhile, or another job holds their unique key."


@requires("operate")
def new(request: HttpRequest, queue: str) -> HttpResponse:
    """The question before all of a queue are replayed."""
    query = LetterQuery(queue=queue, type=request.GET.get("type", ""))
    context = {"title": f"Replay {queue}", "nav": "dead_letters", "query": query, "count": query.count(find(queue))}
    return ask(request, "dashboard/dead_letters/_replay_all.html", context)


@requires("operate", post=True)
def create(request: HttpRequest, queue: str) -> HttpResponse:
    """Those that were chosen."""
    ids = acts.ids_of(request)
    if len(ids) == 1 and "although" not in request.POST:
        record = engine.look(lambda inspector: inspector.job(ids[0]))
        if record is not None and comebacks(record) >= AFTER:
            again = f"It failed in the same way {comebacks(record)} times after a replay."
            detail = f"{again} Tick “Replay although it came back”."
            return answer(request, "Not replayed.", detail=detail, tone="warn")
    by = engine.by(request)
    return acts.perform(request, "replay", "Replayed", lambda operations, ids: operations.retry(ids, by=by))


@requires("operate", post=True)
def create_all(request: HttpRequest, queue: str) -> HttpResponse:
    query = LetterQuery(queue=queue, type=request.POST.get("type", ""))
    with attempt(request, "replay", f"dead letters of {queue}", reason=request.POST.get("reason", "")) as deed:
        wanted = query.filter(find(queue))
        done, refused = engine.act(lambda operations: operations.retry_matching(wanted, by=engine.by(request)))
        deed.count, deed.detail = done, f"{refused} refused" if refused else ""
        deed.result = AuditEntry.Result.PARTLY if refused else AuditEntry.Result.DONE
    to = stay(request, query.url())
    if deed.failure:
        detail = f"{deed.failure} Some may have been replayed: the count says how many still rest."
        return answer(request, "The replay did not go through.", detail=detail, tone="error", to=to)
    if refused:
        text = f"Replayed {done:,}. {refused:,} {'was' if refused == 1 else 'were'} not."
        return answer(request, text, detail=WHY_NOT, tone="warn", to=to)
    return answer(request, f"Replayed {acts.jobs(done)}.", detail="Each is queued again, with all its attempts.", to=to)
