"""What `make check` says of translations, and that it would say it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / ".ci"))

import messages

TEMPLATE = """
  {% load i18n %}<p title="{% translate 'Queues' %}">
    {% blocktranslate count n=n %}{{ n }} job{% plural %}{{ n }} jobs{% endblocktranslate %}</p>
{% live "x" label=_("Main") %}
    {% blocktranslate with who=who %}By <b>{{ who }}</b>, 10 %{% endblocktranslate %}
"""
MODULE = 'from x import gettext_noop, pgettext_lazy\nA = gettext_noop("retry")\nB = pgettext_lazy("state", "failed")\n'
RIGHT = {
    "Queues": "Queues",
    "Main": "Haupt",
    "retry": "wiederholen",
    "failed": "fehlgeschlagen",
    "By <b>%(who)s</b>, 10 %%": "Von <b>%(who)s</b>, 10 %%",
    "%(n)s job": ("%(n)s Job", "%(n)s Jobs"),
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name, text in (("templates/page.html", TEMPLATE), ("dashboard/words.py", MODULE)):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(text)
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    subprocess.run(["git", "add", "."], cwd=tmp_path, check=True)
    translate(tmp_path, RIGHT)
    return tmp_path


def translate(project: Path, texts: dict[str, str | tuple[str, ...]], fuzzy: str = "") -> None:
    book = messages.merged(messages.found(project), messages.read("de", project / "locale"))
    for message in book:
        if message.id:
            message.string = texts[messages._key(message)]
            message.flags |= {"fuzzy"} if messages._key(message) == fuzzy else set()
    place = project / "locale" / "de" / "LC_MESSAGES"
    place.mkdir(parents=True, exist_ok=True)
    (place / "django.po").write_bytes(messages.written(book))
    (place / "django.mo").write_bytes(messages.compiled(book))


def complaints(project: Path) -> str:
    return "\n".join(messages.complaints(project, project / "locale"))


def test_texts_are_found_in_templates_and_modules(project: Path):
    found = {(messages._key(message), message.context) for message in messages.found(project) if message.id}
    assert found == {(text, "state" if text == "failed" else None) for text in RIGHT}


def test_nothing_is_said_of_a_whole_translation(project: Path):
    assert complaints(project) == ""


@pytest.mark.parametrize(
    ("text", "wrong", "why"),
    [
        ("retry", "", "is not translated"),
        ("%(n)s job", ("%(n)s Job", ""), "is not translated"),
        ("%(n)s job", ("%(n)s Job", "%(m)s Jobs"), "other placeholders"),
        ("By <b>%(who)s</b>, 10 %%", "Von <b>%(wer)s</b>, 10 %%", "other placeholders"),
        ("By <b>%(who)s</b>, 10 %%", "Von %(who)s, 10 %%", "other placeholders or tags"),
        ("By <b>%(who)s</b>, 10 %%", "Von <b>%(who)s</b>, 10 %", "a percent sign is written %%"),
    ],
)
def test_a_translation_that_cannot_be_shown_is_found(project: Path, text: str, wrong: str | tuple[str, ...], why: str):
    translate(project, {**RIGHT, text: wrong})
    assert why in complaints(project)


def test_a_guess_is_found(project: Path):
    translate(project, RIGHT, fuzzy="retry")
    assert "is marked fuzzy" in complaints(project)


def test_a_text_that_is_new_is_found(project: Path):
    (project / "dashboard" / "words.py").write_text(MODULE + 'C = gettext_noop("replay")\n')
    assert "'replay' is not translated" in complaints(project)
    assert "django.po is behind the sources" in complaints(project)


def test_a_compiled_catalog_of_before_is_found(project: Path):
    compiled = project / "locale" / "de" / "LC_MESSAGES" / "django.mo"
    compiled.write_bytes(compiled.read_bytes() + b"\0")
    assert "django.mo is not what django.po says" in complaints(project)
    compiled.unlink()
    assert "django.mo is not what django.po says" in complaints(project)


def test_a_translation_stays_and_a_text_that_is_gone_goes(project: Path):
    (project / "dashboard" / "words.py").write_text('A = gettext_noop("retry")\n')
    book = messages.merged(messages.found(project), messages.read("de", project / "locale"))
    assert book.get("retry").string == "wiederholen"
    assert book.get("failed", "state") is None


def test_every_language_that_is_offered_has_a_catalog():
    from django.conf import settings

    assert {code for code, _name in settings.LANGUAGES} == {"en", *messages.languages()}
