"""Encryption at rest and keyed digests, under the key ring FIELD_KEYS (a ring apart from SECRET_KEY).

Stored form of an encrypted value: `<key id>:<base64 of nonce and AES-GCM ciphertext>`; the column's label is bound to
it as associated data, so that a ciphertext moved into another column does not open.
"""

import base64
import functools
import hashlib
import hmac
import os
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import models

MASK = "************************"


def use_ring(ring: Mapping[str, bytes]) -> None:
    """From now on in this process."""
    settings.FIELD_KEYS = dict(ring)
    _digest_key.cache_clear()


@functools.lru_cache(maxsize=32)
def _cipher(key: bytes) -> AESGCM:
    return AESGCM(key)


def encrypt(text: str, label: str) -> str:
    key_id, key = next(iter(settings.FIELD_KEYS.items()))
    nonce = os.urandom(12)
    sealed = _cipher(key).encrypt(nonce, text.encode(), label.encode())
    return f"{key_id}:{base64.b64encode(nonce + sealed).decode()}"


def decrypt(stored: str, label: str) -> str:
    key_id, _, encoded = stored.partition(":")
    raw = base64.b64decode(encoded)
    return _cipher(settings.FIELD_KEYS[key_id]).decrypt(raw[:12], raw[12:], label.encode()).decode()


@functools.lru_cache(maxsize=32)
def _digest_key(purpose: str) -> bytes:
    # The oldest key of the ring: digests must stay comparable when a new key is put in front.
    oldest = list(settings.FIELD_KEYS.values())[-1]
    return hmac.new(oldest, b"digest:" + purpose.encode(), hashlib.sha256).digest()


def keyed_digest(text: str, purpose: str) -> str:
    """64 hex characters; equal texts of one purpose have equal digests, and without the key it tells nothing."""
    return hmac.new(_digest_key(purpose), text.encode(), hashlib.sha256).hexdigest()


class EncryptedField(models.TextField):
    """Text encrypted at rest. `label` names the column in the ciphertext and never changes."""

    def __init__(self, *args: Any, label: str, **kwargs: Any) -> None:
        self.label = label
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, kwargs | {"label": self.label}

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> str | None:
        return None if value is None else decrypt(value, self.label)

    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        value = super().get_db_prep_save(value, connection)
        return None if value is None else encrypt(str(value), self.label)

    def get_lookup(self, lookup_name: str) -> Any:
        return super().get_lookup(lookup_name) if lookup_name == "isnull" else None


class DigestField(models.CharField):
    """The keyed digest of another column, kept beside it: uniqueness and look-up without the text itself."""

    def __init__(self, *args: Any, of: str, **kwargs: Any) -> None:
        self.of = of
        kwargs.setdefault("max_length", 64)
        kwargs.setdefault("editable", False)
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, kwargs | {"of": self.of}

    def pre_save(self, model_instance: models.Model, add: bool) -> str | None:
        text = getattr(model_instance, self.of)
        value = None if text is None else keyed_digest(text, f"{model_instance._meta.label_lower}.{self.of}")
        setattr(model_instance, self.attname, value)
        return value
