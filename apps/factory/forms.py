"""What a person fills in to make a board or a unit by hand; the rules are those of the actions."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from apps.core.identifiers import typed
from apps.core.refusal_words import translated
from apps.core.refusals import Invalid
from apps.factory import numbers
from apps.factory.actions.units import Battery
from apps.factory.kinds import BOARDS, UNITS
from apps.parts.models import PartType


class Number(forms.CharField):
    """As a scanner or a person types it."""

    def __init__(self, **given: Any) -> None:
        box = UnfoldAdminTextInputWidget(attrs={"autocomplete": "off", "spellcheck": "false"})
        super().__init__(**{"widget": box, "max_length": 255, **given})

    def to_python(self, value: Any) -> str:
        return typed(super().to_python(value) or "")


def _kinds(of: Any, words: Mapping[str, Any]) -> forms.ChoiceField:
    return forms.ChoiceField(label=of, choices=list(words.items()), widget=UnfoldAdminSelectWidget)


def _part_type(label: Any, **given: Any) -> forms.ModelChoiceField:
    return forms.ModelChoiceField(
        label=label, queryset=PartType.objects.none(), required=False, widget=UnfoldAdminSelectWidget, **given
    )


class Making(forms.Form):
    """`asked`: the action's name of a field → the form's, where they differ. `types`: field → category of part type."""

    asked: ClassVar[Mapping[str, str]] = {}
    types: ClassVar[Mapping[str, str]] = {}

    def __init__(self, *args: Any, **given: Any) -> None:
        super().__init__(*args, **given)
        for name, category in self.types.items():
            field: Any = self.fields[name]
            field.queryset = PartType.objects.filter(part_type_category__name__iexact=category).order_by("pk")
            field.label_from_instance = lambda kind: f"{kind.name} ({kind.pk})"

    def take(self, refused: Invalid) -> None:
        """Each reason to stand at its field, in the reader's language."""
        for name, text in refused.errors.items():
            field = self.asked.get(name, name)
            self.add_error(field if field in self.fields else None, translated(text))

    def _key(self, name: str) -> int | None:
        chosen = self.cleaned_data[name]
        return chosen.pk if chosen else None


class BoardForm(Making):
    asked: ClassVar[Mapping[str, str]] = {"pcb_part_type_id": "pcb_part_type", "sim_part_type_id": "sim_part_type"}
    types: ClassVar[Mapping[str, str]] = {"pcb_part_type": numbers.PCB, "sim_part_type": numbers.SIM_CARD}

    kind = _kinds(
        _("Kind of board"),
        {
            "tiger": _("Tiger, for Home 2"), "hyena": _("Hyena, for Hub 2 and Enterprise"),
            "jackal": _("Jackal, for Home 3"), "koala": _("Koala, which stays a board"),
        },
    )  # fmt: skip
    imei = Number(label="IMEI", help_text=_("15 digits"))
    imsi = Number(label="IMSI", help_text=_("14 or 15 digits"))
    iccid = Number(label="ICCID", required=False, help_text=_("18 to 22 digits; becomes the serial number of the SIM"))
    device_key = Number(label=_("Device key"), help_text=_("16 to 24 letters and digits"))
    manufacturer = Number(label=_("Manufacturer"), required=False)
    pcb_part_type = _part_type(_("Part type of the board"), empty_label=_("The usual one of this kind"))
    sim_part_type = _part_type(_("Part type of the SIM"), empty_label=_("The usual one"))

    def given(self) -> dict[str, Any]:
        """As create_board takes it."""
        data = self.cleaned_data
        return {
            "board": BOARDS[data["kind"]], "imei": data["imei"], "imsi": data["imsi"], "iccid": data["iccid"] or None,
            "device_key": data["device_key"], "manufacturer": data["manufacturer"] or None,
            "pcb_part_type_id": self._key("pcb_part_type"), "sim_part_type_id": self._key("sim_part_type"),
        }  # fmt: skip


class UnitForm(Making):
    asked: ClassVar[Mapping[str, str]] = {
        "battery": "battery_part_type", "battery.part_type_id": "battery_part_type",
        "battery.serial_number": "battery_serial_number",
    }  # fmt: skip
    types: ClassVar[Mapping[str, str]] = {"battery_part_type": numbers.BATTERY}

    kind = _kinds(
        _("Type of unit"),
        {"home2": "Home 2", "home3": "Home 3", "hub2": "Hub 2", "enterprise": "Enterprise"},
    )  # fmt: skip
    pcb_imei = Number(label=_("IMEI of the board"), help_text=_("A board that sits in no unit yet"))
    battery_part_type = _part_type(_("Part type of the battery"), empty_label=_("No battery"))
    battery_serial_number = Number(label=_("Serial number of the battery"), required=False)
    solar_panel_wattage = forms.FloatField(
        label=_("Solar panel (W)"), required=False, min_value=0.1, max_value=1_000_000,
        localize=True,  # 1,5 where people write it so
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal"}),
    )  # fmt: skip
    assembler = Number(label=_("Assembler"), required=False)

    def clean(self) -> None:
        if self.cleaned_data.get("battery_serial_number") and self.cleaned_data.get("battery_part_type", 0) is None:
            self.add_error("battery_part_type", translated("is required"))

    def given(self) -> dict[str, Any]:
        """As create_product takes it."""
        data, battery = self.cleaned_data, None
        key = self._key("battery_part_type")
        if key is not None:
            battery = Battery(key, data["battery_serial_number"])
        return {
            "kind": UNITS[data["kind"]], "pcb_imei": data["pcb_imei"], "battery": battery,
            "solar_panel_wattage": data["solar_panel_wattage"], "assembler": data["assembler"] or None,
        }  # fmt: skip
