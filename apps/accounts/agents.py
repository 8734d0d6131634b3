"""What a browser or program calls itself, as its owner would."""

from ua_parser import parse

LONGEST = 90


def told(agent: str) -> str:
    """`Chrome Mobile 120 · Android 13 · TECNO KI5q`; what nobody knows stays as it is, cut short."""
    found = parse(agent)
    program, system, device = found.user_agent, found.os, found.device
    if program is None:
        return agent[:LONGEST]
    words = [" ".join(filter(None, (part.family, part.major))) for part in (program, system) if part]
    model = device.family if device and device.brand not in (None, "Apple", "Generic", "Spider") else ""
    return " · ".join(filter(None, [*words, model]))
