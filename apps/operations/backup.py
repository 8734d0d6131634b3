"""The whole system in one file, and back: database, key ring, and digests by which every byte of it is proven.

A tar of `manifest.json`, its `digest`, `database` (SQLite's own file, or pg_dump's custom format) and `field_keys`, the
ring in force, unless the environment gives it: then its owner keeps it apart on purpose. Whoever holds the file holds
the secrets: it is written for its owner only.

Coming back, nothing is touched before every member has the digest that the manifest says, the database is known to be
whole and its ledger adds up; what was here is kept in a backup of its own.
"""

import hashlib
import json
import os
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone

from apps.core import crypto, rings
from apps.operations.dumps import Refusal, dump, ledger_of_this_database, put_back

KEYS = "field_keys"
HELD = ("manifest.json", "digest", "database", KEYS)


def save(path: Path) -> dict[str, Any]:
    """Write the backup while everything runs on; returns its manifest. Raises Refusal, and leaves nothing then."""
    if path.exists():
        raise Refusal(f"{path} is there already; choose another name")
    if not path.resolve().parent.is_dir():
        raise Refusal(f"{path.parent} is no folder; make it first")
    try:
        return _save(path)
    except OSError as error:
        raise Refusal(f"{path} can't be written: {error.strerror}") from None
    except sqlite3.Error as error:
        raise Refusal(f"{path} can't be written: {error}") from None


def _save(path: Path) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(dir=path.resolve().parent) as name:
        folder = Path(name)
        ledger, applied = dump(folder / "database")
        if not settings.FIELD_KEYS_GIVEN:
            (folder / KEYS).write_text(rings.write(settings.FIELD_KEYS))
        manifest = {
            "made_at": timezone.now().isoformat(timespec="seconds"), "engine": connection.vendor,
            "sums": {"ledger": ledger}, "keys": _fingerprints(settings.FIELD_KEYS), "migrations": applied,
            "members": {one.name: digest_of(one) for one in sorted(folder.iterdir())},
        }  # fmt: skip
        (folder / "manifest.json").write_text(json.dumps(manifest, indent=1))
        (folder / "digest").write_text(digest_of(folder / "manifest.json"))
        made = folder / "backup"
        with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            with tarfile.open(fileobj=out, mode="w") as tar:
                for member in HELD:
                    if (folder / member).exists():
                        tar.add(folder / member, arcname=member)
            out.flush()
            os.fsync(out.fileno())
        made.rename(path)
    return manifest


def load(
    path: Path, *, replace: bool, discard: bool = False, unproven: bool = False
) -> tuple[dict[str, Any], Path | None]:
    """Put the backup in place of this database and bring it up to date; its manifest, and the backup in which what was
    here is kept (None where nothing was here, or `discard`). `unproven` takes a file of before 0.3.0, without digests.

    Raises Refusal; whatever it says, what was here is here still, or in the backup that it names.
    """
    with tempfile.TemporaryDirectory(dir=settings.DATA_DIR) as name:  # a disk for data, which /tmp may not be
        folder = Path(name)
        manifest = _proven(path, folder, unproven)
        if manifest["engine"] != connection.vendor:
            raise Refusal(f"{path} was made on {manifest['engine']}; move tables with export_tables and import_tables")
        if newer := sorted(set(manifest.get("migrations", ())) - _known_migrations()):
            raise Refusal(f"{path} was made by a newer version ({newer[0]}); upgrade this one first")
        if not replace and _holds_rows():
            raise Refusal("This database holds data. Give --replace to put the backup in its place")
        ring = _ring_for(manifest, folder / KEYS)
        kept = None if discard else _keep_what_is_here()
        try:
            put_back(folder / "database", manifest["sums"]["ledger"])
        except Refusal:
            if kept is not None:
                kept.unlink()  # what is here stays: nobody needs it twice
            raise
        _take_keys(ring)
    try:
        call_command("migrate", verbosity=0, interactive=False)
        found = ledger_of_this_database()
    except Exception as error:
        raise Refusal(f"It was put back, and could not be brought up to date: {error}.{_way_back(kept)}") from error
    if found != manifest["sums"]["ledger"]:
        raise Refusal(f"The ledger's sums differ after the restore: {found}.{_way_back(kept)}")
    return manifest, kept


def _way_back(kept: Path | None) -> str:
    return f" What was here is in {kept}" if kept else ""


