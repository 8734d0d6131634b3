"""What can be found and done in a repair."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core.models import Row
from apps.core.scope import Reference
from apps.products.models import ProductType


class ActionType(Row):
    """Something a technician can do in a repair."""

    SCOPE = Reference()
    HIDDEN = ("label_fr",)

    action_type_id = models.AutoField(primary_key=True)
    name = models.CharField(max_length=255, unique=True)
    description = models.TextField(null=True)
    label = models.CharField(max_length=255, unique=True)
    label_fr = models.CharField(_("label in French"), max_length=255, blank=True, default="")

    def said(self, language: str) -> str:
        """The label in the reader's language, as far as there is one."""
        return (language == "fr" and self.label_fr) or self.label


class ActionTypeProductTypeLinker(Row):
    """Which actions a type of unit allows."""

    SCOPE = Reference()

    action_type_product_type_linker_id = models.AutoField(primary_key=True)
    product_type = models.ForeignKey(ProductType, models.PROTECT, related_name="action_type_product_type_linker")
    action_type = models.ForeignKey(ActionType, models.PROTECT, related_name="action_type_product_type_linker")


class SymptomType(Row):
    """Something a technician can find in a repair."""

    SCOPE = Reference()
    HIDDEN = ("label_fr",)

    symptom_type_id = models.AutoField(primary_key=True)
    name = models.CharField(max_length=255, unique=True)
    description = models.TextField(null=True)
    label = models.CharField(max_length=255, unique=True)
    label_fr = models.CharField(_("label in French"), max_length=255, blank=True, default="")

    def said(self, language: str) -> str:
        """The label in the reader's language, as far as there is one."""
        return (language == "fr" and self.label_fr) or self.label


class SymptomTypeProductTypeLinker(Row):
    """Which symptoms a type of unit can show."""

    SCOPE = Reference()

    symptom_type_product_type_linker_id = models.AutoField(primary_key=True)
    product_type = models.ForeignKey(ProductType, models.PROTECT, related_name="symptom_types")
    symptom_type = models.ForeignKey(SymptomType, models.PROTECT, related_name="symptom_type_product_type_linker")
