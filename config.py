"""Every setting of the program, read once from the environment. Nothing else reads `os.environ`."""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

KIBIBYTE = 1024
SOURCE_LANGUAGE = "es"
KNOWN_LANGUAGES = ("es", "en", "qu", "ay", "gn")
SECRET_FILE = "secret.key"  # noqa: S105 - the name of a file


class SettingError(Exception):
    """A setting is missing or cannot be used; the text is one line for the operator."""


@dataclass(frozen=True)
class Settings:
    """What an installation decides; the defaults serve one machine with nothing else installed."""

    environment: str
    data_folder: Path
    database_url: str
    redis_url: str
    secret_key: str
    public_url: str
    port: int
    languages: tuple[str, ...]
    minimum_age: int = 14
    proxy_hops: int = 0
    body_limit: int = 256 * KIBIBYTE
    form_parts_limit: int = 200
    extra: dict[str, object] = field(default_factory=dict)

    @property
    def production(self) -> bool:
        return self.environment == "production"

    @property
    def tls(self) -> bool:
        """Whether the public address is https: decides cookie names, Secure and HSTS."""
        return self.public_url.startswith("https://")

    @property
    def public_host(self) -> str:
        return urlsplit(self.public_url).hostname or "127.0.0.1"

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> Self:
        """Reads and checks every variable, an empty one as if it were not set; refuses with `SettingError` by name."""
        given = os.environ if environ is None else environ
        env = {name: value for name, value in given.items() if value.strip()}
        environment = env.get("LAB_ENV", "development")
        port = _whole_number(env, "PORT", 8000)
        data_folder = Path(env.get("LAB_DATA", "var")).absolute()
        settings = cls(
            environment=environment,
            data_folder=data_folder,
            database_url=_driver_named(env.get("DATABASE_URL", "")),
            redis_url=env.get("REDIS_URL", ""),
            secret_key=env.get("SECRET_KEY", ""),
            public_url=env.get("PUBLIC_URL", f"http://127.0.0.1:{port}").rstrip("/"),
            port=port,
            languages=_languages(env),
            minimum_age=_whole_number(env, "MINIMUM_AGE", 14),
            proxy_hops=_whole_number(env, "PROXY_HOPS", 0),
        )
        settings._refuse_incomplete_production(env)
        return settings

    def _refuse_incomplete_production(self, env: Mapping[str, str]) -> None:
        if not self.production:
            return
        needed = ("DATABASE_URL", "SECRET_KEY", "PUBLIC_URL")
        missing = [name for name in needed if not env.get(name)]
        if missing:
            raise SettingError("LAB_ENV=production needs " + ", ".join(missing))


def environment_with(**changes: str) -> dict[str, str]:
    """This process's environment with changes: what a child process is started with."""
    return dict(os.environ) | changes


def stored_secret(data_folder: Path) -> str:
    """The secret of an installation that was given none: made once, kept beside its data (mode 0600)."""
    path = data_folder / SECRET_FILE
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _kept_secret(path)
    if os.geteuid() == 0:  # the folder's owner must be able to start the program too
        os.fchown(descriptor, data_folder.stat().st_uid, data_folder.stat().st_gid)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(48))
    return _kept_secret(path)


def _kept_secret(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError as error:
        raise SettingError(f"cannot read the secret in {path}: {error.strerror}; set SECRET_KEY") from error


def _whole_number(env: Mapping[str, str], name: str, default: int) -> int:
    value = env.get(name, str(default))
    if not value.isdecimal():
        raise SettingError(f"{name} must be a whole number, not {value!r}")
    return int(value)


def _languages(env: Mapping[str, str]) -> tuple[str, ...]:
    chosen = tuple(part.strip() for part in env.get("LANGUAGES", "es,en").split(",") if part.strip())
    unknown = [language for language in chosen if language not in KNOWN_LANGUAGES]
    if unknown or SOURCE_LANGUAGE not in chosen:
        raise SettingError(f"LANGUAGES must hold es and only {', '.join(KNOWN_LANGUAGES)}")
    return chosen


def _driver_named(url: str) -> str:
    """SQLAlchemy 2.1 reads plain `postgresql://` as psycopg 3; the pages speak psycopg2."""
    for prefix in ("postgresql://", "postgres://"):
        if url.startswith(prefix):
            return "postgresql+psycopg2://" + url.removeprefix(prefix)
    return url
