from apps.core.levels import Level
from apps.core.tables import Table
from apps.products import actions
from apps.products.models import (
    Connection,
    EnableHistory,
    Parameter,
    ParameterType,
    Product,
    ProductEntityLinker,
    ProductGroup,
    ProductNote,
    ProductParameter,
    ProductProductGroupLinker,
    ProductSoftwareLinker,
    ProductType,
    ProductTypeSoftwareVersionTypeLinker,
    RtcConnectionHistory,
    SoftwareVersionType,
    State,
    StateType,
    TamperEnableHistory,
)

NOTES = Table(path="product_notes", model=ProductNote, create=Level.TECHNICAL, edit=Level.TECHNICAL)

TABLES = [
    Table(
        path="products",
        model=Product,
        create=None,
        owned=(
            "current_enable_flag",
            "latest_connection_id",
            "latest_connection_location_id",
            "latest_state_id",
            "latest_enable_history_id",
            "latest_rtc_connection_history_id",
        ),
        on_edit={
            "desired_enable_flag": actions.set_desired_enable_flag,
            "dcm_enabled_flag": actions.put_dcm_enabled_flag,
            "is_payg": actions.set_is_payg,
        },
        remove=actions.delete_product,
    ),
    Table(path="product_types", model=ProductType),
    Table(path="state_types", model=StateType),
    Table(path="states", model=State, create=None, edit=None, delete=None),
    Table(path="enable_history", model=EnableHistory, create=None, edit=None, remove=actions.remove_history_row),
    Table(path="tamper_enable_history", model=TamperEnableHistory, create=None, edit=None, delete=None),
    Table(path="product_entity_linker", model=ProductEntityLinker, create=None, edit=None, delete=None),
    Table(path="connections", model=Connection, create=None, edit=None, remove=actions.remove_history_row),
    Table(
        path="rtc_connection_history",
        model=RtcConnectionHistory,
        create=None,
        edit=None,
        remove=actions.remove_history_row,
    ),
    Table(path="software_version_types", model=SoftwareVersionType),
    Table(path="product_type_software_version_type_linker", model=ProductTypeSoftwareVersionTypeLinker),
    Table(path="product_software_linker", model=ProductSoftwareLinker, after_write=actions.software_row_written),
    Table(path="parameter_types", model=ParameterType),
    Table(
        path="product_parameters",
        model=ProductParameter,
        defaults={"status": "pending"},
        after_write=actions.parameter_row_written,
    ),  # fmt: skip
    NOTES,
    Table(path="product_groups", model=ProductGroup, create=None, edit=None, delete=None),
    Table(
        path="product_product_group_linker",
        model=ProductProductGroupLinker,
        create=None,
        edit=None,
        delete=None,
    ),
    Table(path="parameters", model=Parameter),
]
