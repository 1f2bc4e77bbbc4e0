"""RESULTS.md and its plot, from the figures of one run; and the same in the documentation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path

import msgspec

from benchmarks.peers import BARE, PEERS


class Line(msgspec.Struct, frozen=True):
    measure: str
    peer: str
    figure: str
    least: float
    median: float
    most: float
    runs: int


class Machine(msgspec.Struct, frozen=True):
    at: str
    commit: str
    cpu: str
    cores: int
    load_before: float
    load_after: float
    python: str
    packages: dict[str, str]


class Figures:
    def __init__(self, lines: Sequence[Line]) -> None:
        self._by = {(line.measure, line.peer, line.figure): line for line in lines}
        self.measures = list(dict.fromkeys(line.measure for line in lines))

    def peers(self, measure: str) -> list[str]:
        return list(dict.fromkeys(peer for known, peer, _ in self._by if known == measure))

    def runs(self, measure: str) -> int:
        return min(line.runs for (known, _, _), line in self._by.items() if known == measure)

    def get(self, measure: str, peer: str, figure: str) -> Line | None:
        return self._by.get((measure, peer, figure))

    def best_rate(self, measure: str) -> float | None:
        """Of the peers that have a broker, as ours has."""
        ours = ("leveret", "bare")
        rates = [
            line.median
            for (known, peer, figure), line in self._by.items()
            if known == measure and figure == "rate"
            and PEERS[peer].module not in ours and PEERS[peer].kind == PEERS["leveret"].kind
        ]  # fmt: skip
        return max(rates, default=None)


TITLES = {
    "work 1": "One worker process, no-op jobs, until the result is stored",
    "work 2": "Two worker processes",
    "threads": "Synchronous handlers in eight threads of one process",
    "enqueue single": "Enqueue, confirmed: one at a time",
    "enqueue concurrent": "Enqueue, confirmed: 100 callers at once (arq: 30)",
    "enqueue many": "Enqueue, confirmed: one call for many",
    "latency": "From the call that enqueues to the start of the handler, at 50 jobs a second",
}


def write(path: Path, machine: Machine, lines: Sequence[Line]) -> None:
    """``path``, its data, and its plot beside it."""
    figures = Figures(lines)
    path.write_text("\n".join(page(machine, figures)) + "\n")
    encoded = [msgspec.json.encode(each) for each in (machine, *lines)]
    path.with_suffix(".jsonl").write_bytes(b"\n".join(encoded) + b"\n")
    if "work 1" in figures.measures:
        path.with_suffix(".svg").write_text(plot(figures, "work 1"))


def read(path: Path) -> tuple[Machine, list[Line]]:
    """The data beside a report."""
    about, *lines = path.with_suffix(".jsonl").read_bytes().splitlines()
    return msgspec.json.decode(about, type=Machine), [msgspec.json.decode(line, type=Line) for line in lines]


BEGIN, END = "<!-- figures: written by `make bench-docs` -->", "<!-- end of figures -->"


def shown(text: str, machine: Machine, lines: Sequence[Line]) -> str:
    """A page of the documentation with these figures between its marks."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    body = "\n".join(list(page(machine, Figures(lines)))[1:]).replace("\n## ", "\n### ")
    return f"{before}{BEGIN}\n{body.replace('(RESULTS.svg)', '(../img/bench.svg)')}\n\n{END}{after}"


