"""What stands in the enqueue form, kept under a name and put back."""

from __future__ import annotations

import json
import re
from html import unescape

import msgspec
import pytest
from django.test import Client

from dashboard.models import AuditEntry, Preset
from dashboard.presets import LARGEST, MOST
from tests.dashboard.conftest import logged_in, member
from tests.dashboard.shop import Shop
from tests.dashboard.test_enqueue import GOOD, OPTIONS, jobs, only, page, post, types, value

__all__ = ["types"]
pytestmark = pytest.mark.django_db
EVIL = "<img src=x onerror=alert(1)>\"'&"


def save(client: Client, name: str = "nightly", status: int = 200, **more: str) -> str:
    return post(client, GOOD | OPTIONS | {"preset_name": name} | more, path="/enqueue/presets", status=status)


def said(html: str) -> str:
    found = re.search(r'id="preset-said">(.*?)</div>', html, re.DOTALL)
    assert found
    return text_of(found[1])


def notice(html: str) -> str:
    found = re.search(r'id="filled">(.*?)</div>', html, re.DOTALL)
    return text_of(found[1]) if found else ""


def text_of(html: str) -> str:
    return unescape(" ".join(re.sub(r"<[^>]+>", "", html).split()))


def pick(client: Client, name: str = "nightly", *, status: int = 200) -> str:
    return page(client, f"?preset={Preset.objects.get(name=name).pk}", status=status)


def test_what_is_in_the_form_is_saved_and_picked_again(operator: Client, types: Shop) -> None:
    given = {"p.subject": "again", "count": "3", "over": "10 min", "timeout": "90 s", "tags": "a b", "run": "after"}
    html = save(operator, "  nightly   mail ", **given, delay="5 min")
    assert said(html).startswith("Saved as nightly mail.")
    assert value(html, "p.subject") == "again", "the form stays as it was"
    assert jobs(types) == []
    picked = pick(operator, "nightly mail")
    assert (value(picked, "p.to"), value(picked, "p.subject"), value(picked, "p.copies")) == (
        "mira@example.org",
        "again",
        "2",
    )
    for name, text in (
        ("count", "3"),
        ("over", "10 min"),
        ("delay", "5 min"),
        ("tags", "a b"),
        ("queue", "email_jobs"),
    ):
        assert re.search(rf'name="{name}" value="{text}"', picked), name
    assert re.search(r'value="after" checked', picked)
    assert notice(picked) == ""
    assert "nightly mail</a>" in page(operator, "?type=send_email")
    assert "1 of another type" in page(operator, "?type=ping")
    entry = AuditEntry.objects.get()
    assert (entry.verb, entry.target, entry.result) == ("add", "preset nightly mail", "done")


def test_what_was_left_to_the_type_follows_the_type(operator: Client, types: Shop) -> None:
    save(operator, timeout="90 s")
    assert json.loads(Preset.objects.get().options) == {}
    save(operator, max_attempts="2", timeout="")
    assert json.loads(Preset.objects.get().options) == {"max_attempts": "2", "timeout": ""}
    assert re.search(r'name="timeout" value=""', pick(operator))


def test_the_same_name_again_replaces_it_and_both_are_booked(operator: Client, types: Shop) -> None:
    save(operator)
    save(operator, **{"p.subject": "new"})
    assert [json.loads(preset.payload)["subject"] for preset in Preset.objects.all()] == ["new"]
    assert list(AuditEntry.objects.order_by("id").values_list("verb", flat=True)) == ["add", "change"]


def test_what_looks_secret_is_never_stored_and_that_is_said(operator: Client, types: Shop) -> None:
    secret = "hunter2-hunter2"
    payload = {
        "user": "mira",
        "password": secret,
        "keys": {"api_key": secret, "n": 1},
        "urls": ["x", f"amqp://u:{secret}@h"],
    }
    data = {
        "type": "anything",
        "as": "json",
        "json": json.dumps(payload),
        "preset_name": "sync",
        "unique_key": f"token={secret}",
    }
    html = post(operator, OPTIONS | data, path="/enqueue/presets", status=200)
    assert "Not kept, for it looks secret: password, keys, api_key, urls, 2, unique key." in said(html)
    stored = Preset.objects.values().get()
    assert secret not in json.dumps(stored, default=str)
    assert json.loads(stored["payload"]) == {"user": "mira", "keys": {"n": 1}, "urls": ["x", ""]}
    assert secret not in "".join(f"{entry.detail}{entry.target}" for entry in AuditEntry.objects.all())
    picked = pick(operator, "sync")
    assert "Was not kept, for it looks secret: password" in notice(picked)
    assert secret not in picked
    assert "mira" in picked


@pytest.mark.parametrize("name", ["", "   ", "x" * 61, "a\u202eb", "a\x00b"])
def test_a_name_that_is_none_saves_nothing_and_loses_nothing(operator: Client, types: Shop, name: str) -> None:
    html = save(operator, name, status=422, **{"p.subject": "kept"})
    assert "Give it a name of up to 60 letters." in said(html)
    assert value(html, "p.subject") == "kept"
    assert not Preset.objects.exists()


