from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from dashboard import audit
from dashboard.access import requires, viewer_of
from dashboard.asking import ask, stay
from dashboard.audit import Subject
from dashboard.http import answer
from dashboard.models import Preset
from dashboard.presets import MOST, NotKept, said, usable, values_of
from dashboard.views.enqueue import Keeping, page, posted


@requires("enqueue", post=True)
def create(request: HttpRequest) -> HttpResponse:
    return save(request)


def save(request: HttpRequest) -> HttpResponse:
    """Of what stands in the form, which stays as it is. Under a name that is taken it replaces one's own."""
    given, origin = posted(request)
    name, shared = request.POST.get("preset_name", ""), "preset_shared" in request.POST
    try:
        preset = keep(request, clean(name), values_of(given))
    except NotKept as wrong:
        keeping = Keeping(name=name, shared=shared, wrong=str(wrong))
        return page(request, given, origin, status=422, keeping=keeping)
    text = _("Saved as %(name)s.") % {"name": preset.name}
    hidden = said(preset.left_out_names)
    keeping = Keeping(name=preset.name, shared=preset.shared, said=text, secret=hidden)
    return page(request, given, origin, keeping=keeping)


@requires("enqueue")
def edit(request: HttpRequest, preset: int) -> HttpResponse:
    found = changeable(request, preset)
    return question(request, found, {"name": found.name, "shared": found.shared})


@requires("enqueue", post=True)
def update(request: HttpRequest, preset: int) -> HttpResponse:
    """Its name, and whose it is to use."""
    found = changeable(request, preset)
    name, shared, before = request.POST.get("name", ""), shares(request, "shared"), described(found)
    typed = {"name": name, "shared": shared}
    try:
        found.name, found.shared = clean(name), shared
        with transaction.atomic():
            found.save(update_fields=["name", "shared"])
    except NotKept as wrong:
        return question(request, found, typed, wrong=str(wrong))
    except IntegrityError:
        return question(request, found, typed, wrong=_("There is a preset of that name already."))
    book(request, "change", found, before)
    return answer(request, _("Saved as %(name)s.") % {"name": found.name}, to=stay(request, place(found)))


@requires("enqueue", post=True)
def remove(request: HttpRequest, preset: int) -> HttpResponse:
    found = changeable(request, preset)
    found.delete()
    book(request, "remove", found)
    text = _("Removed the preset %(name)s.") % {"name": found.name}
    return answer(request, text, to=stay(request, reverse("dashboard:enqueue")))


def keep(request: HttpRequest, name: str, values: dict[str, Any]) -> Preset:
    """Raises NotKept."""
    own = Preset.objects.filter(user_id=request.user.pk or 0)
    before = own.filter(name=name).first()
    if before is None and own.count() >= MOST:
        raise NotKept(_("You have %(number)s. Remove one first.") % {"number": MOST})
    if before is not None and not may_change(request, before):
        raise NotKept(_("Everybody uses the one of that name: who may manage changes it. Choose another name."))
    values["shared"] = shares(request, "preset_shared")
    preset, made = Preset.objects.update_or_create(user_id=request.user.pk or 0, name=name, defaults=values)
    book(request, "add" if made else "change", preset)
    return preset


def clean(name: str) -> str:
    """Raises NotKept."""
    name = " ".join(name.split())
    if not name or len(name) > 60 or not name.isprintable():
        raise NotKept(_("Give it a name of up to 60 letters."))
    return name


def shares(request: HttpRequest, field: str) -> bool:
    return field in request.POST and viewer_of(request).may_manage


def may_change(request: HttpRequest, preset: Preset) -> bool:
    """What others rely on is changed by who may manage, also where somebody else has made it."""
    return viewer_of(request).may_manage if preset.shared else preset.user_id == request.user.pk


def changeable(request: HttpRequest, preset: int) -> Preset:
    """Raises Http404, also for one that is there for others alone."""
    found = usable(request.user.pk).filter(pk=preset).first()
    if found is None or not may_change(request, found):
        raise Http404("There is no such preset.")
    return found


def question(request: HttpRequest, preset: Preset, typed: dict[str, Any], *, wrong: str = "") -> HttpResponse:
    context = {"title": _("Preset"), "nav": "enqueue", "viewer": viewer_of(request), "preset": preset, "typed": typed}
    return ask(request, "dashboard/enqueue/_preset.html", context | {"wrong": wrong}, status=422 if wrong else 200)


def described(preset: Preset) -> str:
    return f"{preset.name}, {'for everybody' if preset.shared else 'for its owner'}"


def book(request: HttpRequest, verb: str, preset: Preset, before: str = "") -> None:
    detail = described(preset) if preset.user_id == request.user.pk else f"{described(preset)}, of {preset.user}"
    about = [Subject("type", preset.type)]
    audit.record(
        request, verb, f"preset {preset.name}", detail=f"{before} → {detail}" if before else detail, about=about
    )


def place(preset: Preset) -> str:
    return f"{reverse('dashboard:enqueue')}?preset={preset.pk}"
