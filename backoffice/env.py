"""Reading the environment, loudly: a value that cannot be understood stops the start with its name and the way out."""

import contextlib
import hashlib
import os
import re
import secrets
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import django
import environ
from django.core.exceptions import ImproperlyConfigured

from apps.core import rings

_env = environ.Env()


def text(name: str, default: str = "") -> str:
    return str(_env.str(name, default=default)).strip()


def flag(name: str, default: bool) -> bool:
    raw = text(name).lower()
    if raw == "":
        return default
    if raw in ("1", "true", "yes", "on"):
        return True
    if raw in ("0", "false", "no", "off"):
        return False
    raise ImproperlyConfigured(f"{name}={raw!r} is neither yes nor no: use 1 or 0.")


def number(name: str, default: int, *, low: int, high: int) -> int:
    raw = text(name, str(default))
    try:
        value = int(raw)
    except ValueError:
        raise ImproperlyConfigured(f"{name}={raw!r} is not a whole number.") from None
    if not low <= value <= high:
        raise ImproperlyConfigured(f"{name}={value} is outside {low} to {high}.")
    return value


def seconds(name: str, default: str) -> float:
    """`5s`, `500ms` or `2min`, as PostgreSQL writes times; a bare number is milliseconds, 0 none."""
    raw = text(name, default)
    found = re.fullmatch(r"(\d+)(ms|s|min)?", raw)
    if found is None:
        raise ImproperlyConfigured(f"{name}={raw!r} is no time such as 5s or 500ms.")
    return int(found[1]) * {None: 0.001, "ms": 0.001, "s": 1.0, "min": 60.0}[found[2]]


def decimal(name: str) -> Decimal | None:
    """An amount such as 0.04; None where none is given."""
    raw = text(name)
    if not raw:
        return None
    if not re.fullmatch(r"\d{1,9}(\.\d{1,6})?", raw):
        raise ImproperlyConfigured(f"{name}={raw!r} is no amount such as 0.04.")
    return Decimal(raw)


def numbers(name: str, keys: tuple[str, ...]) -> dict[str, int]:
    """`KEY=number, KEY=number`: whole numbers of 0 or more by some of these keys."""
    found: dict[str, int] = {}
    for pair in words(name, ""):
        key, _, value = (part.strip() for part in pair.partition("="))
        if key not in keys or not re.fullmatch(r"[0-9]{1,15}", value):
            wanted = f"one of {', '.join(keys)} with a number, such as {keys[0]}=86400"
            raise ImproperlyConfigured(f"{name}: {pair!r} is not {wanted}.")
        found[key] = int(value)
    return found


def words(name: str, default: str) -> list[str]:
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def url(name: str, schemes: tuple[str, ...]) -> str:
    raw = text(name)
    if raw and urlsplit(raw).scheme not in schemes:
        raise ImproperlyConfigured(f"{name} must begin with one of {', '.join(s + '://' for s in schemes)}.")
    return raw


def version_of(folder: Path) -> str:
    """Twelve letters that are others as soon as a file of this folder or an installed package is another."""
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(f"{path.relative_to(folder)} {path.stat().st_size} ".encode() + path.read_bytes())
    packages = Path(django.__file__).parent.parent.glob("*.dist-info")  # their names end with their versions
    digest.update(" ".join(sorted(path.name for path in packages)).encode())
    return digest.hexdigest()[:12]


def one_of(name: str, default: str, words: tuple[str, ...]) -> str:
    raw = text(name, default)
    if raw not in words:
        raise ImproperlyConfigured(f"{name} must be one of {', '.join(words)}.")
    return raw


def database(data_dir: Path) -> dict[str, Any]:
    """SQLite in DATA_DIR unless DATABASE_URL names a PostgreSQL server."""
    raw = url("DATABASE_URL", ("postgres", "postgresql"))
    if raw:
        config: dict[str, Any] = environ.Env.db_url_config(raw)
        config["ENGINE"] = "django.db.backends.postgresql"
        timeout = text("DB_STATEMENT_TIMEOUT", "5s")
        config["OPTIONS"] = {
            "connect_timeout": 5,
            "options": f"-c statement_timeout={timeout} -c lock_timeout=5s "
            "-c idle_in_transaction_session_timeout=30s -c jit=off",
        }
        return config
    file = data_dir / "backoffice.sqlite3"
    private(file)
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": file,
        "OPTIONS": {
            # IMMEDIATE: a transaction takes the write lock at its start, so that two of them queue instead of
            # failing half-way. FULL: what was acknowledged is on disk.
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-16000;",
        },
    }


def folder(path: Path) -> Path:
    """This folder; made, where it is not there, for its owner only."""
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    return path


def private(database: Path) -> None:
    """The SQLite file and what SQLite puts beside it, for their owner only: made so, and what is there tightened.
    SQLite gives its further files the mode of the first."""
    with contextlib.suppress(PermissionError):  # then it says so itself, in words of its own
        os.close(os.open(database, os.O_RDWR | os.O_CREAT, 0o600))
    for path in (database, *(database.with_name(database.name + ending) for ending in ("-wal", "-shm", "-journal"))):
        with contextlib.suppress(FileNotFoundError, PermissionError):  # gone meanwhile; somebody else's
            if path.stat().st_mode & 0o077:
                path.chmod(0o600)


def _kept(path: Path, make: str) -> str:
    """The secret kept in this file; on first start *make* is written there, readable by its owner only."""
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f"{path.name}.{os.getpid()}")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as handle:
            handle.write(make + "\n")
        try:
            os.link(fresh, path)  # whoever comes first wins; the others read what stands there
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
        return path.read_text().strip()


def secret_key(data_dir: Path) -> str:
    return text("SECRET_KEY") or _kept(data_dir / "secret_key", secrets.token_urlsafe(60))


def field_keys(data_dir: Path) -> dict[str, bytes]:
    """The key ring of encrypted columns: `FIELD_KEYS=id:base64,id:base64`; the first encrypts, all decrypt."""
    try:
        return rings.read(
            text("FIELD_KEYS") or _kept(data_dir / "field_keys", rings.write({"k1": secrets.token_bytes(32)}).strip())
        )
    except ValueError:
        raise ImproperlyConfigured("FIELD_KEYS must read id:base64 of 32 bytes, several separated by commas.") from None


def mail() -> dict[str, Any]:
    """Django's settings of mail; empty: links are shown to whoever makes them, and handed on by hand."""
    held = url("EMAIL_URL", ("smtp", "smtps", "smtp+tls", "smtp+ssl"))
    return {**_env.email_url_config(held), "EMAIL_TIMEOUT": 15} if held else {}
