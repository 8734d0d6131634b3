"""Names of groups in the channel layer: letters and digits only, whatever a subject holds."""

import hashlib


def group_of(subject: str) -> str:
    return "subject." + hashlib.sha256(subject.encode()).hexdigest()[:40]
