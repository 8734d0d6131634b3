"""A backup put back is the system that was backed up: every row, the ledger, the secrets."""

import contextlib
import hashlib
import io
import json
import os
import sqlite3
import stat
import tarfile
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection

from apps.core import changes, counting, crypto, rings
from apps.core.actors import SYSTEM
from apps.core.rows import new
from apps.dcm.models import PaymentCommand
from apps.events import wake
from apps.operations import dumps
from apps.products.models import Product
from apps.transfer.dataset import moved
from tests import databases, reference
from tests.cast import Caller, Device, make_cast, make_unit

OTHER = {"k2": b"another ring of thirty-two bytes"}
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def one_restore_at_a_time():
    """A restore holds every table, old and new, until it ends; two of them at once are more than the locks that a
    PostgreSQL of usual settings keeps for all of its databases together."""
    with databases.alone("restore"):
        yield


@pytest.fixture
def filled(transactional_db, monkeypatch, settings, tmp_path):
    monkeypatch.setattr(wake, "relay_soon", lambda: None)
    settings.DATA_DIR, settings.FIELD_KEYS_GIVEN = tmp_path, False
    (tmp_path / "field_keys").write_text(rings.write(settings.FIELD_KEYS))
    reference.fill()
    cast = make_cast()
    unit = make_unit("test-backup", entity=cast.a)
    for number, value in enumerate((1000, -300, 2**31 - 1)):
        new(
            PaymentCommand, by=SYSTEM, product=unit, category="payment" if value > 0 else "bad-payment", value=value,
            void=number == 0, transaction_id=f"backup-{number}",
        )  # fmt: skip
    ring = settings.FIELD_KEYS
    yield unit
    crypto.use_ring(ring)


def everything():
    return {path: list(table.model.objects.order_by("pk").values()) for path, table in moved().items()}


def test_all_of_it_comes_back(filled, tmp_path, capsys):
    before, file, ring = everything(), tmp_path / "backup.tar", (tmp_path / "field_keys").read_text()
    call_command("backup", str(file))
    assert "3 commands" in capsys.readouterr().out
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    PaymentCommand.objects.all().delete()
    make_unit("test-later")
    Product.objects.filter(pk=filled.pk).update(assembler="changed")
    with pytest.raises(CommandError, match="--replace"):
        call_command("restore", str(file))
    (tmp_path / "field_keys").write_text(rings.write(OTHER))
    crypto.use_ring(OTHER)
    call_command("restore", str(file), replace=True)
    said = capsys.readouterr().out
    assert "sums are equal" in said
    (kept,) = tmp_path.glob("before-restore-*.tar")
    assert str(kept) in said
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    changes.forget()
    assert everything() == before
    assert (tmp_path / "field_keys").read_text() == ring
    assert [one.read_text() for one in tmp_path.glob("field_keys.before-*")] == [rings.write(OTHER)]
    assert {stat.S_IMODE(one.stat().st_mode) for one in tmp_path.glob("field_keys")} == {0o600}
    unit = Product.objects.get(pk=filled.pk)
    assert Device(unit).report(enabled=False).status_code == 200
    assert counting.count(Product.objects.all()) == 1
    new(PaymentCommand, by=SYSTEM, product=unit, category="payment", value=1, void=False, transaction_id="afterwards")
    assert Caller()(None, "GET", "/v1/home").status_code == 200


def test_what_is_no_backup_or_has_other_keys_changes_nothing(filled, tmp_path, monkeypatch):
    before, file = everything(), tmp_path / "backup.tar"
    settings.FIELD_KEYS_GIVEN = True
    call_command("backup", str(file))
    with pytest.raises(CommandError, match="there already"):
        call_command("backup", str(file))
    for name, text in (("text", b"no tar"), ("empty", b"")):
        (tmp_path / name).write_bytes(text)
        with pytest.raises(CommandError, match="no backup of ours"):
            call_command("restore", str(tmp_path / name), replace=True)
    with tarfile.open(tmp_path / "other.tar", "w") as tar:
        tar.add(tmp_path / "text", arcname="../outside")
    with pytest.raises(CommandError, match="no backup of ours"):
        call_command("restore", str(tmp_path / "other.tar"), replace=True)
    assert not (tmp_path.parent / "outside").exists()
    for text in ("[]", "{}", '{"engine": "sqlite", "sums": {}, "keys": {}}'):
        (tmp_path / "text").write_text(text)
        with tarfile.open(tmp_path / "half.tar", "w") as tar:
            tar.add(tmp_path / "text", arcname="manifest.json")
        with pytest.raises(CommandError, match="no backup of ours"):
            call_command("restore", str(tmp_path / "half.tar"), replace=True)
    with monkeypatch.context() as patch:
        patch.setattr(settings, "FIELD_KEYS", OTHER, raising=False)
        for given, said in ((True, "FIELD_KEYS in the environment here is another"), (False, "made without its key")):
            patch.setattr(settings, "FIELD_KEYS_GIVEN", given, raising=False)
            with pytest.raises(CommandError, match=said):
                call_command("restore", str(file), replace=True)
    assert everything() == before


