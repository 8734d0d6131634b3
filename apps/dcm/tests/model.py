"""What a ledger in one book would say: the rules of credit without a database, a network or a clock."""

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Entry:
    key: str
    category: str
    value: int
    void: bool = False
    done: bool = False
    added_before: int = 0


@dataclass
class Book:
    """Each method returns what the API must answer: None for yes, else the `code`; force_reset its two figures."""

    entries: list[Entry] = field(default_factory=list)
    finals: list[tuple[str, int, int]] = field(default_factory=list)  # of a zero-command: its id, what was left, added
    published: list[str] = field(default_factory=list)
    balance: int | None = None
    heard: bool = False

    def sum(self, category: str) -> int:
        return sum(one.value for one in self.entries if one.category == category and not one.void)

    def open(self, category: str) -> list[Entry]:
        return [one for one in self.entries if one.category == category and not one.void and not one.done]

    def known(self, key: str) -> bool:
        return any(one.key == key for one in self.entries)

    def add(self, category: str, value: int, key: str) -> str | None:
        if self.known(key):
            return "duplicate"
        if self.open("zero-command"):
            return "zero_pending"
        if category == "bad-payment" and self.sum("payment") + self.sum("bad-payment") + value < 0:
            return "more_than_added"
        self.entries.append(Entry(key, category, value))
        return None

    def force_reset(self, key: str) -> str | dict[str, Any]:
        if self.known(key):
            return "duplicate"
        waiting = self.open("payment") + self.open("bad-payment")
        known = (0 if self.open("force-reset") else self.balance) if self.heard else None
        for one in self.entries:
            if one.category == "zero-command" and not one.void and not one.done:
                one.added_before = self.sum("payment")
        figures = {"outstanding_payments": sum(one.value for one in waiting), "last_known_balance": known}
        for one in self.entries:
            one.void = True
        self.entries.append(Entry(key, "force-reset", 0))
        self.balance = 0
        return figures

    def report(self, balance: int, acknowledged: list[str], final: tuple[str, int] | None) -> None:
        """One that arrived, for the first time."""
        for one in self.entries:
            if one.key in acknowledged and one.category != "zero-command":
                one.done = True
        if final:
            self.final(*final)
        self.heard = True
        if not self.open("force-reset"):
            self.balance = balance

    def final(self, key: str, left: int) -> None:
        zero = next((one for one in self.entries if one.key == key and one.category == "zero-command"), None)
        if zero is None or zero.done:
            return
        zero.done = True
        self.finals.append((key, left, zero.added_before if zero.void else self.sum("payment")))
        if zero.void:
            return
        self.published.append(key)
        for one in self.entries[: self.entries.index(zero)]:
            one.void = True
