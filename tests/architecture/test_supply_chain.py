"""What others made is what it is said to be, and a question that nobody answered is not taken for an answer."""

from __future__ import annotations

import io
import json
import shutil
import sys
import tarfile
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / ".ci"))

import audit
import sbom
import vendor


def test_vendored_files_are_what_their_checksums_say() -> None:
    assert vendor.wrong() == []


def test_a_changed_a_missing_and_a_strange_file_are_seen(tmp_path: Path) -> None:
    copy = shutil.copytree(vendor.VENDOR, tmp_path / "vendor")
    (copy / "uplot.min.js").write_text("changed")
    (copy / "uplot.min.css").unlink()
    (copy / "strange.js").write_text("new")
    assert vendor.wrong(copy) == [
        "uplot.min.css is missing",
        "strange.js is not in manifest.json",
        "uplot.min.js was changed",
    ]


def test_every_vendored_package_has_a_version_an_integrity_and_a_licence_with_its_text() -> None:
    for package in vendor.packages().values():
        assert package["integrity"].startswith("sha512-")
        assert package["version"]
        assert package["licence"] in ("MIT", "OFL-1.1")
        assert any(name.endswith(".LICENSE") for name in package["files"])


def packed(**files: str) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, text in files.items():
            member = tarfile.TarInfo(f"package/{name}")
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))
    return out.getvalue()


PLOT = packed(plot="draw()")
KNOWN = vendor.sealed(
    {"version": "1.0", "files": {"plot.js": {"from": "plot", "sha256": ""}}}, PLOT, {"plot.js": b"draw()"}
)


def test_a_package_is_taken_as_it_was() -> None:
    assert vendor.unpacked("plot", KNOWN, PLOT) == {"plot.js": b"draw()"}


def test_another_package_under_the_same_version_is_refused() -> None:
    with pytest.raises(vendor.Refused, match="not the one that was vendored"):
        vendor.unpacked("plot", KNOWN, packed(plot="steal()"))
    with pytest.raises(vendor.Refused, match=r"is not what plot\.js was"):
        vendor.unpacked("plot", KNOWN | {"integrity": ""}, packed(plot="steal()"))


def test_a_new_version_is_taken_whatever_it_holds_if_it_has_the_file() -> None:
    new = packed(plot="draw_better()")
    files = vendor.unpacked("plot", vendor.moved(KNOWN, "1.1"), new)
    again = vendor.sealed(vendor.moved(KNOWN, "1.1"), new, files)
    assert (again["version"], vendor.unpacked("plot", again, new)) == ("1.1", {"plot.js": b"draw_better()"})
    with pytest.raises(vendor.Refused, match="has no plot"):
        vendor.unpacked("plot", vendor.moved(KNOWN, "2.0"), packed(other="x"))


WELL = {"name": "redis", "version": "8.1.0", "vulns": []}
ILL = {"name": "old", "version": "1.0", "vulns": [{"id": "GHSA-1", "fix_versions": ["1.1"], "aliases": []}]}
UNKNOWN = {"name": "ours", "skip_reason": "Dependency not found on PyPI and could not be audited: ours (1.0)"}


def told(*dependencies: dict[str, object]) -> str:
    return json.dumps({"dependencies": dependencies, "fixes": []})


def test_a_vulnerability_is_told_with_its_remedy() -> None:
    assert audit.read(told(WELL, ILL, UNKNOWN), "") == audit.Audit(2, ["old 1.0: GHSA-1, mended in 1.1"], ["ours"])


def test_an_index_that_knows_no_advisories_is_not_an_all_clear() -> None:
    """pip-audit ends with success and "No known vulnerabilities found" there."""
    with pytest.raises(audit.Unanswered, match="of 1 packages none is known"):
        audit.read(told(UNKNOWN), "No known vulnerabilities found")


@pytest.mark.parametrize(("out", "err", "why"), [("", "a\nNo route to host", "No route to host"), ("", "", "nothing")])
def test_no_answer_is_no_answer(out: str, err: str, why: str) -> None:
    with pytest.raises(audit.Unanswered, match=why):
        audit.read(out, err)


def test_the_bill_of_materials_names_what_is_shipped_and_nothing_of_development() -> None:
    found = sbom.bill()
    assert (found["bomFormat"], found["specVersion"]) == ("CycloneDX", "1.5")
    names = {part["name"] for part in found["components"]}
    assert {"django", "redis", "aio-pika", "psycopg", "uplot", "@fontsource-variable/inter"} <= names
    assert not names & {"pytest", "mypy", "ruff", "pip-audit", "mkdocs-material"}
    refs = [part["bom-ref"] for part in found["components"]]
    assert len(refs) == len(set(refs))
    assert {each["ref"] for each in found["dependencies"]} == {*refs, found["metadata"]["component"]["bom-ref"]}
    assert all(part["purl"].startswith(("pkg:pypi/", "pkg:npm/")) for part in found["components"])
