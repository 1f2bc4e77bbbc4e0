"""Lists that somebody comes back to. Nobody else sees or uses them, so that the audit log has no entry of them, other
than of shared presets."""

from __future__ import annotations

from dataclasses import replace

from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.translation import gettext as _

from dashboard.access import requires
from dashboard.http import answer
from dashboard.jobquery import JobQuery
from dashboard.models import SavedView

MOST = 50
"""Views of one person; a list of more is no help to find one."""


@requires("view", post=True)
def create(request: HttpRequest) -> HttpResponse:
    """Under a name that is taken it replaces the view of that name."""
    name = " ".join(request.POST.get("name", "").split())
    if not name or len(name) > 60 or not name.isprintable():
        return answer(
            request, _("The view was not saved."), detail=_("Give it a name of up to 60 letters."), tone="warn"
        )
    query = JobQuery.read(QueryDict(request.POST.get("query", "")[:4000]))
    encoded = replace(query, cursor="", words="", mistakes=()).encoded()
    own = SavedView.objects.filter(user_id=request.user.pk or 0)
    if not own.filter(name=name).exists() and own.count() >= MOST:
        detail = _("You have %(number)s. Remove one first.") % {"number": MOST}
        return answer(request, _("The view was not saved."), detail=detail, tone="warn")
    SavedView.objects.update_or_create(user_id=request.user.pk or 0, name=name, defaults={"query": encoded[:4000]})
    return answer(request, _("Saved as %(name)s.") % {"name": name}, to=query.url())


@requires("view", post=True)
def remove(request: HttpRequest) -> HttpResponse:
    """One's own only; of others' it says what it says of one that is gone."""
    given = request.POST.get("view", "")
    found = SavedView.objects.filter(
        user_id=request.user.pk or 0, pk=int(given) if given.isdecimal() and len(given) < 10 else 0
    )
    view = found.first()
    if view is None:
        return answer(request, _("There is no such view."), tone="warn")
    view.delete()
    text = _("Removed the view %(name)s.") % {"name": view.name}
    return answer(request, text, to=JobQuery.read(QueryDict(view.query)).url())
