"""Writes docs/reference/ from the code: `make docs` builds the site with it, and a test fails when it is behind."""

from __future__ import annotations

import argparse
import ast
import inspect
import itertools
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "docs" / "reference"
NOT_FOR_USERS = {"build_icons"}
OF_DJANGO = {"version", "verbosity", "settings", "pythonpath", "traceback", "no_color", "force_color", "skip_checks"}
ENVIRONMENT = {"amqp_url", "redis_url", "prefix", "queue_type", "fast_lane"}
"""What the console as a project of its own takes from the environment, as LEVERET_…"""

OF_THE_CONSOLE = (
    ("ENVIRONMENT", '""', "A word beside the brand: production, staging."),
    ("READ_ONLY", "False", "Nobody changes anything in the console, whatever their permissions."),
    ("METRICS_TOKEN", '""', "What Prometheus brings to `/metrics` as a bearer token."),
    ("LIVE_INTERVAL", "0.25", "Seconds between two pushes of one view."),
    ("ALERTS", "{}", "Whom `manage.py runalerts` tells what needs attention; below."),
)

OF_THE_PROJECT = (
    ("SECRET_KEY", "", "As in any Django project; without one, and without `DEBUG`, nothing starts."),
    ("SECRET_KEY_FALLBACKS", "", "Keys of before, separated by commas, so that a new one logs nobody out."),
    ("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]", "Host names under which people reach the console."),
    ("CSRF_TRUSTED_ORIGINS", "", "Origins of forms behind a proxy that ends TLS: `https://jobs.example.com`."),
    ("BEHIND_HTTPS", "0", "A proxy ends TLS: cookies are secure, plain HTTP is redirected."),
    ("PROXIES", "0", "Proxies in front, each adding to `X-Forwarded-For`; the audit log then has people's addresses."),
    ("HSTS_SECONDS", "30 days behind HTTPS", "How long browsers keep to HTTPS."),
    (
        "DATABASE_URL",
        "sqlite:///db.sqlite3",
        "`postgres://user:password@host:5432/name`, and what django-environ reads.",
    ),
    ("LEVERET_APPS", "", "Apps whose `jobs.py` this project runs, separated by commas."),
    ("LEVERET_DEMO", "`DEBUG`'s", "The sample job types."),
    ("LEVERET_RELEASE", "Leveret's version", "What you call the code that workers run, such as a commit."),
    ("LOGIN_TRIES", "5", "Wrong passwords until an account is locked for a quarter of an hour."),
    ("EMAIL_URL", "consolemail://", "How mail is sent: `smtp+tls://user:password@host:587`."),
    ("FROM_EMAIL", "leveret@localhost", "Whom mail is from."),
    ("TIME_ZONE", "UTC", "Of times that the server writes out."),
    ("LOG_LEVEL", "INFO", ""),
    ("STATIC_FROM_SOURCE", "`DEBUG`'s", "Static files as they lie in the source, without collectstatic."),
    ("DEBUG", "0", "For development."),
)
"""What the console as a project of its own reads from the environment, for Django's settings and its own."""


class Attribute(NamedTuple):
    name: str
    type: str
    default: str
    says: str


def pages() -> dict[str, str]:
    """File name to text."""
    return {
        "settings.md": settings(),
        "options.md": options(),
        "context.md": context(),
        "errors.md": errors(),
        "commands.md": commands(),
        "metrics.md": metrics(),
        "redis.md": redis(),
    }


