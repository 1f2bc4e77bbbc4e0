from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from django.core import signing
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import get_language, override

from dashboard.access import PERMISSIONS, Viewer
from queueing.domain.reading import Hint

Params: TypeAlias = Mapping[str, Any]
MakeContext: TypeAlias = Callable[[Params, Viewer], dict[str, Any]]
SALT = "leveret.live"


@dataclass(frozen=True, slots=True)
class LiveView:
    name: str
    template: str
    context: MakeContext
    needs: str
    hints: frozenset[str]
    about: Callable[[Params], str] | None
    every: float | None

    def render(self, params: Params, viewer: Viewer) -> SafeString:
        context = self.context(params, viewer)
        return render_to_string(self.template, {**context, "params": params, "viewer": viewer})

    def concerned(self, hint: Hint, about: str | None) -> bool:
        """``about``: the one job id of interest, where there is only one."""
        if hint.kind == "all":
            return True
        return hint.kind in self.hints and (hint.kind != "job" or about is None or about == hint.id)


VIEWS: dict[str, LiveView] = {}


def live_view(
    name: str,
    *,
    template: str,
    needs: str = "view",
    hints: tuple[str, ...] = ("job", "queue"),
    about: Callable[[Params], str] | None = None,
    every: float | None = None,
) -> Callable[[MakeContext], MakeContext]:
    if needs not in PERMISSIONS:
        raise ValueError(f"live_view {name}: there is no permission {needs!r}.")

    def register(context: MakeContext) -> MakeContext:
        VIEWS[name] = LiveView(name, template, context, needs, frozenset(hints), about, every)
        return context

    return register


@dataclass(frozen=True, slots=True)
class Watched:
    """What somebody looks at: a view with its parameters, as they may see it, in the language of their page. Equal ones
    share one rendering."""

    name: str
    params: str
    """As canonical JSON."""
    viewer: Viewer
    language: str | None = None

    @classmethod
    def of(cls, name: str, params: Params, viewer: Viewer) -> Watched:
        return cls(name, json.dumps(dict(params), sort_keys=True, separators=(",", ":")), viewer, get_language())

    @classmethod
    def signed(cls, token: str, viewer: Viewer) -> Watched:
        """Raises BadSignature for what this console did not put into a page, KeyError for a view that is gone."""
        match signing.loads(token, salt=SALT):
            case [name, params, language]:
                return cls(VIEWS[name].name, params, viewer, language)
            case of_another_version:
                raise KeyError(of_another_version)

    def token(self) -> str:
        """Names the view in the page. Signed, so that a socket can ask only for what a page has shown. With the page's
        language, which may be a project's to choose, by rules that a socket does not know."""
        return signing.dumps((self.name, self.params, self.language), salt=SALT, compress=True)

    @property
    def view(self) -> LiveView:
        return VIEWS[self.name]

    @property
    def allowed(self) -> bool:
        return self.view.needs in self.viewer.permissions

    @property
    def about(self) -> str | None:
        return self.view.about(json.loads(self.params)) if self.view.about else None

    def render(self) -> str:
        with self.speaking():
            return self.view.render(json.loads(self.params), self.viewer)

    def speaking(self) -> override:
        return override(self.language)
