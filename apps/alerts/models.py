"""What analyses find wrong with units."""

from django.db import models

from apps.accounts.models import Entity
from apps.core.fields import OptionField, options
from apps.core.models import Row
from apps.core.scope import ByEntity, Follows, Reference
from apps.products.models import ProductType, StateType, of_product
from apps.repairs.models import Repair


class AlertType(Row):
    """Something that an analysis can find wrong with a unit; frequency and cooling-off are in seconds."""

    SCOPE = Reference()

    alert_type_id = models.AutoField(primary_key=True)
    name = models.CharField(max_length=255)
    version = models.IntegerField()
    category = models.CharField(max_length=255, null=True)
    purpose = models.TextField(null=True)
    message = models.TextField(null=True)
    status = models.CharField(max_length=255)
    severity = models.CharField(max_length=255, null=True)
    analysis_frequency = models.FloatField()
    cooling_off_period = models.FloatField(null=True)
    active = models.BooleanField()
    label = models.CharField(max_length=255, unique=True)


class AlertTypeProductTypeLinker(Row):
    """Which types of unit an alert type is for."""

    SCOPE = Reference()

    alert_type_product_type_linker_id = models.AutoField(primary_key=True)
    alert_type = models.ForeignKey(AlertType, models.PROTECT, related_name="alert_type_product_type_linker")
    product_type = models.ForeignKey(ProductType, models.PROTECT, related_name="alert_type_product_type_linker")


class AlertTypeStateTypeLinker(Row):
    """In which states of a unit an alert type is looked for."""

    SCOPE = Reference()

    alert_type_state_type_linker_id = models.AutoField(primary_key=True)
    alert_type = models.ForeignKey(AlertType, models.PROTECT, related_name="alert_type_state_type_linker")
    state_type = models.ForeignKey(StateType, models.PROTECT, related_name="alert_type_state_type_linker")


class AlertTypeEntityAntiLinker(Row):
    """An entity that wants to hear nothing of an alert type."""

    SCOPE = ByEntity("entity")

    alert_type_entity_anti_linker_id = models.AutoField(primary_key=True)
    alert_type = models.ForeignKey(AlertType, models.PROTECT, related_name="alert_type_entity_anti_linker")
    entity = models.ForeignKey(Entity, models.PROTECT, related_name="alert_type_entity_anti_linker")


class Alert(Row):
    """Something is, or was, wrong with a unit."""

    SCOPE = Follows("product")

    alert_id = models.AutoField(primary_key=True)
    product = of_product("alerts")
    alert_type = models.ForeignKey(AlertType, models.PROTECT, related_name="alerts")
    start_time = models.DateTimeField(null=True)
    dismissed_at = models.DateTimeField(null=True)
    dismissed_by = models.CharField(max_length=255, null=True)
    dismissal_reason = models.TextField(null=True)
    repair = models.ForeignKey(Repair, models.PROTECT, null=True, related_name="alerts")
    extra_info = models.TextField(null=True)
    customer_contact_date = models.DateTimeField(null=True)
    customer_contact_type = OptionField(max_length=255, null=True, choices=options("phone", "sms", "visit"))


class AnalysisHistory(Row):
    """An analysis of a unit was run."""

    SCOPE = Follows("product")

    analysis_history_id = models.AutoField(primary_key=True)
    product = of_product("analysis_histories")
    alert_type = models.ForeignKey(AlertType, models.PROTECT, related_name="analysis_histories")
    timestamp = models.DateTimeField()
    status = OptionField(max_length=255, choices=options("failure", "success"))

    class Meta:
        verbose_name_plural = "analysis histories"