def digest_of(path: Path) -> str:
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _proven(path: Path, folder: Path, unproven: bool) -> dict[str, Any]:
    """Unpack; every member must be there with its digest, and nothing else."""
    try:
        _unpack(path, folder)
        manifest: dict[str, Any] = json.loads((folder / "manifest.json").read_text())
        if not {"engine", "sums", "keys"} <= set(manifest) or not (folder / "database").exists():
            raise ValueError("it is not whole")
        ledger = manifest["sums"]["ledger"]
        if len(ledger) != 3 or not all(type(number) is int for number in ledger):
            raise ValueError("its sums are no sums")
        for name, kind in (("members", dict), ("keys", dict), ("migrations", list)):
            if not isinstance(manifest.get(name, kind()), kind):
                raise ValueError(f"its {name} can't be read")
        if (folder / KEYS).exists():
            _ring_in(folder / KEYS)
    except (tarfile.TarError, OSError, ValueError, TypeError, KeyError) as error:
        raise Refusal(f"{path} is no backup of ours: {error}") from None
    if "members" not in manifest and not (folder / "digest").exists():
        if unproven:
            return manifest
        raise Refusal(
            f"{path} holds no digests, so nobody can say whether it is whole. If it was made before version 0.3.0, "
            "give --unproven: the database's own check and the ledger's sums then have to do"
        )
    proofs = {"manifest.json": _digest_said(folder)}
    proofs |= {str(name): str(digest) for name, digest in dict(manifest.get("members") or {}).items()}
    held = {one.name for one in folder.iterdir()} - {"digest"}
    if held != set(proofs):
        raise Refusal(
            f"{path} is damaged: {', '.join(sorted(held ^ set(proofs)))} missing or too many; nothing was changed"
        )
    for name, digest in proofs.items():
        if digest_of(folder / name) != digest:
            raise Refusal(
                f"{path} is damaged: {name} is not as it was written; nothing was changed. Take another backup"
            )
    return manifest


def _digest_said(folder: Path) -> str:
    said = folder / "digest"
    return said.read_bytes().decode("ascii", "replace").strip() if said.exists() else ""


def _unpack(path: Path, folder: Path) -> None:
    """The files that we put in, by their names; whatever else a tar may hold or point to is not looked at."""
    with tarfile.open(path, mode="r:") as tar:
        for member in tar:
            content = tar.extractfile(member) if member.name in HELD and member.isfile() else None
            if content is not None:
                with content, (folder / member.name).open("xb") as out:
                    shutil.copyfileobj(content, out)


def _keep_what_is_here() -> Path | None:
    """A backup of what is about to go, beside the data; None where the database is empty."""
    try:
        if not connection.introspection.table_names():
            return None
        path = Path(settings.DATA_DIR) / f"before-restore-{timezone.now():%Y%m%d-%H%M%S-%f}.tar"
        save(path)
    except (Refusal, DatabaseError, sqlite3.Error) as error:
        raise Refusal(
            f"What is here can't be kept ({str(error).strip()}), so nothing was changed. Where it is lost already, "
            "give --discard"
        ) from None
    return path


def _known_migrations() -> set[str]:
    return {f"{app}.{name}" for app, name in MigrationLoader(None, ignore_no_migrations=True).disk_migrations}


def _holds_rows() -> bool:
    try:
        if "products_product" not in connection.introspection.table_names():
            return False
        return bool(apps.get_model("products", "Product").objects.exists())
    except DatabaseError:  # broken, or of another age: not nothing
        return True


def _fingerprints(ring: Mapping[str, bytes]) -> dict[str, str]:
    return {name: hashlib.sha256(b"fingerprint" + key).hexdigest()[:16] for name, key in ring.items()}


def _ring_in(file: Path) -> dict[str, bytes]:
    try:
        return rings.read(file.read_text())
    except ValueError:  # a text that is none, too
        raise ValueError("its key ring can't be read") from None


def _ring_for(manifest: Mapping[str, Any], file: Path) -> dict[str, bytes]:
    """The ring that opens what is in the backup. What the environment gives stays in force, whatever comes along: then
    it must be that one. Without the ring nobody could read a device key, so nothing is changed where it is missing."""
    packed = _ring_in(file) if file.exists() else {}
    comes_along = _opens(packed, manifest["keys"])
    if packed and not settings.FIELD_KEYS_GIVEN:
        if comes_along:
            return packed
        raise Refusal(
            "The key ring in the backup is not the one that its rows were encrypted with; nothing was changed. Give "
            "the right one by FIELD_KEYS"
        )
    if _opens(settings.FIELD_KEYS, manifest["keys"]):
        return dict(settings.FIELD_KEYS)
    if settings.FIELD_KEYS_GIVEN:
        raise Refusal(
            "FIELD_KEYS in the environment here is another than the key ring the backup was made with; nothing was "
            f"changed. Set that one{', or unset FIELD_KEYS: it comes along with the backup' if comes_along else ''}"
        )
    raise Refusal(
        "The backup was made without its key ring, and FIELD_KEYS here is another; set the one it was made with"
    )


def _opens(ring: Mapping[str, bytes], wanted: Mapping[str, str]) -> bool:
    """Whether it holds every key, and last the one that keyed the digests."""
    held = _fingerprints(ring)
    return wanted.items() <= held.items() and [*held][-1:] == [*wanted][-1:]


def _take_keys(ring: Mapping[str, bytes]) -> None:
    """Put the ring in force, for what follows and for every start; another that lay in its place is kept beside it."""
    crypto.use_ring(ring)
    here = Path(settings.DATA_DIR) / KEYS
    if settings.FIELD_KEYS_GIVEN or (here.exists() and here.read_text().strip() == rings.write(ring).strip()):
        return
    if here.exists():
        here.rename(here.with_name(f"{KEYS}.before-{timezone.now():%Y%m%d%H%M%S}"))
    with os.fdopen(os.open(here, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write(rings.write(ring))
