"""Units: what they are, what they were ordered to do, what they reported."""

from apps.products.models.catalogue import (
    ParameterType,
    ProductType,
    ProductTypeSoftwareVersionTypeLinker,
    SoftwareVersionType,
    StateType,
    WakeUpSoftware,
)
from apps.products.models.connections import Connection, RtcConnectionHistory
from apps.products.models.histories import (
    EnableHistory,
    EnableState,
    Home2StockPreparationTracking,
    LatestSoftware,
    Parameter,
    ProductEntityLinker,
    ProductGroup,
    ProductNote,
    ProductParameter,
    ProductProductGroupLinker,
    ProductSoftwareLinker,
    State,
    TamperEnableHistory,
)
from apps.products.models.product import Product, of_product
from apps.products.models.rollouts import SoftwareRollout

__all__ = [
    "WakeUpSoftware",
    "ProductProductGroupLinker",
    "ProductGroup",
    "Parameter",
    "LatestSoftware",
    "Home2StockPreparationTracking",
    "Connection",
    "EnableHistory",
    "EnableState",
    "ParameterType",
    "Product",
    "ProductEntityLinker",
    "ProductNote",
    "ProductParameter",
    "ProductSoftwareLinker",
    "ProductType",
    "ProductTypeSoftwareVersionTypeLinker",
    "RtcConnectionHistory",
    "SoftwareRollout",
    "SoftwareVersionType",
    "State",
    "StateType",
    "TamperEnableHistory",
    "of_product",
]
