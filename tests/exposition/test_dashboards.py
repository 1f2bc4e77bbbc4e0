"""What docs/monitoring asks for is exported, by the same names and labels; and what is exported is looked at."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard
from prometheus_client.parser import text_string_to_metric_families

from queueing.exposition import expose
from tests.exposition.full import FULL
from tests.exposition.promql import Selector, grouping_labels, selectors

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "monitoring"
OF_THE_SCRAPER = {"job", "instance", "pod"}


def exported() -> dict[str, list[dict[str, str]]]:
    """The labels of each series, by name."""
    found: dict[str, list[dict[str, str]]] = {}
    for family in text_string_to_metric_families(expose(FULL).body.decode()):
        for sample in family.samples:
            found.setdefault(sample.name, []).append(sample.labels)
    return found


EXPORTED = exported()


def rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load((FOLDER / "alerts.yml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def panels() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / "grafana.json").read_text())
    return found


def expressions() -> list[str]:
    return [rule["expr"] for rule in rules()] + [
        target["expr"] for panel in panels()["panels"] for target in panel["targets"]
    ]


def read(expression: str) -> list[Selector]:
    return selectors(expression.replace("$__rate_interval", "5m"))


@pytest.mark.parametrize("expression", expressions())
def test_what_is_asked_for_is_exported(expression: str) -> None:
    asked = read(expression)
    assert asked, "an expression that reads nothing tells nothing"
    for name, matchers in asked:
        assert name in EXPORTED, f"{name} is not exported"
        for label, operator, value in matchers:
            if label not in OF_THE_SCRAPER:
                assert _some(name, label, operator, value), f"no series of {name} has {label}{operator}{value}"


def _some(name: str, label: str, operator: str, value: str) -> bool:
    """Whether any series can match; a variable of the dashboard can be anything."""
    values = [labels[label] for labels in EXPORTED[name] if label in labels]
    if not values or value.startswith("$"):
        return bool(values)
    words = value.split("|") if "~" in operator else [value]
    return all(word in values for word in words) or (label == "queue" and bool(values))


@pytest.mark.parametrize("expression", expressions())
def test_labels_that_are_grouped_by_exist(expression: str) -> None:
    known = {label for series in EXPORTED.values() for labels in series for label in labels}
    assert grouping_labels(expression) <= known | OF_THE_SCRAPER


def test_everything_that_is_exported_is_looked_at_somewhere() -> None:
    asked = {selector.name for expression in expressions() for selector in read(expression)}
    assert {_family(name) for name in EXPORTED} == {_family(name) for name in asked}


def _family(name: str) -> str:
    return re.sub(r"_(bucket|sum|count)$", "", name)


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: str(rule["alert"]))
def test_an_alert_has_what_whoever_is_called_needs(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in ("critical", "warning", "info")
    assert rule["annotations"]["summary"].endswith(".")
    for label in re.findall(r"\$labels\.(\w+)", str(rule["annotations"])):
        assert all(label in labels for name, _ in read(rule["expr"]) for labels in EXPORTED[name])


def test_the_dashboard_can_be_imported_beside_others() -> None:
    found = panels()
    ids = [panel["id"] for panel in found["panels"]]
    assert len(ids) == len(set(ids))
    assert (found["uid"], found["title"]) == ("leveret", "Leveret")
    variables = {variable["name"] for variable in found["templating"]["list"]}
    used = set(re.findall(r"\$\{?(\w+)", json.dumps(found))) - {"__rate_interval"}
    assert used == variables
    for panel in found["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        assert panel["fieldConfig"]["defaults"]["unit"]


def through_grafana(dashboard: dict[str, Any]) -> tuple[Dashboard, list[str]]:
    """As Grafana's own types read it, and what they do not know of it: Grafana would drop that in silence."""
    register_default_plugins()
    read = Dashboard.from_json(dashboard)
    return read, list(_lost(dashboard, json.loads(JSONEncoder().encode(read))))


def _lost(given: Any, back: Any, at: str = "") -> Iterator[str]:
    if isinstance(given, dict) and isinstance(back, dict):
        for name, value in given.items():
            yield from _lost(value, back[name], f"{at}/{name}") if name in back else [f"{at}/{name}"]
    elif isinstance(given, list) and isinstance(back, list) and len(given) == len(back):
        for number, (one, other) in enumerate(zip(given, back, strict=True)):
            yield from _lost(one, other, f"{at}/{number}")
    elif given != back:
        yield at


def test_grafana_knows_each_field_and_panel_of_the_dashboard() -> None:
    read, lost = through_grafana(panels())
    assert lost == []
    for panel in read.panels or []:
        assert not isinstance(panel.options, dict), f"no panel of Grafana is called {panel.type}"


def test_a_field_that_grafana_does_not_know_is_found() -> None:
    wrong = panels()
    wrong["panels"][0]["fieldConfig"]["defaults"]["units"] = "s"
    wrong["panels"][1]["options"]["orientations"] = "auto"
    assert through_grafana(wrong)[1] == ["/panels/0/fieldConfig/defaults/units", "/panels/1/options/orientations"]


def test_names_follow_the_conventions_of_prometheus() -> None:
    for family in text_string_to_metric_families(expose(FULL).body.decode()):
        assert family.name.startswith("leveret")
        assert family.documentation.endswith(".")
        assert (family.type == "counter") == any(sample.name.endswith("_total") for sample in family.samples)
        assert not re.search(r"(milli|micro|minutes|hours|_mb|_ms)", family.name), "base units: seconds and bytes"


@pytest.mark.parametrize("text", ["leveret_jobs{state=}", "leveret_jobs # comment", "{state='x'}"])
def test_what_the_reader_of_promql_does_not_understand_it_refuses(text: str) -> None:
    with pytest.raises(ValueError, match=r"Not understood|without a name"):
        selectors(text)


def test_the_reader_of_promql_finds_every_metric() -> None:
    text = 'sum by (a) (rate(x_total{b="c{d}", e=~"f|g"}[5m])) / on (a) group_left (h) max(y:z) > 1.5e3 unless v'
    assert [selector.name for selector in selectors(text)] == ["x_total", "y:z", "v"]
    assert selectors(text)[0].matchers == (("b", "=", "c{d}"), ("e", "=~", "f|g"))
    assert grouping_labels(text) == {"a"}
