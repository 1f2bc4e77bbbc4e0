"""The engine that is embedded in the process."""

from queueing.adapters.memory.broker import MemoryBroker

__all__ = ["MemoryBroker"]
