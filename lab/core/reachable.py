"""Whether the services an installation names answer, said in one line without their passwords."""

import redis
from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, OperationalError
from sqlalchemy.pool import NullPool

OLDEST_SERVER = 150_000
PATIENCE_SECONDS = 5


class Unreachable(Exception):
    """A service that is needed does not answer; the text is one line for the operator."""


def refuse_unreachable(database_url: str) -> None:
    """Refuses (`Unreachable`) an address that cannot be read, a server that is away, or one too old."""
    url = _parsed(database_url)
    engine = create_engine(url, poolclass=NullPool, connect_args={"connect_timeout": PATIENCE_SECONDS})
    try:
        with engine.connect() as connection:
            version = int(connection.execute(text("SHOW server_version_num")).scalar_one())
    except OperationalError as error:
        raise Unreachable(f"the database at DATABASE_URL does not answer: {_first_line(error.orig)}") from error
    if version < OLDEST_SERVER:
        raise Unreachable(f"the database at DATABASE_URL is PostgreSQL {version // 10_000}; it must be 15 or newer")


def refuse_unreachable_redis(redis_url: str) -> None:
    """Refuses (`Unreachable`) a Redis that does not answer."""
    try:
        redis.Redis.from_url(redis_url, socket_connect_timeout=PATIENCE_SECONDS).ping()
    except (redis.RedisError, ValueError) as error:
        raise Unreachable(f"the Redis at REDIS_URL does not answer: {_first_line(error)}") from error


def _parsed(database_url: str) -> URL:
    try:
        url = make_url(database_url)
    except (ArgumentError, ValueError) as error:
        raise Unreachable("DATABASE_URL is not an address: postgresql://user:password@host/database") from error
    if url.drivername != "postgresql+psycopg2":
        raise Unreachable(f"DATABASE_URL must begin with postgresql://, not {url.drivername}://")
    return url


def _first_line(error: BaseException | None) -> str:
    return (str(error).strip().splitlines() or ["no reason given"])[0]
