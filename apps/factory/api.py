"""/v1/products/create_hub2 (seed 004). The answer shows the device key it was given, once."""

from typing import Annotated

from django.http import HttpResponse
from pydantic import AfterValidator, Field, StrictInt
from rest_framework.request import Request

from apps.api.endpoint import Body, endpoint
from apps.api.envelope import success
from apps.factory import actions


def _digits(text: str) -> str:
    if not (text.isascii() and text.isdigit()):
        raise ValueError("must hold digits only")
    return text


def _word(text: str) -> str:
    if not (text.isascii() and text.replace("-", "").replace("_", "").isalnum()):
        raise ValueError("must hold letters, digits, - and _ only")
    return text


def _key(text: str) -> str:
    if not (text.isascii() and text.isalnum()):
        raise ValueError("must hold letters and digits only")
    return text


class Assembly(Body):
    assembler: Annotated[str, Field(max_length=255)] | None = None


class Hub2Body(Body):
    imei: Annotated[str, Field(min_length=1, max_length=20), AfterValidator(_word)]
    imsi: Annotated[str, Field(min_length=5, max_length=15), AfterValidator(_digits)]
    device_key: Annotated[str, Field(min_length=16, max_length=24), AfterValidator(_key)]
    iccid: Annotated[str, Field(min_length=18, max_length=22), AfterValidator(_digits)] | None = None
    pcb_part_type_id: StrictInt | None = None
    sim_part_type_id: StrictInt | None = None
    manufacturer: Annotated[str, Field(max_length=255)] | None = None
    product: Assembly = Assembly()


@endpoint("POST", level=actions.create_hub2.level, body=Hub2Body)
def create_hub2(request: Request, body: Hub2Body) -> HttpResponse:
    """Make a Hub 2 of a new board and SIM; a number that is taken is a 400 by its field. Its key is shown this once."""
    fields = body.model_dump(exclude={"product"})
    made = actions.create_hub2(**fields, assembler=body.product.assembler, by=request.user)
    product = made.product
    data = {
        "pcb": {
            "part_id": made.pcb.part_id,
            "part_type_id": made.pcb.part_type_id,
            "serial": made.pcb.serial_number,
        },
        "product": {
            "device_key": body.device_key,
            "imsi": product.imsi,
            "product_imei": product.product_imei,
            "product_type_id": product.product_type_id,
            "serial_number": product.serial_number,
            "assembler": product.assembler,
        },
        "sim": {"imsi": product.imsi, "part_id": made.sim.part_id, "part_type_id": made.sim.part_type_id},
    }
    name = f"Hub2Product: {product.serial_number} - ({product.product_imei}) created."
    return success(name, data)
