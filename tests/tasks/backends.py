"""Our backend in the two roles that Django's tests know: one that only records, one that runs at once."""

from __future__ import annotations

from typing import Any

from queueing import runtime, sync
from queueing.tasks import LeveretBackend
from queueing.testing import Jobs


class Embedded(LeveretBackend):
    def __init__(self, alias: str, params: dict[str, Any]) -> None:
        super().__init__(alias, {**params, "OPTIONS": {}})
        # Django's are asked in a transaction whether they wait for its commit; by default they do not.
        self.options = params.get("OPTIONS", {}) or Options()

    def get_result(self, result_id: str) -> Any:
        # Django's tests ask from coroutines too; ours refuses to block a loop there.
        asked = runtime.cluster().inspector.job(str(result_id))
        record = sync.submit(asked).result(sync.TIMEOUT)
        return self._found(result_id, record)


class Recording(Embedded):
    """As Django's dummy backend."""

    def clear(self) -> None:
        for record in Jobs(runtime.cluster()).all():
            sync.run(_remove(record.id))

    @property
    def results(self) -> list[Any]:
        return [self.get_result(record.id) for record in Jobs(runtime.cluster()).all()]


class Eager(Embedded):
    """As Django's immediate backend: the result that ``enqueue`` returns has finished."""

    def enqueue(self, task: Any, args: Any, kwargs: Any) -> Any:
        result = super().enqueue(task, args, kwargs)
        Jobs(runtime.cluster()).run()
        result.refresh()
        return result

    async def aenqueue(self, task: Any, args: Any, kwargs: Any) -> Any:
        result = await super().aenqueue(task, args, kwargs)
        await Jobs(runtime.cluster()).arun()
        await result.arefresh()
        return result


async def _remove(job_id: str) -> None:
    operations = runtime.cluster().operations
    await operations.cancel([job_id], by="tests")
    await operations.discard([job_id])


class Options(dict[str, Any]):
    """Equal to none, and yet it says not to wait for a commit."""

    def get(self, name: str, default: Any = None) -> Any:
        return False if name == "enqueue_on_commit" else super().get(name, default)