def settings() -> str:
    rows = [
        f"| `{each.name.upper()}` | {f'`LEVERET_{each.name.upper()}`' if each.name in ENVIRONMENT else ''} "
        f"| `{each.default}` | {each.says} |"
        for each in attributes("queueing/conf.py", "ClusterConfig")
    ]
    return _page(
        "Settings",
        'What `LEVERET["default"]` takes in your settings, and what the console takes from the environment where it '
        "runs as a project of its own. Durations are seconds.",
        "| setting | environment | default | |",
        "|---|---|---|---|",
        *rows,
        "",
        "Beside the clusters, `LEVERET` has what concerns the console as a whole.",
        "| setting | environment | default | |",
        "|---|---|---|---|",
        *(
            f"| `{name}` | {f'`LEVERET_{name}`' if name != 'ALERTS' else ''} | `{default}` | {says} |"
            for name, default, says in OF_THE_CONSOLE
        ),
        "",
        'What `LEVERET["ALERTS"]` takes.',
        "| setting | environment | default | |",
        "|---|---|---|---|",
        *(
            f"| `{each.name.upper()}` | `LEVERET_ALERT_{each.name.upper()}` | `{each.default}` | {each.says} |"
            for each in attributes("dashboard/alerts/options.py", "AlertOptions")
        ),
        "",
        "As a project of its own the console reads these too, from the environment or from `.env`.",
        "| environment | default | |",
        "|---|---|---|",
        *(f"| `{name}` | {default} | {says} |" for name, default, says in OF_THE_PROJECT),
    )


def options() -> str:
    parts = [
        "`@job(…)` gives a type its options, `.using(…)` changes them for one job, `JobOptions(…)` is what `Queue.add` "
        "takes. An option that cannot be honoured is refused at once, with InvalidOptions.",
        "\n## JobOptions\n",
        *_table(attributes("queueing/domain/options.py", "JobOptions")),
        "\n## Limit\n",
        *_table(
            [each for each in attributes("queueing/domain/limits.py", "Limit") if each.name not in ("said", "pace")]
        ),
        "\n## Backoff\n",
        *_methods("queueing/domain/backoff.py", "Backoff"),
        "\n## WorkerOptions\n",
        *_table(attributes("queueing/worker/options.py", "WorkerOptions")),
    ]
    return _page("Options", *parts)


def context() -> str:
    return _page(
        "JobContext",
        "A handler that has a parameter annotated `JobContext`, or named `ctx`, is given it.",
        "",
        *_table(attributes("queueing/domain/context.py", "JobContext")),
        "",
        *_methods("queueing/domain/context.py", "JobContext", until="take"),
    )


def errors() -> str:
    tree = _parsed("queueing/errors.py")
    parts = [
        "All that Leveret raises. Each message says what to do.",
        "",
        "```text",
        (ast.get_docstring(tree) or "").partition("\n\n")[2],
        "```",
    ]
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and (says := ast.get_docstring(node)):
            parts.append(f"\n**{node.name}**: {_line(says)}")
    return _page("Errors", *parts)


def commands() -> str:
    sys.path.insert(0, str(ROOT))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
    os.environ.setdefault("DEBUG", "1")
    import django
    from django.core.management import load_command_class

    django.setup()
    parts = ["`manage.py …`. All take `--help`, and what every command of Django takes."]
    for name, app in _commands():
        parser = load_command_class(app, name).create_parser("manage.py", name)
        parts += [f"\n## {name}\n", " ".join((parser.description or "").split()), "", *_arguments(parser)]
    return _page("Commands", *parts)


def _commands() -> list[tuple[str, str]]:
    """Name and app."""
    return sorted(
        (path.stem, app)
        for app in ("queueing", "dashboard")
        for path in (ROOT / app / "management" / "commands").glob("[!_]*.py")
        if path.stem not in NOT_FOR_USERS
    )


def metrics() -> str:
    """From a scrape of a cluster that has one of everything."""
    sys.path.insert(0, str(ROOT))
    from queueing.exposition.families import families
    from tests.exposition.full import FULL

    rows = []
    for family in families(FULL):
        name = family.name + {"counter": "_total", "info": "_info"}.get(family.type, "")
        labels = sorted({label for sample in family.samples for label in sample.labels} - {"le"})
        named = ", ".join(f"`{label}`" for label in labels)
        rows.append(f"| `{name}` | {family.type} | {named} | {family.documentation} |")
    return _page(
        "Metrics",
        "What `/metrics` tells, of the whole cluster. [Watch it with Prometheus and Grafana](../howto/monitoring.md) "
        "says how to read it, and how labels are bounded.",
        "",
        "| name | type | labels | |",
        "|---|---|---|---|",
        *rows,
    )


