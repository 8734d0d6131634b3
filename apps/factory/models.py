"""Making units: the numbers that serials are made of."""

from django.db import models

from apps.core.models import Row
from apps.core.scope import ByText, Follows, GlobalOnly
from apps.parts.models import Part
from apps.products.models import of_product
from apps.repairs.models import Repair, RepairWorkflowEvent


class Serial(Row):
    """A number drawn once and never again; a unit's serial number is made of it."""

    SCOPE = GlobalOnly()

    serial_number = models.AutoField(primary_key=True)


class BatteryTestResult(Row):
    """A test of a battery."""

    SCOPE = Follows("product")

    battery_test_result_id = models.AutoField(primary_key=True)
    product = of_product("battery_test_result")
    type = models.CharField(max_length=255)
    result = models.CharField(max_length=255)
    problem = models.TextField(null=True)
    message = models.TextField(null=True)
    lvd_time = models.DateTimeField(null=True)
    energy = models.FloatField(null=True)
    battery_part = models.ForeignKey(Part, models.PROTECT, null=True, related_name="battery_test_result")
    repair_workflow_event = models.ForeignKey(
        RepairWorkflowEvent, models.PROTECT, null=True, related_name="battery_test_result"
    )


class TestJigTestResult(Row):
    """A test of a unit on a test jig."""

    SCOPE = Follows("product")

    test_jig_test_result_id = models.AutoField(primary_key=True)
    jig_id = models.CharField(max_length=255, null=True)
    machine_id = models.CharField(max_length=255, null=True)
    product = of_product("test_jig_test_result")
    jig_software_version = models.CharField(max_length=255, null=True)
    user = models.CharField(max_length=255)
    passed = models.BooleanField()
    results = models.JSONField(null=True)


class FactoryLog(Row):
    """What a tool of the factory or a workshop wrote down."""

    SCOPE = ByText("product_imei", "products.Product")

    factory_log_id = models.AutoField(primary_key=True)
    app_name = models.CharField(max_length=255)
    product_imei = models.CharField(max_length=20, null=True)
    repair = models.ForeignKey(Repair, models.PROTECT, null=True, related_name="factory_log")
    timestamp = models.DateTimeField()
    tags = models.JSONField(null=True)
    fields = models.JSONField(null=True)
