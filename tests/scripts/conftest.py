"""The fixtures of these tests are in `servers`."""

from servers import database, postgresql, redis, shared_postgresql

__all__ = ["database", "postgresql", "redis", "shared_postgresql"]
