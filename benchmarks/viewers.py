"""Many pages that are looked at, in one process: ``python -m benchmarks.viewers URL COOKIE COUNT``.

Loads each page once, opens its socket COUNT times in all, names its views as the page's script does, and answers each
update. Prints ``watching`` when every socket has had its first update. Its input then names the last word ``mark-…`` to
wait for; once all pages of marks have shown it, or after ten seconds, a JSON line follows: ``seen``, for each such word
the times at which it was first seen, a socket each (seconds since 1970), ``updates`` and ``bytes`` received.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time
from itertools import cycle, islice
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import uvloop
from autobahn.asyncio.websocket import WebSocketClientFactory, WebSocketClientProtocol

PAGES = ("/", "/jobs?queue=marks&follow=1", "/queues", "/workers")
PATIENCE = 10.0
"""Seconds. Who has not seen the last mark by then has missed it."""
VIEW = re.compile(r'<\w+ [^>]*?\bid="([^"]+)"[^>]*?\bdata-live="([^"]+)"')
MARK = re.compile(rb"mark-\d+")
NUMBER = re.compile(rb'"n": (\d+)')


class Viewers:
    def __init__(self) -> None:
        self.seen: dict[str, list[float]] = {}
        self.updates = self.bytes = self.started = 0


class Viewer(WebSocketClientProtocol):
    def onMessage(self, payload: bytes, isBinary: bool) -> None:
        now, about = time.time(), self.factory.viewers
        about.bytes += len(payload)
        if payload.startswith(b'{"type": "hello"'):
            self.sendMessage(self.factory.watch)
            self.known: set[bytes] = set()
            self.begun = False
        elif payload.startswith(b'{"type": "update"'):
            about.updates += 1
            if not self.begun:
                self.begun, about.started = True, about.started + 1
            for mark in set(MARK.findall(payload)) - self.known:
                self.known.add(mark)
                about.seen.setdefault(mark.decode(), []).append(now)
            number = NUMBER.search(payload, 0, 200)
            assert number, payload[:200]
            self.sendMessage(b'{"type":"ack","n":%s}' % number[1])
        else:
            self.sendMessage(b'{"type":"ack"}')


def fetch(url: str, cookie: str) -> str:
    with urlopen(Request(url, headers={"Cookie": cookie}), timeout=30) as answer:  # noqa: S310 - ours, on the loopback
        text: str = answer.read().decode()
        return text


async def main(url: str, cookie: str, count: int) -> None:
    loop, viewers, host = asyncio.get_running_loop(), Viewers(), urlsplit(url)
    makers = []
    for page in PAGES:
        views = [{"id": name, "token": token} for name, token in VIEW.findall(fetch(url + page, cookie))]
        assert views, f"{page} has no live views"
        headers = {"Cookie": cookie, "Origin": url}
        factory = WebSocketClientFactory(f"ws://{host.netloc}/live/", headers=headers, loop=loop)
        factory.protocol, factory.viewers = Viewer, viewers
        factory.watch = json.dumps({"type": "watch", "views": views}).encode()
        makers.append(factory)
    for factory in islice(cycle(makers), count):
        await loop.create_connection(factory, host.hostname, host.port)
    while viewers.started < count:
        await asyncio.sleep(0.05)
    print("watching", flush=True)
    last = (await asyncio.to_thread(sys.stdin.readline)).strip()
    give_up = loop.time() + PATIENCE
    while len(viewers.seen.get(last, ())) < count // len(PAGES) and loop.time() < give_up:
        await asyncio.sleep(0.05)
    print(json.dumps({"seen": viewers.seen, "updates": viewers.updates, "bytes": viewers.bytes}))


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
