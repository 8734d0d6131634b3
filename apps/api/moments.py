"""Times that a query or a body asks by."""

import datetime as dt

from apps.api.endpoint import Body
from apps.core.refusals import Invalid
from apps.core.times import strict_moment

MUST_BE = "must be a time such as 2016-11-25T10:51:30"


def asked_moments(body: Body, *names: str) -> dict[str, dt.datetime]:
    """{name: aware time} of those that are given. Raises Invalid, which names each that is none."""
    times, errors = {}, {}
    for name in names:
        given = getattr(body, name)
        if given is None:
            continue
        try:
            times[name] = strict_moment(str(given))
        except ValueError:
            errors[name] = MUST_BE
    if errors:
        raise Invalid(errors)
    return times