def test_hostile_names_and_values_are_text_and_nothing_else(admin: Client, operator: Client, types: Shop) -> None:
    save(admin, EVIL, preset_shared="on", **{"p.subject": EVIL})
    pk = Preset.objects.get().pk
    for html in (
        page(operator),
        pick(operator, EVIL),
        page(admin, f"/presets/{pk}"),
        admin.get("/audit").content.decode(),
    ):
        assert "<img" not in html
        assert "&lt;img" in html


def test_presets_are_their_owners_alone_unless_shared(operator: Client, admin: Client, types: Shop) -> None:
    other = logged_in(member("olga", "Operator"))
    save(operator)
    mine = Preset.objects.get()
    for path in (f"/enqueue?preset={mine.pk}", f"/enqueue/presets/{mine.pk}"):
        assert other.get(path).status_code == 404
    assert "nightly" not in page(other)
    for act in ("changes", "removals"):
        assert other.post(f"/enqueue/presets/{mine.pk}/{act}", {"name": "stolen"}).status_code == 404
        assert admin.post(f"/enqueue/presets/{mine.pk}/{act}", {"name": "stolen"}).status_code == 404
    assert Preset.objects.get().name == "nightly"
    assert "preset_shared" not in page(operator)
    save(operator, preset_shared="on")
    assert not Preset.objects.get().shared, "an operator may not share"


def test_a_shared_one_is_used_by_all_and_changed_by_who_may_manage(
    operator: Client, admin: Client, types: Shop
) -> None:
    save(admin, "deploy", preset_shared="on")
    shared = Preset.objects.get()
    assert f'href="/enqueue/presets/{shared.pk}"' in page(admin)
    assert 'name="preset_shared"' in page(admin)
    assert 'name="shared" checked' in page(admin, f"/presets/{shared.pk}")
    html = page(operator, "?type=send_email")
    assert "deploy</a>" in html and "by ada" in html
    assert f"/enqueue/presets/{shared.pk}" not in html
    assert value(pick(operator, "deploy"), "p.to") == "mira@example.org"
    for act in ("changes", "removals"):
        assert operator.post(f"/enqueue/presets/{shared.pk}/{act}", {"name": "x"}).status_code == 404
    save(operator, "deploy")
    assert Preset.objects.filter(name="deploy").count() == 2, "one's own of that name is another"
    grace = logged_in(member("grace", "Admin"))
    grace.post(f"/enqueue/presets/{shared.pk}/changes", {"name": "release", "shared": "on"})
    shared.refresh_from_db()
    assert (shared.name, shared.shared, shared.user.get_username()) == ("release", True, "ada")
    entry = AuditEntry.objects.order_by("-id")[0]
    assert (entry.verb, entry.target) == ("change", "preset release")
    assert entry.detail == "deploy, for everybody → release, for everybody, of ada"


def test_who_may_no_longer_manage_does_not_change_what_all_use(operator: Client, types: Shop) -> None:
    save(operator)
    Preset.objects.update(shared=True)
    assert "Everybody uses the one of that name" in said(save(operator, status=422, **{"p.subject": "mine"}))
    assert json.loads(Preset.objects.get().payload)["subject"] == "hi"


def test_one_is_renamed_but_not_to_a_name_that_is_taken_and_removed(operator: Client, types: Shop) -> None:
    save(operator, "a")
    save(operator, "b")
    path = f"/enqueue/presets/{Preset.objects.get(name='a').pk}"
    assert 'value="a"' in operator.get(path, headers={"HX-Request": "true"}).content.decode()
    taken = operator.post(f"{path}/changes", {"name": "b"}, headers={"HX-Request": "true"})
    assert taken.status_code == 422
    assert "There is a preset of that name already." in taken.content.decode()
    assert operator.post(f"{path}/changes", {"name": ""}).status_code == 422
    assert operator.post(f"{path}/changes", {"name": "c"}).headers["Location"].startswith("/enqueue?preset=")
    gone = operator.post(f"{path}/removals", headers={"HX-Request": "true"})
    assert "Removed the preset c." in gone.headers["HX-Trigger"]
    assert [preset.name for preset in Preset.objects.all()] == ["b"]
    verbs = list(AuditEntry.objects.order_by("id").values_list("verb", "target"))
    assert verbs[-2:] == [("change", "preset c"), ("remove", "preset c")]


class Parcel(msgspec.Struct):
    to: str
    weight: float
    express: bool = False
    labels: list[str] = []


class NewParcel(msgspec.Struct):
    to: str
    weight: int
    country: str
    labels: int = 0


