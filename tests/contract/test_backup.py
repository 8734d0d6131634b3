"""A backup put back is the system that was backed up: every row, the ledger, the secrets."""

import stat
import tarfile

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection

from apps.core import changes, counting
from apps.core.actors import SYSTEM
from apps.core.rows import new
from apps.dcm.models import PaymentCommand
from apps.events import wake
from apps.operations import backup
from apps.products.models import Product
from apps.transfer.dataset import moved
from tests import reference
from tests.cast import Caller, Device, make_cast, make_unit

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("backup")]


@pytest.fixture
def filled(transactional_db, monkeypatch, settings, tmp_path):
    monkeypatch.setattr(wake, "relay_soon", lambda: None)
    settings.DATA_DIR = tmp_path
    (tmp_path / "field_keys").write_text("the ring\n")
    reference.fill()
    cast = make_cast()
    unit = make_unit("test-backup", entity=cast.a)
    for number, value in enumerate((1000, -300, 2**31 - 1)):
        new(
            PaymentCommand, by=SYSTEM, product=unit, category="payment" if value > 0 else "bad-payment", value=value,
            void=number == 0, transaction_id=f"backup-{number}",
        )  # fmt: skip
    return unit


def everything():
    return {path: list(table.model.objects.order_by("pk").values()) for path, table in moved().items()}


def test_all_of_it_comes_back(filled, tmp_path, capsys):
    before, file = everything(), tmp_path / "backup.tar"
    call_command("backup", str(file))
    assert "3 commands" in capsys.readouterr().out
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    PaymentCommand.objects.all().delete()
    make_unit("test-later")
    Product.objects.filter(pk=filled.pk).update(assembler="changed")
    with pytest.raises(CommandError, match="--replace"):
        call_command("restore", str(file))
    (tmp_path / "field_keys").write_text("another ring\n")
    call_command("restore", str(file), replace=True)
    assert "sums are equal" in capsys.readouterr().out
    changes.forget()
    assert everything() == before
    assert (tmp_path / "field_keys").read_text() == "the ring\n"
    assert [one.read_text() for one in tmp_path.glob("field_keys.before-*")] == ["another ring\n"]
    unit = Product.objects.get(pk=filled.pk)
    assert Device(unit).report(enabled=False).status_code == 200
    assert counting.count(Product.objects.all()) == 1
    new(PaymentCommand, by=SYSTEM, product=unit, category="payment", value=1, void=False, transaction_id="afterwards")
    assert Caller()(None, "GET", "/v1/home").status_code == 200


def test_what_is_no_backup_or_has_other_keys_changes_nothing(filled, tmp_path, monkeypatch):
    before, file = everything(), tmp_path / "backup.tar"
    (tmp_path / "field_keys").unlink()
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
        patch.setattr(settings, "FIELD_KEYS", {"k1": b"x" * 32}, raising=False)
        with pytest.raises(CommandError, match="FIELD_KEYS here is another"):
            call_command("restore", str(file), replace=True)
    assert everything() == before


def test_a_restore_that_fails_keeps_what_is_there(filled, tmp_path, monkeypatch):
    if connection.vendor != "postgresql":
        return  # SQLite copies page by page within one transaction of its own
    before, file = everything(), tmp_path / "backup.tar"
    call_command("backup", str(file))
    monkeypatch.setattr(backup, "_CLEAR", backup._CLEAR + "SELECT 1 / 0;")
    with pytest.raises(CommandError, match="division by zero"):
        call_command("restore", str(file), replace=True)
    assert everything() == before
