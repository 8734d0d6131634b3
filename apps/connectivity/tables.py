from apps.connectivity.models import (
    Network,
    RtcDeadLetter,
    RtcMoMessageHistory,
    SimPartTypeSimProviderLinker,
    SimProvider,
    SimProviderNetworkLinker,
    SmsHistory,
)
from apps.core.tables import Table

SMS = Table(path="sms_histories", model=SmsHistory)

TABLES = [
    Table(path="networks", model=Network, fixed=("mccmnc",)),
    Table(path="sim_providers", model=SimProvider),
    Table(path="sim_provider_network_linker", model=SimProviderNetworkLinker),
    Table(path="sim_part_type_sim_provider_linker", model=SimPartTypeSimProviderLinker),
    SMS,
    Table(path="rtc_mo_message_history", model=RtcMoMessageHistory, create=None, edit=None, delete=None),
    Table(
        path="rtc_dead_letters",
        model=RtcDeadLetter,
        create=None,
        edit=None,
        delete=None,
        also_at=("rtc_dead_letter",),
    ),
]