def members_of(file):
    with tarfile.open(file) as tar:
        return {one.name for one in tar}


def test_a_ring_of_the_environment_is_never_mistaken_for_the_file_that_lies_there(filled, tmp_path):
    """Rotated in the environment, with a file of before in DATA_DIR."""
    old, file = dict(settings.FIELD_KEYS), tmp_path / "backup.tar"
    rotated = OTHER | old
    settings.FIELD_KEYS_GIVEN = True
    crypto.use_ring(rotated)
    Product.objects.get(pk=filled.pk).save()  # under the new key
    call_command("backup", str(file))
    assert "field_keys" not in members_of(file)
    before = everything()
    bad = {
        "the stale file": (old, False, "without its key ring"),
        "another last key": (old | OTHER, True, "in the environment here is another"),
        "without the new one": (old, True, "in the environment here is another"),
    }
    for name, (ring, given, said) in bad.items():
        settings.FIELD_KEYS_GIVEN = given
        crypto.use_ring(ring)
        with pytest.raises(CommandError, match=said):
            call_command("restore", str(file), replace=True)
        crypto.use_ring(rotated)
        assert everything() == before, name
    assert list(tmp_path.glob("before-restore-*")) == []
    settings.FIELD_KEYS_GIVEN = True
    call_command("restore", str(file), replace=True)
    assert everything() == before
    assert (tmp_path / "field_keys").read_text() == rings.write(old)  # not in force, and left alone


def test_a_ring_that_comes_along_opens_what_comes_with_it(filled, tmp_path):
    ring, file = dict(settings.FIELD_KEYS), tmp_path / "backup.tar"
    call_command("backup", str(file))
    before = everything()
    stale = remade(file, tmp_path / "stale.tar", lambda members: forged(with_ring(members, OTHER)))
    with pytest.raises(CommandError, match="is not the one that its rows were encrypted with"):
        call_command("restore", str(stale), replace=True)
    settings.FIELD_KEYS_GIVEN = True
    call_command("restore", str(stale), replace=True)  # the environment's is the right one
    changes.forget()
    assert everything() == before
    crypto.use_ring(OTHER)  # where it is to come, the environment gives another
    with pytest.raises(CommandError, match="or unset FIELD_KEYS: it comes along"):
        call_command("restore", str(file), replace=True, discard=True)
    crypto.use_ring(ring)
    assert everything() == before
    settings.FIELD_KEYS_GIVEN = False
    crypto.use_ring(OTHER)
    call_command("restore", str(file), replace=True)
    assert Product.objects.get(pk=filled.pk).device_key == filled.device_key
    assert Product.objects.get(pk=filled.pk).device_key_digest == filled.device_key_digest


def remade(file, to, change):
    """The same tar with what `change({name: bytes})` makes of its members."""
    with tarfile.open(file) as tar:
        members = {one.name: tar.extractfile(one).read() for one in tar}
    change(members)
    with tarfile.open(to, "w") as tar:
        for name, content in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return to


def flipped(name, place, bits=0x04):
    def change(members):
        content = bytearray(members[name])
        content[int(len(content) * place)] ^= bits
        members[name] = bytes(content)

    return change


def one_letter(members):
    """A letter of a serial: SQLite and pg_restore take it without a word."""
    assert b"Entity A" in members["database"] or members["database"][:5] == b"PGDMP"
    members["database"] = members["database"].replace(b"Entity A", b"Entity Z")
    if members["database"][:5] == b"PGDMP":
        flipped("database", 0.9)(members)


