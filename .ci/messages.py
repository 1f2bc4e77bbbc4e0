"""The console's texts and their translations, without GNU gettext: Django finds them in templates, Babel in Python.

``make messages`` brings the catalogs in dashboard/locale up to date with the sources and compiles them; ``ARGS=fr``
begins a language. What is translated stays, what is new is empty, what is gone goes: nothing is guessed.
"""

from __future__ import annotations

import argparse
import io
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from babel import Locale, UnknownLocaleError
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parents[1]
LOCALE = ROOT / "dashboard" / "locale"
SOURCES = (
    "templates/*.html",
    "dashboard/*.py",
    "queueing/domain/*.py",
    "queueing/adapters/*.py",
    "queueing/producer.py",
)
KEYWORDS = {
    **DEFAULT_KEYWORDS,
    **{f"{name}_{form}": spec for name, spec in DEFAULT_KEYWORDS.items() for form in ("lazy", "noop")},
    # The engine's, which knows no gettext: queueing/domain/saying.py.
    "say": None,
    "say_in": ((1, "c"), 2),
    "say_many": (1, 2),
}
PLACEHOLDER = re.compile(r"%\((\w+)\)[a-z]")
TAG = re.compile(r"<[^>]*>")


class Book(Catalog):
    """A catalog without dates and names of tools, which would change though no text did."""

    @property
    def mime_headers(self) -> list[tuple[str, str]]:
        return [
            ("Project-Id-Version", "Leveret"),
            ("Language", str(self.locale)),
            ("MIME-Version", "1.0"),
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Transfer-Encoding", "8bit"),
            ("Plural-Forms", self.plural_forms),
        ]


def languages(folder: Path = LOCALE) -> list[str]:
    return sorted(path.parent.parent.name for path in folder.glob("*/LC_MESSAGES/django.po"))


def found(root: Path = ROOT) -> Catalog:
    """Every text of the sources, with the files it is in."""
    texts = Catalog(fuzzy=False)
    for path in _tracked(root):
        name = path.relative_to(root).as_posix()
        for _, text, comments, context in extract("python", io.BytesIO(_python_of(path)), KEYWORDS, ["Translators:"]):
            texts.add(text, locations=[(name, 0)], auto_comments=comments, context=context)
    return texts


def _tracked(root: Path) -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z", "--", *SOURCES], cwd=root, capture_output=True, check=True).stdout
    return sorted(path for name in listed.decode().split("\0") if name and (path := root / name).is_file())


def _python_of(path: Path) -> bytes:
    if path.suffix == ".py":
        return path.read_bytes()
    from django.conf import settings
    from django.utils.translation.template import templatize

    if not settings.configured:
        settings.configure()
    # What templatize leaves of the markup has its indents, which mean something in Python.
    return "\n".join(line.strip() for line in templatize(path.read_text(), origin=str(path)).splitlines()).encode()


def read(language: str, folder: Path = LOCALE) -> Catalog:
    path = folder / language / "LC_MESSAGES" / "django.po"
    if not path.exists():
        return Catalog(locale=language, header_comment="# The console in another language: see ../../README.md.")
    with path.open("rb") as file:
        return read_po(file, locale=language)


def merged(texts: Catalog, before: Catalog) -> Book:
    """The texts there are now, with the translations there were."""
    book = Book(locale=before.locale, fuzzy=False, header_comment=before.header_comment)
    for message in _texts(texts):
        old = before.get(_key(message), message.context)
        string = old.string if old is not None and isinstance(old.id, str) == isinstance(message.id, str) else ""
        book.add(
            message.id,
            string,
            locations=message.locations,
            auto_comments=message.auto_comments,
            user_comments=old.user_comments if old is not None else (),
            flags={"fuzzy"} if old is not None and old.fuzzy else (),
            context=message.context,
        )
    return book


def written(book: Book) -> bytes:
    file = io.BytesIO()
    write_po(file, book, width=100, sort_by_file=True, include_lineno=False)
    return file.getvalue()


def compiled(book: Book) -> bytes:
    file = io.BytesIO()
    write_mo(file, book)
    return file.getvalue()


def complaints(root: Path = ROOT, folder: Path = LOCALE) -> list[str]:
    texts = found(root)
    return [f"{each}: {why}" for each in languages(folder) for why in _wrong(texts, each, folder)]


def _wrong(texts: Catalog, language: str, folder: Path) -> Iterator[str]:
    book = merged(texts, read(language, folder))
    place = folder / language / "LC_MESSAGES"
    if written(book) != (place / "django.po").read_bytes():
        yield "django.po is behind the sources: run `make messages`"
    if not (place / "django.mo").exists() or compiled(book) != (place / "django.mo").read_bytes():
        yield "django.mo is not what django.po says: run `make messages`"
    for message in _texts(book):
        if why := wrong_with(message, book.num_plurals):
            yield f"{_key(message)!r}{f' ({message.context})' if message.context else ''} {why}"


def wrong_with(message: Message, plurals: int) -> str:
    """Why it cannot be shown in the place of the original; empty: it can."""
    originals = _forms(message.id)
    strings = _forms(message.string)
    if message.fuzzy:
        return "is marked fuzzy"
    if len(strings) != (1 if isinstance(message.id, str) else plurals) or not all(strings):
        return "is not translated"
    for string in strings:
        # A singular may leave out the figure: "one job".
        if not any(_same(string, original) for original in originals):
            return f"has other placeholders or tags than its translation {string!r}"
        if PLACEHOLDER.search(string) and not _fits(string):
            return f"cannot be filled in in its translation {string!r}: a percent sign is written %%"
    return ""


def _same(string: str, original: str) -> bool:
    return all(Counter(shape.findall(string)) == Counter(shape.findall(original)) for shape in (PLACEHOLDER, TAG))


def _fits(string: str) -> bool:
    try:
        string % dict.fromkeys(PLACEHOLDER.findall(string), 1)
    except (ValueError, TypeError, KeyError):
        return False
    return True


def _texts(catalog: Iterable[Message]) -> list[Message]:
    return [message for message in catalog if message.id]


def _forms(text: Any) -> list[str]:
    return [text] if isinstance(text, str) else list(text)


def _key(message: Message) -> str:
    return _forms(message.id)[0]


def update(language: str, texts: Catalog) -> str:
    """Write its catalog, and say what is left to do."""
    book = merged(texts, read(language))
    place = LOCALE / language / "LC_MESSAGES"
    place.mkdir(parents=True, exist_ok=True)
    (place / "django.po").write_bytes(written(book))
    (place / "django.mo").write_bytes(compiled(book))
    left = sum(bool(wrong_with(message, book.num_plurals)) for message in _texts(book))
    return f"{language}: {len(_texts(book))} texts, {left} of them to translate"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("new", nargs="*", metavar="language", help="begin the catalog of this language")
    parser.add_argument("--check", action="store_true", help="write nothing; say what is missing or wrong")
    options = parser.parse_args()
    new = options.new
    if options.check:
        print(said := "\n".join(complaints()))
        return 1 if said else 0
    try:
        for language in new:
            Locale.parse(language)
    except (UnknownLocaleError, ValueError) as why:
        print(why, file=sys.stderr)
        return 2
    texts = found()
    for language in sorted({*languages(), *new}):
        print(update(language, texts))
    return 0


if __name__ == "__main__":
    sys.exit(main())
