"""Mobile networks where pay-as-you-go solar is sold, by MCC and MNC (ITU E.212). More are rows that anyone may add."""

from django.db import migrations

NETWORKS = {
    "Benin": {61602: "Moov", 61603: "MTN"},
    "Burkina Faso": {61301: "Moov", 61302: "Orange", 61303: "Telecel"},
    "Burundi": {64208: "Lumitel"},
    "Cameroon": {62401: "MTN", 62402: "Orange"},
    "Chad": {62201: "Airtel", 62203: "Moov"},
    "Congo": {62901: "Airtel", 62910: "MTN"},
    "Côte d'Ivoire": {61202: "Moov", 61203: "Orange", 61205: "MTN"},
    "DR Congo": {63001: "Vodacom", 63002: "Airtel", 63086: "Orange", 63090: "Africell"},
    "Ethiopia": {63601: "Ethio Telecom", 63602: "Safaricom"},
    "Ghana": {62001: "MTN", 62002: "Telecel", 62006: "AT"},
    "Guinea": {61101: "Orange", 61104: "MTN", 61105: "Cellcom"},
    "Kenya": {63902: "Safaricom", 63903: "Airtel", 63907: "Telkom"},
    "Liberia": {61801: "Lonestar", 61807: "Orange"},
    "Madagascar": {64601: "Airtel", 64602: "Orange", 64604: "Telma"},
    "Malawi": {65001: "TNM", 65010: "Airtel"},
    "Mali": {61001: "Moov", 61002: "Orange"},
    "Mozambique": {64301: "Tmcel", 64303: "Movitel", 64304: "Vodacom"},
    "Namibia": {64901: "MTC"},
    "Nigeria": {62120: "Airtel", 62130: "MTN", 62150: "Glo", 62160: "9mobile"},
    "Senegal": {60801: "Orange", 60802: "Free", 60803: "Expresso"},
    "Sierra Leone": {61901: "Orange"},
    "South Sudan": {65902: "MTN"},
    "Tanzania": {64002: "Tigo", 64003: "Zantel", 64004: "Vodacom", 64005: "Airtel", 64009: "Halotel"},
    "Togo": {61501: "Togocom", 61503: "Moov"},
    "Uganda": {64101: "Airtel", 64110: "MTN", 64111: "Uganda Telecom"},
    "Zambia": {64501: "Airtel", 64502: "MTN", 64503: "Zamtel"},
    "Myanmar": {41401: "MPT", 41405: "Ooredoo", 41406: "ATOM", 41409: "Mytel"},
    "Pakistan": {41001: "Jazz", 41003: "Ufone", 41004: "Zong", 41006: "Telenor"},
}


def fill(apps, schema_editor):
    network = apps.get_model("connectivity", "Network")
    for country, names in NETWORKS.items():
        for key, name in names.items():
            columns = {"name": f"{country} {name}", "mcc": key // 100, "mnc": key % 100, "created_by": "system"}
            network.objects.get_or_create(mccmnc=key, defaults=columns)


class Migration(migrations.Migration):
    dependencies = [("connectivity", "0002_reference")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
