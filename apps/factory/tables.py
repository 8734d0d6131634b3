from apps.core.tables import Table
from apps.factory.models import BatteryTestResult, FactoryLog, TestJigTestResult

TABLES = [
    Table(path="battery_test_results", model=BatteryTestResult),
    Table(path="test_jig_test_results", model=TestJigTestResult),
    Table(path="factory_logs", model=FactoryLog, edit=None, delete=None),
]
