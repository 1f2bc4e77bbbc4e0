"""What people read goes through gettext: in templates, in answers of views, in scripts. A text that nobody marked would
stay English in the middle of every translation."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import translation

from dashboard import statewords
from dashboard.scriptwords import ENGLISH_MONTHS, MANY, TEXTS, _script_words
from queueing.domain.states import GLOSS, JobState

ROOT = Path(settings.BASE_DIR)
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
PYTHON = sorted((ROOT / "dashboard").rglob("*.py"))
SCRIPTS = sorted((ROOT / "static" / "console").glob("*.js"))

NAMES = re.compile(
    r"\b(?:Leveret|RabbitMQ|Redis|JSON|Python|Shell|CPU|UTC"  # proper names
    r"|GiB|KiB|min|kB|ms|p50|p95|p99"  # units and percentiles
    r"|leveret-job|leveret-epoch|message-id|type|queue|timestamp)\b"  # headers of a message, as they are sent
)
LETTERS = re.compile(r"[A-Za-z]{2}")
UNREAD = re.compile(
    r"{#.*?#}|{% comment %}.*?{% endcomment %}|{% blocktranslate\b.*?{% endblocktranslate %}|{%.*?%}|{{.*?}}", re.DOTALL
)
LITERAL = re.compile(r"<(code|kbd|svg)\b[^>]*>.*?</\1>", re.DOTALL)
"""What is typed, pressed or drawn is the same everywhere."""
ATTRIBUTE = re.compile(r'\s(?:title|aria-label|placeholder|alt|data-confirm[\w-]*|data-copied|data-word)="([^"]*)"')
ATTRIBUTES_ALONE = re.compile(r"""\A(?:\s*[\w-]+="[^"]*")+\s*\Z""")
"""A template that is put into a tag."""
ARGUMENT = re.compile(r'\b(?:label|help)="[^"]*[A-Za-z]|\bplaceholder="(?!\d)[^"]*[A-Za-z]')
FILTER = re.compile(r"\|(?:pluralize)\b|\|default:\"[A-Za-z]|\b(?:json_block|split) [\w.]+ \"")


def unmarked(html: str) -> list[str]:
    """The texts of a template that are in no message."""
    tags = re.findall(r"{[%{].*?[%}]}", re.sub(r"{% blocktranslate\b.*?{% endblocktranslate %}", "", html))
    found = [tag for tag in tags if ARGUMENT.search(tag) or FILTER.search(tag)]
    bare = LITERAL.sub("", UNREAD.sub("", html))
    texts = re.split(r"<[^>]*>", ATTRIBUTES_ALONE.sub("", bare)) + ATTRIBUTE.findall(bare)
    return found + [text.strip() for text in texts if LETTERS.search(NAMES.sub("", re.sub(r"&\w+;", "", text)))]


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.relative_to(ROOT / "templates").as_posix())
def test_a_template_has_no_text_outside_of_messages(template: Path) -> None:
    assert unmarked(template.read_text()) == []


@pytest.mark.parametrize(
    "html",
    [
        "<p>Nothing runs.</p>",
        '<a title="Close the dialog" href="/">{{ name }}</a>',
        "{% if count %}<b>{{ count }}</b> jobs{% endif %}",
        "<b>{{ n }} job{{ n|pluralize }}</b>",
        '{% live "jobs.list" label="Failed jobs" %}',
        '{{ leader|default:"none" }}',
    ],
)
def test_a_text_that_was_forgotten_is_found(html: str) -> None:
    assert unmarked(html)


@pytest.mark.parametrize(
    "html",
    [
        '<p>{% translate "Nothing runs." %}</p>',
        "<a title=\"{% translate 'Close' %}\">{{ name }}</a>",
        '{% blocktranslate with n=count|number %}<b title="all">{{ n }}</b> jobs{% endblocktranslate %}',
        "<code>manage.py runworkers</code> · <kbd>Esc</kbd> · RabbitMQ 4.1",
        '{% live "jobs.list" label=_("Failed jobs") %}{{ leader|default:_("none") }}',
    ],
)
def test_what_is_marked_or_is_a_name_is_left_alone(html: str) -> None:
    assert unmarked(html) == []


def spoken(tree: ast.AST) -> Iterator[ast.expr]:
    """What a view says: answers and their details, titles of pages, complaints about a form."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id="answer"), args=[_, text, *_]):
                yield text
                yield from (keyword.value for keyword in node.keywords if keyword.arg == "detail")
            case ast.Call(func=ast.Attribute(attr="add_error"), args=[_, text]):
                yield text
            case ast.Call(func=ast.Name(id="ValueError") | ast.Attribute(attr="ValidationError"), args=[text]):
                yield text
            case ast.Dict():
                pairs = zip(node.keys, node.values, strict=True)
                yield from (value for key, value in pairs if isinstance(key, ast.Constant) and key.value == "title")


def is_english(said: ast.expr) -> bool:
    match said:
        case ast.Constant(value=str(text)):
            return bool(LETTERS.search(text))
        case ast.JoinedStr(values=parts):
            return any(is_english(part) for part in parts if isinstance(part, ast.Constant))
        case ast.IfExp(body=one, orelse=other):
            return is_english(one) or is_english(other)
    return False


FOR_DEVELOPERS = ("/access.py", "/consumers.py", "/alerts/options.py", "/qualifiers.py", "/registry.py", "/stencils.py")
"""They complain about code that calls them wrongly, or about settings; nobody who looks at a page reads it."""


@pytest.mark.parametrize("module", PYTHON, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_what_a_view_says_is_marked(module: Path) -> None:
    if module.as_posix().endswith(FOR_DEVELOPERS):
        return
    found = [said for said in spoken(ast.parse(module.read_text())) if is_english(said)]
    assert [f"line {said.lineno}: {ast.unparse(said)}" for said in found] == []


def test_an_answer_that_was_forgotten_is_found() -> None:
    said = list(spoken(ast.parse('answer(request, f"{queue} is paused.", detail="Jobs wait." if n else "")')))
    assert [is_english(one) for one in said] == [True, True]
    assert not is_english(ast.parse('_("%(queue)s is paused.") % {"queue": queue}', mode="eval").body)


def test_the_scripts_say_nothing_that_the_page_does_not_hand_to_them() -> None:
    code = "\n".join(script.read_text() for script in SCRIPTS)
    assert set(re.findall(r'\bword\("([^"]+)"', code)) <= TEXTS.keys()
    assert set(re.findall(r'\bmany\("[^"]+", "([^"]+)"', code)) == MANY.keys()
    assert [text for text in TEXTS if f'"{text}"' not in code] == []
    assert f"MONTHS = {list(ENGLISH_MONTHS)}".replace("'", '"') in code


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_puts_no_text_of_its_own_into_the_page(script: Path) -> None:
    written = re.compile(
        r'\b(?:textContent|title|text|detail|label|verb)\s*[:=]\s*(?:"(?!Ctrl)[^"]*[A-Za-z]{2}|`[^`]*\w+ \w)'
    )
    assert written.findall(script.read_text()) == []


def test_an_english_page_hands_nothing_to_its_scripts() -> None:
    with translation.override("en"):
        assert _script_words.__wrapped__("en") == ""


def test_the_words_for_states_are_the_engines() -> None:
    with translation.override("en"):
        assert {str(state): statewords.gloss(state) for state in JobState} == {str(s): GLOSS[s] for s in JobState}
        assert [statewords.word(state) for state in JobState] == [str(state) for state in JobState]
