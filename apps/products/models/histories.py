"""What happened to a unit: states, switching, entities, software, parameters, notes."""

from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from apps.accounts.models import Entity
from apps.core import rules
from apps.core.fields import OptionField, options
from apps.core.models import Row
from apps.core.scope import Follows, Reference
from apps.products.models.catalogue import ParameterType, ProductType, SoftwareVersionType, StateType
from apps.products.models.product import of_product
from apps.products.models.rollouts import SoftwareRollout


class State(Row):
    """A move of a unit from one state to another."""

    SCOPE = Follows("product")

    state_id = models.AutoField(primary_key=True)
    product = of_product("states")
    prev_state_type = models.ForeignKey(StateType, models.PROTECT, db_column="prev_state_type", related_name="+")
    current_state_type = models.ForeignKey(
        StateType, models.PROTECT, db_column="current_state_type", related_name="states"
    )

    def in_words(self) -> Any:
        from apps.products.words import STATES

        return STATES.get(self.current_state_type_id, "")


class EnableState(models.TextChoices):
    INIT = "init"
    ENABLED = "enabled"
    DISABLED = "disabled"
    PENDING_ENABLED = "pending_enabled"
    PENDING_DISABLED = "pending_disabled"

    @property
    def is_pending(self) -> bool:
        return self in (EnableState.PENDING_ENABLED, EnableState.PENDING_DISABLED)

    @staticmethod
    def pending(on: bool) -> "EnableState":
        return EnableState.PENDING_ENABLED if on else EnableState.PENDING_DISABLED

    @staticmethod
    def confirmed(on: bool) -> "EnableState":
        return EnableState.ENABLED if on else EnableState.DISABLED

    def after_report(self, *, desired: bool, reported: bool, at_zero: bool = False) -> "EnableState":
        """The state of a switch once the unit has reported it (docs/adr/0005). `at_zero`: the unit has no credit left,
        so that being off though it is ordered on is no order that waits: a payment brings it back (docs/adr/0026)."""
        if at_zero and desired and not reported and self != EnableState.INIT:
            return EnableState.DISABLED
        # Confirmed, or brought back by a payment after it had switched itself off.
        if reported == desired and (self.is_pending or (desired and self == EnableState.DISABLED)):
            return EnableState.confirmed(desired)
        if reported != desired and self in (EnableState.ENABLED, EnableState.DISABLED):
            return EnableState.pending(desired)
        return self


class Order(Row):
    """What a unit is ordered may have a deadline (`valid_until`, ours): past it it is not handed out, and `lapsed`."""

    valid_until = models.DateTimeField(null=True)
    lapsed = models.BooleanField(null=True, default=False)

    class Meta:
        abstract = True


WITH_DEADLINE = models.Q(valid_until__isnull=False, lapsed=False)


class EnableHistoryBase(Order):
    """One change of a switch: ordered (`pending_…`) or confirmed by the unit. `user` is who asked for it.

    After an order that lapsed the next row returns to what the unit last confirmed. `lapsed` is null once another row
    has followed in time: then nobody need look at the deadline any more.
    """

    SCOPE = Follows("product")
    HIDDEN = ("valid_until", "lapsed")

    prev_enable_state = OptionField(max_length=20, null=True, choices=EnableState.choices)
    current_enable_state = OptionField(max_length=20, choices=EnableState.choices)
    user = models.CharField(max_length=255)
    date = models.DateTimeField()

    class Meta:
        abstract = True

    @property
    def is_past_deadline(self) -> bool:
        """An order whose time is over, whether or not anybody has noticed that yet (actions.lapse_orders)."""
        pending = EnableState(self.current_enable_state).is_pending
        return pending and self.valid_until is not None and self.valid_until <= timezone.now()

    def in_words(self) -> Any:
        from apps.products.words import LABELS

        return LABELS[EnableState(self.current_enable_state)]


class EnableHistory(EnableHistoryBase):
    enable_history_id = models.AutoField(primary_key=True)
    product = of_product("enable_history_rel")

    class Meta:
        verbose_name_plural = "enable histories"
        indexes = [
            models.Index(fields=["product", "-enable_history_id"], name="products_enable_by_product"),
            models.Index(fields=["valid_until"], condition=WITH_DEADLINE, name="products_order_with_deadline"),
            models.Index(fields=["enable_history_id"], condition=models.Q(lapsed=True), name="products_order_lapsed"),
            models.Index(fields=["product"], condition=models.Q(lapsed=True), name="products_lapsed_switch"),
        ]


class TamperEnableHistory(EnableHistoryBase):
    tamper_enable_history_id = models.AutoField(primary_key=True)
    product = of_product("tamper_enable_histories")

    class Meta:
        verbose_name_plural = "tamper enable histories"
        indexes = [models.Index(fields=["valid_until"], condition=WITH_DEADLINE, name="products_tamper_with_deadline")]