def page(machine: Machine, figures: Figures) -> Iterator[str]:
    yield "# Results"
    yield ""
    yield (
        f"Written by `make bench` on {machine.at}, at {machine.commit}: {machine.cores} cores ({machine.cpu}), which "
        f"RabbitMQ and Redis shared with what is measured. Load average {machine.load_before:.1f} before the run and "
        f"{machine.load_after:.1f} after it. Medians of runs in turns, the least and the most in brackets. "
        f"Python {machine.python}; {', '.join(f'{name} {version}' for name, version in machine.packages.items())}."
    )
    yield ""
    yield "Other work on the machine lowers rates; CPU seconds hardly change with it, so compare those first."
    for measure in figures.measures:
        yield ""
        yield f"## {TITLES.get(measure, measure.capitalize())}"
        yield ""
        runs = figures.runs(measure)
        yield f"{runs} runs." if runs > 1 else "A single run: an indication, no more."
        yield ""
        if measure == "work 1":
            yield "![Jobs a second of one worker process](RESULTS.svg)"
            yield ""
        yield from _waits(figures, measure) if measure == "latency" else _rates(figures, measure)


def _rates(figures: Figures, measure: str) -> Iterator[str]:
    best = figures.best_rate(measure)
    stored = measure.startswith(("work", "threads", "memory"))
    titles = ["", "jobs/s", "to the best peer", "CPU s per 10,000", *(["Redis CPU s", "RSS, MB"] if stored else [])]
    yield f"| {' | '.join(titles)} |"
    yield f"|---{'|--:' * (len(titles) - 1)}|"
    for peer in figures.peers(measure):
        rate = figures.get(measure, peer, "rate")
        assert rate is not None
        ratio = f"{rate.median / best:.2f}×" if best else "–"
        cells = [named(peer), spread(rate, 0), ratio, *(
            spread(line, digits) if (line := figures.get(measure, peer, name)) else "–"
            for name, digits in (("cpu", 2), *((("redis_cpu", 2), ("rss", 0)) if stored else ()))
        )]  # fmt: skip
        yield f"| {' | '.join(cells)} |"


def _waits(figures: Figures, measure: str) -> Iterator[str]:
    yield "| | p50, ms | p99, ms |"
    yield "|---|--:|--:|"
    for peer in figures.peers(measure):
        found = [figures.get(measure, peer, share) for share in ("p50", "p99")]
        yield f"| {named(peer)} | {' | '.join(spread(line, 2) for line in found if line)} |"


def named(peer: str) -> str:
    known = PEERS[peer]
    return f"{peer} ({known.kind})" if known.kind != PEERS["leveret"].kind and known.kind != BARE else peer


def spread(line: Line, digits: int) -> str:
    return f"{line.median:,.{digits}f} ({line.least:,.{digits}f}–{line.most:,.{digits}f})"


ROW, LEFT, WIDE = 26, 200, 420


def plot(figures: Figures, measure: str) -> str:
    """Bars, in colours that can be read on light and on dark."""
    rows = [(peer, line.median) for peer in figures.peers(measure) if (line := figures.get(measure, peer, "rate"))]
    most = max(rate for _, rate in rows)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {LEFT + WIDE + 80} {ROW * len(rows) + 10}" '
        'font-family="sans-serif" font-size="13" fill="#7a7f87">',
        "<title>Jobs a second of one worker process</title>",
    ]
    for number, (peer, rate) in enumerate(rows):
        top, length = 5 + number * ROW, WIDE * rate / most
        colour = {"leveret": "#c2410c", "bare": "#b8bcc4"}.get(PEERS[peer].module, "#5b7083")
        parts.append(f'<text x="{LEFT - 10}" y="{top + 16}" text-anchor="end">{escape(peer)}</text>')
        parts.append(f'<rect x="{LEFT}" y="{top + 3}" width="{length:.1f}" height="{ROW - 8}" rx="3" fill="{colour}"/>')
        parts.append(f'<text x="{LEFT + length + 8:.1f}" y="{top + 16}">{rate:,.0f}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"


if __name__ == "__main__":
    # Shows the run of RESULTS.md in the documentation.
    root = Path(__file__).resolve().parent.parent
    results, target = root / "benchmarks" / "RESULTS.md", root / "docs" / "howto" / "speed.md"
    target.write_text(shown(target.read_text(), *read(results)))
    (root / "docs" / "img" / "bench.svg").write_text(results.with_suffix(".svg").read_text())