def redis() -> str:
    text = ast.get_docstring(_parsed("queueing/adapters/redis/keys.py")) or ""
    return _page(
        "Keys in Redis",
        "For whoever looks into Redis by hand. Every key begins with `{prefix}:`; the braces keep all of them in one "
        "slot of a cluster. They are not an interface: read by the commands or the console, and never write.",
        "",
        "```text",
        text,
        "```",
    )


def attributes(path: str, name: str) -> list[Attribute]:
    """Annotated public attributes and properties of a class, with the docstrings that follow them."""
    body = _class(path, name).body
    begin = next((node for node in body if isinstance(node, ast.FunctionDef) and node.name == "__init__"), None)
    arguments = {each.arg: each.annotation for each in begin.args.kwonlyargs} if begin else {}
    found = []
    for node, after in zip(body, [*body[1:], None], strict=True):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id[0] != "_":
            says = after.value.value if _is_text(after) else ""
            found.append(Attribute(node.target.id, _type(node.annotation), _default(node.value), _line(says)))
        elif node is begin:
            found += [
                Attribute(one.target.attr, _type(arguments[one.target.attr]), "", _line(after.value.value))
                for one, after in itertools.pairwise(node.body)
                if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Attribute) and _is_text(after)
                if one.target.attr in arguments
            ]
        elif isinstance(node, ast.FunctionDef) and any("property" in ast.unparse(each) for each in node.decorator_list):
            returns = _type(node.returns) if node.returns else ""
            found.append(Attribute(node.name, returns, "", _line(ast.get_docstring(node) or "")))
    return [each for each in found if each.name not in ("ref", "saw_stop")]


def _methods(path: str, name: str, *, until: str = "") -> Iterator[str]:
    for node in _class(path, name).body:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or node.name.startswith("_"):
            continue
        if node.name == until:
            return
        if any("property" in ast.unparse(each) for each in node.decorator_list):
            continue
        arguments = ast.unparse(node.args).removeprefix("self, ").removeprefix("self")
        yield f"**`{node.name}({arguments})`**: {_line(ast.get_docstring(node) or '')}\n"


def _arguments(parser: argparse.ArgumentParser) -> Iterator[str]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for says in action._choices_actions:
                yield f"\n**`{says.dest}`**: {says.help}\n"
                yield from _arguments(action.choices[says.dest])
            return
    yield "| argument | |"
    yield "|---|---|"
    for action in parser._actions:
        if action.dest not in OF_DJANGO | {"help"} and action.help != argparse.SUPPRESS:
            metavar = action.metavar or action.dest
            flag = f"{', '.join(action.option_strings)} {metavar.upper() if action.nargs != 0 else ''}".strip()
            yield f"| `{flag if action.option_strings else metavar}` | {action.help or ''} |"


def _table(rows: list[Attribute]) -> list[str]:
    lines = [
        f"| `{each.name}` | `{each.type}` | {each.default and f'`{each.default}`'} | {each.says} |" for each in rows
    ]
    return ["| name | type | default | |", "|---|---|---|---|", *lines]


def _class(path: str, name: str) -> ast.ClassDef:
    return next(node for node in _parsed(path).body if isinstance(node, ast.ClassDef) and node.name == name)


def _parsed(path: str) -> ast.Module:
    return ast.parse((ROOT / path).read_text())


def _is_text(node: ast.stmt | None) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _type(node: ast.expr) -> str:
    return ast.unparse(node).replace("backoffs.", "").replace(" | ", " or ")


def _default(node: ast.expr | None) -> str:
    return "" if node is None else ast.unparse(node).replace("backoffs.DEFAULT", "exponential, jittered")


def _line(text: str) -> str:
    """A docstring as one line of Markdown, without what Sphinx would have read."""
    text = inspect.cleandoc(text).replace(":meth:", "").replace("``", "`")
    return " ".join(text.split()).replace("|", "\\|")


def _page(title: str, *lines: str) -> str:
    head = f"# {title}\n\n<!-- Written by .ci/reference.py from the code. -->\n"
    return "\n".join([head, *lines]).rstrip() + "\n"


def main() -> None:
    TARGET.mkdir(exist_ok=True)
    for name, text in pages().items():
        (TARGET / name).write_text(text)


if __name__ == "__main__":
    main()
