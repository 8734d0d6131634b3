"""A unit that speaks OpenPAYGO Metrics, for tests: signs as the package does."""

import json

import cbor2
from django.test import Client
from openpaygo.metrics_shared import OpenPAYGOMetricsShared as Shared

from apps.dcm.models import TokenKey

KEY, CODE = "a29ab82edc5fbbc41ec9530f6dac86b1", "123456789"
DOOR = "/v1/openpaygo/device_data"


def give_key(unit, **columns):
    return TokenKey.objects.create(product=unit, **{"secret_key": KEY, "starting_code": CODE, **columns})


class Speaker:
    """speaker.say(data={…}) → response, signed by `method`; `short` names, in CBOR or JSON."""

    def __init__(self, unit, method="ca", *, cbor=False, short=False, key=KEY):
        self.serial, self.method, self.cbor, self.short, self.key = unit.serial_number, method, cbor, short, key
        self.n = 0
        self.client = Client(raise_request_exception=False)

    def signed(self, **said):
        if "request_count" not in said and self.method != "ta":
            self.n += 1
            said["request_count"] = self.n
        said = {"serial_number": self.serial, **said}
        said["auth"] = Shared.generate_request_signature_from_data(said, self.method, self.key)
        return said

    def say(self, door=DOOR, **said):
        return self.send(self.signed(**said), door)

    def send(self, said, door=DOOR, **headers):
        body = Shared.convert_dict_keys_to_condensed(said) if self.short else said
        raw = cbor2.dumps(body) if self.cbor else json.dumps(body).encode()
        kind = "application/cbor" if self.cbor else "application/json"
        return self.client.generic("POST", door, raw, content_type=kind, **headers)

    def read(self, answer):
        return cbor2.loads(answer.content) if self.cbor else answer.json()

    def proves(self, answer, said):
        """Whether the answer is signed to this request."""
        plain = Shared.convert_dict_keys_to_simple(self.read(answer))
        auth = plain.pop("auth")
        made = Shared.generate_response_signature_from_data(
            plain, self.key, self.serial, said.get("timestamp"), said.get("request_count")
        )
        return auth == made
