# /// script
# requires-python = ">=3.11"
# dependencies = ["matplotlib>=3.10,<4"]
# ///
"""Draw what the soak saw: ``uv run benchmarks/soak/plot.py soak.jsonl docs/img/soak.svg``.

A script of its own, so that matplotlib is fetched by those who draw, and is no dependency of anything else.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt

MEGABYTE = 1024 * 1024
PANELS = [
    ("Worker memory (RSS), MB", [("rss", MEGABYTE, "workers")]),
    ("Redis memory, MB", [("redis_memory", MEGABYTE, "used_memory")]),
    ("Redis keys, thousands", [("keys", 1000, "keys")]),
    ("RabbitMQ", [("connections", 1, "connections"), ("channels", 1, "channels"), ("queues", 1, "queues")]),
    ("Waiting jobs", [("waiting", 1, "queued and running")]),
    ("Jobs added, thousands", [("added", 1000, "added")]),
]


def main(source: Path, target: Path) -> None:
    samples = [json.loads(line) for line in source.read_text().splitlines()]
    minutes = [sample["seconds"] / 60 for sample in samples]
    mpl.rcParams.update({"font.size": 9, "svg.hashsalt": "soak", "axes.spines.top": False, "axes.spines.right": False})
    figure, axes = plt.subplots(3, 2, figsize=(10, 8), sharex=True, layout="constrained")
    for axis, (title, lines) in zip(axes.flat, PANELS, strict=True):
        for name, unit, label in lines:
            axis.plot(minutes, [sample[name] / unit for sample in samples], label=label, linewidth=1.4)
        axis.set_title(title, loc="left")
        axis.set_ylim(bottom=0)
        axis.grid(alpha=0.25)
        if len(lines) > 1:
            axis.legend(frameon=False, fontsize=8)
    for axis in axes[-1]:
        axis.set_xlabel("minutes")
    figure.savefig(target, metadata={"Date": None})


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
