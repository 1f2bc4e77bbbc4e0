"""``runalerts`` as a process of its own, on real servers: it is there when the workers are not."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from tests.acceptance.project import Project
from tests.eventually import eventually


async def test_runalerts_tells_when_the_last_worker_has_gone_and_when_one_is_back(project: Project) -> None:
    got: list[dict[str, Any]] = []
    beats = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal beats
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = next((int(line.split(":")[1]) for line in head.splitlines() if line.startswith("content-length")), 0)
        if head.startswith("post"):
            got.append(json.loads(await reader.readexactly(length)))
        else:
            beats += 1
        writer.write(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    await project.create_users("correct horse")
    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        project.environment |= {
            "LEVERET_ALERT_WEBHOOK": f"{url}/hook",
            "LEVERET_ALERT_HEARTBEAT": f"{url}/beat",
            "LEVERET_ALERT_AFTER": "0.5",
        }
        async with project.running("runalerts", "--every", "0.2") as watcher:
            await eventually(lambda: beats > 1, timeout=60, message="the first looks")
            await project.cluster.producer.add("parcels", "ship", {"order": 1})
            await eventually(lambda: kinds(got, "raised"), timeout=60, message="an alert")
            assert kinds(got, "raised") == ["no_worker"]
            async with project.workers("--queues", "parcels"):
                await eventually(lambda: kinds(got, "over"), timeout=60, message="the end of it")
            assert await watcher.stop() == 0
    assert "Stopped." in watcher.output


def kinds(got: list[dict[str, Any]], event: str) -> list[str]:
    return [alert["kind"] for message in got for alert in message["alerts"] if alert["event"] == event]
