"""The cast: two entities, a user of each level in each, and for all units; a unit; and the ways they speak."""

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

from django.test import Client
from django.utils import timezone

from apps.accounts import tokens
from apps.accounts.models import Entity, User
from apps.core.actors import SYSTEM
from apps.core.levels import Level
from apps.core.rows import new
from apps.factory.serials import draw
from apps.gateway import signature
from apps.parts.models import Part
from apps.products import actions
from apps.products.models import Product
from apps.repairs.models import PartProductLinker

PASSWORD = "a-good-password-1"


@dataclass
class Cast:
    a: Entity
    b: Entity
    users: dict[tuple[str, Level], User] = field(default_factory=dict)  # ("A" | "B" | "GLOBAL", level)

    @property
    def alice(self) -> User:
        """SYSTEM in entity A."""
        return self.users["A", Level.SYSTEM]

    @property
    def bob(self) -> User:
        """OVERVIEW in entity A."""
        return self.users["A", Level.OVERVIEW]

    @property
    def charlie(self) -> User:
        """SYSTEM in entity B."""
        return self.users["B", Level.SYSTEM]

    @property
    def tina(self) -> User:
        """TECHNICAL in entity A."""
        return self.users["A", Level.TECHNICAL]

    @property
    def root(self) -> User:
        """SYSTEM for all units."""
        return self.users["GLOBAL", Level.SYSTEM]


def make_cast() -> Cast:
    cast = Cast(
        new(Entity, by=SYSTEM, name="Entity A", bboxx_company_flag=False),
        new(Entity, by=SYSTEM, name="Entity B", bboxx_company_flag=False),
    )
    for group, entity in (("A", cast.a), ("B", cast.b), ("GLOBAL", None)):
        for level in Level:
            user = User(
                email=f"{level.value}.{group}@example.org".lower(),
                permissions=level,
                scope="ENTITY" if entity else "GLOBAL",
                entity=entity,
                display_name=f"{level.value} {group}",
            )
            user.set_password(PASSWORD)
            user.save()
            cast.users[group, level] = user
    return cast


def make_unit(imei: str, *, entity: Entity | None = None, **columns: Any) -> Product:
    """A unit as create_hub2 makes it, whatever its IMEI: that of a new board has 15 digits, those of old units had not."""
    digest = hashlib.sha256(imei.encode()).hexdigest()
    key, imsi, serial = digest[:24], f"90170{int(digest, 16) % 10**10:010d}", draw("HB000501", by=SYSTEM)
    product = actions.register_product(
        product_imei=imei, imsi=imsi, device_key=key, serial_number=serial, product_type_id=7, by=SYSTEM
    )
    properties = {"device_key": key, "imei": imei, "imsi": imsi, "serial_number": serial}
    for part_columns in (
        {"part_type_id": 43, "serial_number": imsi},
        {"part_type_id": 77, "serial_number": imei, "properties": properties},
    ):
        part = new(Part, by=SYSTEM, **part_columns)
        new(PartProductLinker, by=SYSTEM, part=part, product=product, date_added=timezone.now())
    if entity is not None:
        actions.assign_entity(product, entity_id=entity.pk, by=SYSTEM)
    if columns:
        Product.objects.filter(pk=product.pk).update(**columns)
    return Product.objects.get(pk=product.pk)


class Caller:
    """Calls the API over HTTP: call(user, "PUT", "/v1/…", body) → response; `user` may be None."""

    def __init__(self) -> None:
        self.client = Client(raise_request_exception=False)
        self.held: dict[int, str] = {}

    def __call__(self, user: User | None, method: str, path: str, body: Any = None, **headers: str) -> Any:
        if user is not None:
            if user.pk not in self.held:
                self.held[user.pk], _ = tokens.issue(user)
            headers["HTTP_AUTHORIZATION"] = f"Token token={self.held[user.pk]}"
        data = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        kind = "application/json"
        return self.client.generic(method, path, data, content_type=kind, **headers)  # type: ignore[arg-type]


class Device:
    """A unit's own voice: signs with its key, keeps its counter."""

    def __init__(self, product: Product, client: Client | None = None) -> None:
        self.imei = product.product_imei
        self.key = signature.unit_key(str(product.device_key))
        self.counter = 2**20
        self.client = client or Client(raise_request_exception=False)

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        counter: int | None = None,
        tag: str | None = None,
        **meta: Any,
    ) -> Any:
        if counter is None:
            self.counter += 1
            counter = self.counter
        raw = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        tag = tag or signature.request_tag(self.key, method, path, self.imei, counter, raw)
        headers = {
            "HTTP_X_UNIT_IMEI": self.imei,
            "HTTP_X_UNIT_COUNTER": str(counter),
            "HTTP_X_UNIT_AUTH": tag,
        }
        return self.client.generic(method, path, raw, content_type="application/json", **(headers | meta))

    def report(self, **status: Any) -> Any:
        return self.send("POST", "/v1/rc_data", status)

    def orders(self) -> dict[str, Any]:
        response = self.send("GET", "/v1/rc_data")
        assert response.status_code == 200, response.content
        data: dict[str, Any] = response.json()["data"]
        return data

    def signed(self, response: Any, counter: int | None = None) -> bool:
        counter = self.counter if counter is None else counter
        expected = signature.reply_tag(self.key, response.status_code, self.imei, counter, response.content)
        return signature.same(response.headers.get("X-Unit-Auth", ""), expected)
