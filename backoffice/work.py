"""The kinds of long work that people may start, on one page: name → class (apps.jobs.kinds.Kind)."""

KINDS = {
    "units.enable": "apps.products.bulk.Enable",
    "units.disable": "apps.products.bulk.Disable",
    "units.state": "apps.products.bulk.ChangeState",
    "units.entity": "apps.products.bulk.ChangeEntity",
    "units.add_entity": "apps.products.bulk.AddEntity",
    "units.note": "apps.products.bulk.AddNote",
    "units.enable_tamper": "apps.products.bulk.EnableTamper",
    "units.disable_tamper": "apps.products.bulk.DisableTamper",
    "units.software": "apps.products.bulk_orders.UpdateSoftware",
    "units.lock_software": "apps.products.bulk_orders.LockSoftware",
    "units.unlock_software": "apps.products.bulk_orders.UnlockSoftware",
    "units.expire_software": "apps.products.bulk_orders.ExpireSoftware",
    "units.parameter": "apps.products.bulk_orders.SetParameter",
    "units.part_parameter": "apps.repairs.bulk.SetPartParameter",
    "units.wake_up": "apps.connectivity.bulk.WakeUp",
    "units.connect": "apps.connectivity.bulk.ForceConnection",
    "units.credit": "apps.dcm.bulk.PayIn",
    "rows.import": "apps.transfer.importing.Import",
    "rows.export": "apps.transfer.exporting.Export",
}
