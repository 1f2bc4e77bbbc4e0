from queueing.adapters.redis.store import RedisStore

__all__ = ["RedisStore"]
