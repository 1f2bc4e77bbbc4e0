"""A schedule that is being made or changed, with the runs that it would have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from dashboard import audit, jsonview
from dashboard.access import Missing, requires, viewer_of
from dashboard.deeds import attempt
from dashboard.http import answer, is_partial
from dashboard.schedules import force
from dashboard.schedules.form import ScheduleForm, zones
from dashboard.schedules.records import OPTIONS, ScheduleRecord
from dashboard.views.enqueue import offered
from dashboard.views.errors import permission_denied
from dashboard.views.schedule_acts import named
from queueing import runtime
from queueing.domain.secrets import hush


@requires("manage")
def new(request: HttpRequest) -> HttpResponse:
    known = {found.name for found in offered()}
    wanted = request.GET.get("type", "")
    return page(request, ScheduleForm(initial={"type": wanted if wanted in known else ""}))


@requires("manage", post=True)
def preview(request: HttpRequest) -> HttpResponse:
    """The form as it stands, or for a script only the runs that it would have. Nothing is saved."""
    form = ScheduleForm(request.POST, instance=ScheduleRecord.objects.filter(name=request.POST.get("was", "")).first())
    if is_partial(request):
        return render(request, "dashboard/schedules/_preview.html", {"form": form, "preview": form.preview})
    return page(request, form)


@requires("manage", post=True)
def create(request: HttpRequest) -> HttpResponse:
    return save(request, ScheduleForm(request.POST), "add", gettext_noop("%(schedule)s is made."))


@requires("manage")
def edit(request: HttpRequest, schedule: str) -> HttpResponse:
    """Masked values would be laid open by it, so that needs the permission."""
    record = made_here(schedule)
    if jsonview.show(record.payload, limit=None).masked:
        if not viewer_of(request).may_reveal:
            return permission_denied(request, Missing("reveal"))
        audit.record(request, "reveal", named(schedule), detail="to edit it")
    return page(request, ScheduleForm(instance=record))


@requires("manage", post=True)
def update(request: HttpRequest, schedule: str) -> HttpResponse:
    form = ScheduleForm(request.POST, instance=made_here(schedule))
    return save(request, form, "change", gettext_noop("%(schedule)s is changed."))


def made_here(name: str) -> ScheduleRecord:
    """Raises Http404 for one of the code, which is changed there."""
    return get_object_or_404(ScheduleRecord, name=name)


def save(request: HttpRequest, form: ScheduleForm, verb: str, done: str) -> HttpResponse:
    if not form.is_valid():
        return page(request, form, status=422)
    record = form.save(commit=False)
    if record.pk is None and force.is_taken(record.name):
        form.add_error("name", _("The code has a schedule of this name."))
        return page(request, form, status=422)
    record.by, record.changed_at = request.user.get_username(), timezone.now()
    try:
        with transaction.atomic():
            record.save()
    except IntegrityError:
        # Somebody else has made one of that name since the form was looked through.
        form.add_error("name", record.unique_error_message(ScheduleRecord, ("name",)))
        return page(request, form, status=422)
    with attempt(request, verb, named(record.name)) as deed:
        deed.detail = "; ".join((f"{record.type}: {record.timing}", *written(record.options)))
        force.declare(record)
    to = reverse("dashboard:schedule", args=[record.name])
    if deed.failure:
        detail = _("%(error)s It comes into force within a minute of Redis being back.") % {"error": deed.failure}
        text = _("%(schedule)s is saved.") % {"schedule": record.name}
        return answer(request, text, detail=detail, tone="warn", to=to)
    return answer(request, _(done) % {"schedule": record.name}, detail=str(record.timing), to=to)


def written(options: Mapping[str, Any]) -> list[str]:
    """As the audit log says what is not the type's own."""
    texts = ((name, " ".join(value) if isinstance(value, tuple) else value) for name, value in options.items())
    return [hush(f"{name} {text}") if text or text == 0 else f"no {name}" for name, text in texts if name in OPTIONS]


def page(request: HttpRequest, form: ScheduleForm, *, status: int = 200) -> HttpResponse:
    record = form.instance if form.instance.pk else None
    context: dict[str, Any] = {
        "title": _("Edit %(schedule)s") % {"schedule": record.name} if record else _("New schedule"),
        "nav": "schedules",
        "form": form,
        "record": record,
        "types": offered(),
        "zones": zones(),
        "priorities": runtime.cluster().broker.capabilities.priorities,
        "preview": form.preview,
    }
    return render(request, "dashboard/schedules/edit.html", context, status=status)