def test_a_handler_that_has_changed_gets_what_still_fits_and_says_what_did_not(operator: Client, shop: Shop) -> None:
    async def old(parcel: Parcel) -> None: ...

    async def new(parcel: NewParcel) -> None: ...

    shop.cluster.registry.register("ship", old)
    data = {"type": "ship", "p.to": "Oslo", "p.weight": "1.5", "p.express": "true", "p.labels": "1", "p.labels.0": "x"}
    post(
        operator,
        OPTIONS | data | {"queue": "default", "max_attempts": "3", "preset_name": "oslo"},
        path="/enqueue/presets",
        status=200,
    )
    assert notice(pick(operator, "oslo")) == ""
    del shop.cluster.registry._types["ship"]
    shop.cluster.registry.register("ship", new)
    html = pick(operator, "oslo")
    assert value(html, "p.to") == "Oslo"
    assert notice(html) == (
        "ship has changed since oslo was saved Does not fit any more: weight, express, labels. Needs you now: country."
    )
    assert jobs(shop) == []
    del shop.cluster.registry._types["ship"]
    assert "Its type, ship, is not registered in this process." in pick(operator, "oslo")


def test_a_moment_that_has_passed_is_not_filled_in(operator: Client, types: Shop) -> None:
    save(operator, run="at", run_at="2020-01-01T00:00:00")
    html = pick(operator)
    assert re.search(r'value="now" checked', html)
    assert "Does not fit any more: run at." in notice(html)


def test_a_form_that_is_not_finished_is_saved_as_it_is_but_broken_json_is_not(operator: Client, types: Shop) -> None:
    save(operator, **{"p.to": "", "p.copies": "many"})
    html = pick(operator)
    assert (value(html, "p.to"), value(html, "p.copies")) == ("", "many")
    broken = {"type": "anything", "as": "json", "json": "{", "preset_name": "broken"}
    assert "This is not JSON" in said(post(operator, OPTIONS | broken, path="/enqueue/presets", status=422))
    large = broken | {"json": json.dumps("x" * LARGEST)}
    assert "too large" in said(post(operator, OPTIONS | large, path="/enqueue/presets", status=422))
    assert Preset.objects.count() == 1


def test_nobody_saves_without_end(operator: Client, types: Shop) -> None:
    for n in range(MOST):
        Preset.objects.create(
            user_id=operator.session["_auth_user_id"], name=f"p {n}", type="ping", payload="{}", schema=""
        )
    assert "Remove one first." in said(save(operator, "one more", status=422))
    save(operator, "p 0")
    assert Preset.objects.get(name="p 0").type == "send_email"


def test_enter_in_the_field_for_a_name_saves_and_enqueues_nothing(operator: Client, types: Shop) -> None:
    html = post(operator, GOOD | OPTIONS | {"preset_name": "typed"}, status=200)
    assert said(html).startswith("Saved as typed.")
    assert jobs(types) == []
    post(operator, GOOD | OPTIONS | {"preset_name": "typed", "go": ""})
    assert only(types).type == "send_email"


@pytest.mark.parametrize("preset", ["", "x", "9" * 30, "-1", "7"])
def test_a_preset_that_is_not_there_says_so(operator: Client, types: Shop, preset: str) -> None:
    answer = operator.get(f"/enqueue?preset={preset}")
    assert answer.status_code == (200 if not preset else 404)


def test_who_may_only_look_finds_none(viewer: Client, types: Shop) -> None:
    assert viewer.post("/enqueue/presets", GOOD | OPTIONS | {"preset_name": "x"}).status_code == 403
    assert not Preset.objects.exists()


def test_nobody_reaches_somebody_elses_by_its_number(operator: Client, admin: Client, types: Shop) -> None:
    save(admin, "hers")
    place = f"/enqueue/presets/{Preset.objects.get().pk}"
    assert operator.get(place).status_code == 404
    for act in ("changes", "removals"):
        assert operator.post(f"{place}/{act}", {"name": "mine", "shared": "on"}).status_code == 404
        assert admin.get(f"{place}/{act}").status_code == 405, "nothing is done by looking"
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = admin.cookies
    for path in ("/enqueue/presets", f"{place}/changes", f"{place}/removals"):
        assert strict.post(path, GOOD | OPTIONS | {"preset_name": "x", "name": "x"}).status_code == 403
    assert operator.post(f"/enqueue/presets/{'9' * 30}/removals").status_code == 404
    assert Preset.objects.get().name == "hers"


@pytest.mark.parametrize("text", ['"\\ud800"', "1e999", "9" * 5000, "[" * 100_000])
def test_json_that_could_not_be_written_again_is_not_kept(operator: Client, types: Shop, text: str) -> None:
    save(operator, **{"as": "json", "json": text}, status=422)
    assert not Preset.objects.exists()


def test_a_secret_deep_in_json_is_left_out(operator: Client, types: Shop) -> None:
    save(operator, **{"as": "json", "json": '{"a": [[{"b": {"password": "hunter22"}}, {"c": 1}]]}'})
    preset = Preset.objects.get()
    assert json.loads(preset.payload) == {"a": [[{"b": {}}, {"c": 1}]]}
    assert "hunter22" not in pick(operator)
