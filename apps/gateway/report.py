"""The shape of what units send (design.md, "Status report"). Every key may be absent; unknown keys are ignored."""

import ipaddress
from typing import Annotated, Any

import pydantic
from pydantic import Field, StrictBool

from apps.api.endpoint import field_errors
from apps.core.refusals import Invalid
from apps.products.models.connections import MOST_CELLS

Text = Annotated[str, Field(min_length=1, max_length=255, pattern=r"^[^\x00-\x1f]*$")]
Small = Annotated[int, Field(strict=True, ge=-(2**31), lt=2**31)]
Seconds = Annotated[int, Field(strict=True, ge=0, lt=2**53)]  # sums of many payments; exact in any JSON reader


PartKey = Annotated[str, Field(pattern=r"^[0-9]{1,9}$")]


class _Shape(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="ignore")


class Cell(_Shape):
    lac: Small | None = None
    cid: Small | None = None
    signal: Small | None = None
    mcc: Small | None = None
    mnc: Small | None = None


class Gps(_Shape):
    lat: Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
    lon: Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]


class FinalBalance(_Shape):
    transaction_id: Text
    balance: Seconds


class Report(_Shape):
    time: str | int | float | None = None
    software: Text | None = None
    enabled: StrictBool | None = None
    tamper_enabled: StrictBool | None = None
    cells: Annotated[list[Cell], Field(max_length=MOST_CELLS)] = []
    gps: Gps | None = None
    balance: Seconds | None = None
    acknowledged: Annotated[list[Text], Field(max_length=1000)] = []
    final_balance: FinalBalance | None = None
    parameters: Annotated[dict[str, Any], Field(max_length=1000)] = {}
    part_parameters: Annotated[dict[PartKey, dict[str, Any]], Field(max_length=100)] = {}
    ip_address: Annotated[str, Field(max_length=15)] | None = None

    @pydantic.model_validator(mode="before")
    @classmethod
    def _said(cls, data: Any) -> Any:
        """What is null says nothing, as if it were absent."""
        return {name: value for name, value in data.items() if value is not None} if isinstance(data, dict) else data

    @pydantic.field_validator("ip_address")
    @classmethod
    def _address(cls, value: str | None) -> str | None:
        if value is not None:
            ipaddress.ip_address(value)  # its ValueError says what is wrong
        return value


def read_report(data: Any) -> Report:
    try:
        return Report.model_validate(data)
    except pydantic.ValidationError as error:
        raise Invalid(field_errors(error)) from None