class ProductEntityLinker(Row):
    """A unit belongs to an entity from `date_added` until `date_removed`."""

    SCOPE = Follows("product")

    product_entity_linker_id = models.AutoField(primary_key=True)
    product = of_product("product_entity_linker")
    entity = models.ForeignKey(Entity, models.PROTECT, related_name="product_entity_linker", db_index=False)
    date_added = models.DateTimeField(null=True)
    date_removed = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["product", "entity"],
                condition=models.Q(date_removed=None),
                name="products_entity_once_at_a_time",
            )
        ]
        indexes = [
            models.Index(
                fields=["entity", "product"],
                condition=models.Q(date_removed=None),
                name="products_current_of_entity",
            )
        ]


class ProductSoftwareLinker(Order):
    """Software ordered for a unit (`date_added` empty until the unit reports it) or running on it."""

    SCOPE = Follows("product")
    HIDDEN = ("rollout_id", "valid_until", "lapsed")

    product_software_linker_id = models.AutoField(primary_key=True)
    product = of_product("product_software_linker")
    software_version_type = models.ForeignKey(
        SoftwareVersionType, models.PROTECT, related_name="product_software_linker"
    )
    date_added = models.DateTimeField(null=True)
    date_removed = models.DateTimeField(null=True)
    update_attempts = models.IntegerField(null=True)
    rollout = models.ForeignKey(SoftwareRollout, models.SET_NULL, null=True, related_name="orders")

    class Meta:
        # Orders that are open are few beside all that ever were.
        indexes = [
            models.Index(
                fields=["rollout"],
                condition=models.Q(date_added=None, date_removed=None),
                name="products_software_open",
            ),
            models.Index(
                fields=["valid_until"],
                condition=models.Q(valid_until__isnull=False, date_added=None, date_removed=None),
                name="products_software_deadline",
            ),
            models.Index(fields=["product"], condition=models.Q(lapsed=True), name="products_lapsed_software"),
        ]


class ProductParameter(Order):
    """A value of a parameter on a unit: pending until the unit reports it, then active."""

    SCOPE = Follows("product")
    HIDDEN = ("valid_until", "lapsed")

    product_parameter_id = models.AutoField(primary_key=True)
    product = of_product("product_parameter")
    parameter_type = models.ForeignKey(ParameterType, models.PROTECT, related_name="product_parameters")
    status = OptionField(
        max_length=10,
        null=True,
        choices=options("active", "expired", "pending", "removed"),
    )
    value = models.TextField()
    date_added = models.DateTimeField(null=True)
    date_removed = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["valid_until"],
                condition=models.Q(valid_until__isnull=False, status="pending"),
                name="products_parameter_deadline",
            ),
            models.Index(fields=["product"], condition=models.Q(lapsed=True), name="products_lapsed_parameter"),
        ]


class ProductNote(Row):
    """What somebody wrote down about a unit."""

    SCOPE = Follows("product")

    RULES: ClassVar[Any] = {"note_text": rules.not_blank}

    product_note_id = models.AutoField(primary_key=True)
    note_text = models.TextField()
    product = of_product("notes")


class ProductGroup(Row):
    """A named set of units."""

    SCOPE = Reference()

    product_group_id = models.AutoField(primary_key=True)
    name = models.CharField(max_length=255, unique=True)
    description = models.TextField(null=True)


class ProductProductGroupLinker(Row):
    """A unit belongs to a group from `date_added` until `date_removed`."""

    SCOPE = Follows("product")

    product_product_group_linker_id = models.AutoField(primary_key=True)
    product_group = models.ForeignKey(ProductGroup, models.PROTECT, related_name="product_product_group_linker")
    product = of_product("product_product_group_linker")
    date_added = models.DateTimeField(null=True)
    date_removed = models.DateTimeField(null=True)


class Parameter(Row):
    """A parameter as the documentation has it; nothing of ours writes it, `ProductParameter` is what lives."""

    SCOPE = Follows("product")

    parameter_id = models.AutoField(primary_key=True)
    parameter_type = models.ForeignKey(ParameterType, models.PROTECT, related_name="parameters")
    product = of_product("parameters")
    value = models.CharField(max_length=255)
    date_added = models.DateTimeField(null=True)
    date_removed = models.DateTimeField(null=True)
    status = OptionField(max_length=255, null=True, choices=options("active", "expired", "pending", "removed"))


class LatestSoftware(Row):
    """The software that new units of a type should run, from `date_added` until `date_removed`."""

    SCOPE = Reference()

    latest_software_id = models.AutoField(primary_key=True)
    product_type = models.ForeignKey(ProductType, models.PROTECT, related_name="latest_software")
    software_version_type = models.ForeignKey(SoftwareVersionType, models.PROTECT, related_name="latest_software")
    date_added = models.DateTimeField()
    date_removed = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "latest software"


class Home2StockPreparationTracking(Row):
    """How far a Home 2 has come on its way out of stock."""

    SCOPE = Follows("product")
    RULES: ClassVar[Any] = {"serial_number": rules.whole}

    home2_stock_preparation_tracking_id = models.AutoField(primary_key=True)
    product = of_product("home2_stock_preparation_tracking")
    serial_number = models.CharField(max_length=255)
    activated = models.BooleanField()
    software_updated = models.BooleanField()
    temperature_check = models.BooleanField()
    battery_charged = models.BooleanField()
    recent_data = models.BooleanField()
    online_disable = models.BooleanField()
    contact_support = models.BooleanField()