def with_sums(*ledger):
    """The sums changed by somebody who also wrote the digest anew."""

    def change(members):
        manifest = json.loads(members["manifest.json"])
        manifest["sums"]["ledger"] = list(ledger)
        members["manifest.json"] = json.dumps(manifest).encode()
        members["digest"] = hashlib.sha256(members["manifest.json"]).hexdigest().encode()

    return change


def forged(members, **given):
    """By somebody who also wrote the digest anew."""
    manifest = json.loads(members["manifest.json"]) | given
    members["manifest.json"] = json.dumps(manifest).encode()
    members["digest"] = hashlib.sha256(members["manifest.json"]).hexdigest().encode()


def with_ring(members, ring):
    manifest = json.loads(members["manifest.json"])
    members["field_keys"] = rings.write(ring).encode()
    manifest["members"]["field_keys"] = hashlib.sha256(members["field_keys"]).hexdigest()
    members["manifest.json"] = json.dumps(manifest).encode()
    return members


def without_digests(members):
    manifest = json.loads(members["manifest.json"])
    del manifest["members"], members["digest"]
    members["manifest.json"] = json.dumps(manifest).encode()


def newer(members):
    with_sums(3, 2147484347, 2147483347)(members)
    manifest = json.loads(members["manifest.json"])
    manifest["migrations"].append("products.9999_of_tomorrow")
    members["manifest.json"] = json.dumps(manifest).encode()
    members["digest"] = hashlib.sha256(members["manifest.json"]).hexdigest().encode()


DAMAGED = {
    "a letter changed (case 150)": (one_letter, "database is not as it was written"),
    "bits flipped": (flipped("database", 0.5), "database is not as it was written"),
    "a header flipped": (flipped("database", 0.0), "database is not as it was written"),
    "an empty database": (lambda members: members.update(database=b""), "database is not as it was written"),
    "a ring changed": (flipped("field_keys", 0.5), "field_keys is not as it was written|ring can't be read"),
    "the ring gone": (lambda members: members.pop("field_keys"), "field_keys missing"),
    "a manifest changed": (flipped("manifest.json", 0.1), "is damaged|no backup of ours"),
    "its digest gone": (lambda members: members.pop("digest"), "is damaged"),
    "its digest no text": (flipped("digest", 0.5, 0x80), "manifest.json is not as it was written"),
    "wrong sums": (with_sums(3, 1, 1), "ledger"),
    "migrations that are none": (lambda members: forged(members, migrations=5), "migrations can't be read"),
    "an empty ring": (lambda members: members.update(field_keys=b""), "key ring can't be read"),
    "no sums": (with_sums("a"), "no backup of ours"),
    "no digests at all": (without_digests, "--unproven"),
    "of a newer version": (newer, "upgrade this one first"),
}


def test_a_damaged_backup_touches_nothing(filled, tmp_path):
    file = tmp_path / "backup.tar"
    call_command("backup", str(file))
    Product.objects.filter(pk=filled.pk).update(assembler="since then")
    before, ring = everything(), (tmp_path / "field_keys").read_text()
    for name, (change, said) in DAMAGED.items():
        bad = remade(file, tmp_path / f"{name}.tar", change)
        with pytest.raises(CommandError, match=said):
            call_command("restore", str(bad), replace=True)
        connection.close()
        changes.forget()
        assert everything() == before, name
        assert (tmp_path / "field_keys").read_text() == ring, name
    assert list(tmp_path.glob("before-restore-*")) == []
    cut = tmp_path / "cut.tar"
    cut.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    with pytest.raises(CommandError, match="no backup of ours"):
        call_command("restore", str(cut), replace=True)
    assert everything() == before


def test_a_backup_of_before_digests_is_taken_when_one_says_so(filled, tmp_path, capsys):
    file, before = tmp_path / "backup.tar", everything()
    call_command("backup", str(file))
    old = remade(file, tmp_path / "old.tar", without_digests)
    PaymentCommand.objects.all().delete()
    call_command("restore", str(old), replace=True, unproven=True)
    changes.forget()
    assert everything() == before
    hollow = remade(file, tmp_path / "hollow.tar", lambda m: (without_digests(m), m.update(database=b"")))
    torn = remade(file, tmp_path / "torn.tar", lambda m: (without_digests(m), tear(m)))
    for bad in (hollow, torn):
        with pytest.raises(CommandError, match="damaged|failed"):
            call_command("restore", str(bad), replace=True, unproven=True)
        connection.close()
        assert everything() == before


def tear(members):
    content = bytearray(members["database"])
    content[len(content) // 2 : len(content) // 2 + 20000] = b"\x5a" * 20000
    members["database"] = bytes(content)


@pytest.mark.parametrize("where", ["nowhere/backup.tar", "field_keys/backup.tar"])
def test_where_a_backup_cannot_be_written_it_says_so_in_one_line(filled, tmp_path, where):  # case 151
    with pytest.raises(CommandError, match="is no folder; make it first"):
        call_command("backup", str(tmp_path / where))


if connection.vendor == "sqlite":

    @pytest.fixture
    def backed_up(filled, tmp_path, monkeypatch):
        monkeypatch.setattr(dumps, "PATIENCE", 0.3)
        call_command("backup", str(tmp_path / "backup.tar"))
        Product.objects.filter(pk=filled.pk).update(assembler="since then")
        return tmp_path / "backup.tar"

    @pytest.mark.timeout(60)
    def test_somebody_who_still_writes_is_not_waited_for_without_end(backed_up, filled):
        before = everything()
        with contextlib.closing(sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(CommandError, match="still uses the database .*stop the servers first"):
                call_command("restore", str(backed_up), replace=True)
            other.execute("ROLLBACK")
        assert everything() == before

    @pytest.mark.timeout(60)
    def test_nor_somebody_who_holds_it_whole(backed_up, monkeypatch):
        """From the moment that the copying begins."""
        name = connection.settings_dict["NAME"]
        with contextlib.closing(sqlite3.connect(name, isolation_level=None)) as other:
            copied = dumps._copied

            def held(source, to):
                if to.execute("PRAGMA database_list").fetchone()[2] == str(name):
                    other.execute("BEGIN IMMEDIATE")
                copied(source, to)

            monkeypatch.setattr(dumps, "_copied", held)
            with pytest.raises(CommandError, match="stop the servers first"):
                call_command("restore", str(backed_up), replace=True)

    def test_a_full_disk_is_called_one(backed_up, monkeypatch):
        before = everything()

        def full(source, to):
            to.execute("PRAGMA max_page_count = 1")
            to.execute("CREATE TABLE large AS SELECT randomblob(10000000) AS x")

        monkeypatch.setattr(dumps, "_copied", full)
        with pytest.raises(CommandError, match="can't be written .*full") as told:
            call_command("restore", str(backed_up), replace=True, discard=True)
        assert "still uses" not in str(told.value)
        monkeypatch.undo()
        assert everything() == before

    def test_where_the_database_is_broken_the_new_one_is_for_its_owner_only(backed_up, filled, monkeypatch):
        here = Path(connection.settings_dict["NAME"])
        whole = here.read_bytes()
        connection.close()
        mask = os.umask(0o022)
        try:
            for rest in ("-wal", "-shm"):
                here.with_name(here.name + rest).unlink(missing_ok=True)
            here.write_bytes(b"no database" * 1000)
            with monkeypatch.context() as patch:
                patch.setattr(dumps, "_copied", refuse)
                with pytest.raises(CommandError, match="can't be written .*disk is full"):
                    call_command("restore", str(backed_up), replace=True, discard=True)
            assert here.read_bytes() == b"no database" * 1000
            call_command("restore", str(backed_up), replace=True, discard=True)
            assert stat.S_IMODE(here.stat().st_mode) == 0o600
            assert not any(one.stat().st_mode & 0o077 for one in here.parent.glob(f"{here.name}-*"))
            (broken,) = here.parent.glob(f"{here.name}.broken-*")
            assert broken.read_bytes() == b"no database" * 1000
            broken.unlink()
            assert Product.objects.get(pk=filled.pk).assembler != "since then"
        finally:
            os.umask(mask)
            if not whole.startswith(here.read_bytes()[:16]):
                here.write_bytes(whole)


def refuse(source, to):
    raise sqlite3.OperationalError("database or disk is full")


def test_a_restore_that_fails_keeps_what_is_there(filled, tmp_path, monkeypatch):
    if connection.vendor != "postgresql":
        return  # SQLite copies page by page within one transaction of its own
    before, file = everything(), tmp_path / "backup.tar"
    call_command("backup", str(file))
    monkeypatch.setattr(dumps, "_CLEAR", dumps._CLEAR + "SELECT 1 / 0;")
    with pytest.raises(CommandError, match="division by zero"):
        call_command("restore", str(file), replace=True)
    assert everything() == before
