"""Refusals in the reader's language.

Rules refuse in English, which is what the API answers; a page that shows a refusal to a person passes it through
said(). Every text that a rule may refuse with stands here as a template (tests/architecture/test_refusals.py).
"""

import functools
import re
from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext_noop as noop

from apps.core.refusals import Invalid, Refused
from apps.core.telling import Told, join, revived, tell

TEMPLATES = (
    noop("A unit may not transition from state '%(from)s' to state '%(to)s'"),
    noop("Dead letters are of all entities; this needs GLOBAL scope"),
    noop("Events are of all entities; this needs GLOBAL scope"),
    noop("Jobs of this kind are done here no more"),
    noop("No unit in your scope has this number"),
    noop("Only the person themselves may change this"),
    noop("Reference data is written by users of GLOBAL scope only"),
    noop("The admin is for ADMIN and above"),
    noop("The quota of wake-ups is spent for today; the unit connects by itself within four hours"),
    noop("The requested resource could not be found"),
    noop("The unit would leave your scope; ask somebody of GLOBAL scope"),
    noop("This conflicts with something written at the same moment; look at it and send it again"),
    noop("This needs the permission %(needed)s; yours is %(yours)s"),
    noop("This row would lie outside your scope"),
    noop("This user would see more than you do"),
    noop("Your own level, scope and account are changed by a colleague"),
    noop("belongs to another entity"),
    noop("belongs to another hub"),
    noop("conflicts with another row"),
    noop("has a value in this line that stands under no heading"),
    noop("holds a number longer than 64 bits; send it as text"),
    noop("holds a number that is not finite"),
    noop("holds an error of the spreadsheet (%(error)s); mend it there"),
    noop("holds characters that cannot be stored"),
    noop("is a formula without a value; open and save the file once"),
    noop("is a time of day without its day"),
    noop("is already in use by another row"),
    noop("is already in use by another user"),
    noop("is closed; open the account first"),
    noop("is longer than %(most)s characters"),
    noop("is nested deeper than %(most)s levels"),
    noop("is required for an appliance of a tracked type"),
    noop("is of the form that untracked appliances are given"),
    noop("must be 0 or more"),
    noop("would be %(count)s for %(old)s by %(new)s; max_part_count of rule %(rule)s allows %(most)s in a repair"),
    noop("is of another type of appliance"),
    noop("holds one that this type of appliance does not have"),
    noop("is no replacement for this type of appliance"),
    noop("must be from 1 to 1000"),
    noop("must be one of those that are offered"),
    noop("is in the future"),
    noop("is before it arrived"),
    noop("are still waited for; say that they are replaced, or remove them"),
    noop("is in another repair by now"),
    noop("This repair is finished; open it again first"),
    noop("is no column of this table"),
    noop("is no e-mail address"),
    noop("is no time zone such as Africa/Kigali"),
    noop("is not RTC enabled"),
    noop("is not an entity of this unit"),
    noop("is not changed here"),
    noop("is not spoken here"),
    noop("is not wake-up enabled"),
    noop("is required"),
    noop("is required for the scope ENTITY"),
    noop("is the key of another board"),
    noop("is the number of another board"),
    noop("is the number of another unit"),
    noop("hold the %(name)s of another board or unit"),
    noop("is still held by its %(rows)s; delete those first"),
    noop("may be %(one)s or %(other)s; write it as one of these"),
    noop("may not be blank"),
    noop("may not be null"),
    noop("must be 16 to 24 letters and digits"),
    noop("must be %(least)s to %(most)s digits"),
    noop("must be JSON"),
    noop("must be a date such as 2016-11-25"),
    noop("must be a finite number"),
    noop("must be a number"),
    noop("must be a text"),
    noop("must be a time such as 2016-11-25T10:51:30"),
    noop("must be a whole date such as 31/12/2026 or 2026-12-31, with a time if need be"),
    noop("must be a whole number"),
    noop("must be a whole time such as 2016-11-25T10:51:30, not %(given)s"),
    noop("must be an IP address such as 10.0.0.1"),
    noop("must be base64 text"),
    noop("must be degrees between -%(least)s and %(most)s, such as 29.87"),
    noop("must be one of: %(options)s"),
    noop("must be true or false"),
    noop("must lie between %(low)s and %(high)s"),
    noop("never changes; make a new row instead"),
    noop("points to no row that exists"),
    noop("stands for several units; give the IMEI"),
    noop("was discarded, and is not to be processed further"),
    noop("was made a date by a spreadsheet; format that column as text"),
    noop("is no known software version"),
    noop("is marked as bad and is never installed"),
    noop("is not allowed for this type of unit"),
    noop("cannot be ordered: the software of this unit is locked to %(name)s"),
    noop("must be ACTIVATED, MONITORED or IN_REPAIR_SYSTEM for an energy limit"),
    noop("may not be changed while total_accessory_energy is set"),
    noop("must lie in the future"),
    noop("must be at least %(least)s; it is %(given)s"),
    noop("must be at most %(most)s; it is %(given)s"),
    noop("must be at least %(least)s"),
    noop("must be at most %(most)s"),
    noop("must go in steps of %(step)s from %(least)s"),
    noop("must have at least %(least)s characters"),
    noop("A roll-out concerns units of all entities; this needs GLOBAL scope"),
    noop("is not allowed to run this version; allow it first"),
    noop("has a roll-out already; stop that one first"),
    noop("is all of the units already"),
    noop("is over; begin another roll-out"),
    noop("was shortened by a spreadsheet; format that column as text"),
    noop("begins with no known country and network (MCC, MNC); is it read right?"),
    noop("carries numbers or the key of another unit"),
    noop("carries numbers or the key of the unit %(imei)s"),
    noop("has a SIM that sits in a unit already"),
    noop("is a board whose SIM is no part that is known here"),
    noop("is a board whose %(name)s no unit can bear"),
    noop("is a board without %(missing)s in its properties"),
    noop("is already in use"),
    noop("is no board that is known here"),
    noop("is no %(kind)s board"),
    noop("is no tool that is known here; there are %(tools)s"),
    noop("is not put into this type of unit here"),
    noop("is not sent by %(tool)s; it sends %(fields)s"),
    noop("its last digit should be %(digit)s (Luhn); is it read right?"),
    noop("must be a part type of the category %(category)s"),
    noop("must be %(digits)s digits"),
    noop("must not be the IMEI"),
    noop("must not be the IMSI"),
    noop("is not one of the options"),
    noop("%(name)s is no workflow that is known here"),
    noop("no workflow serves the type %(type)s"),
    noop("%(value)s is not one of the options"),
    noop("Repairs of this type of unit are not for you"),
    noop("Somebody else has moved this repair on meanwhile; look at where it stands now"),
    noop("The repair has ended"),
    noop("The repair has ended; its last step stands"),
    noop("There is no step to take back; the repair stands at its beginning"),
    noop("This repair was not opened by a workflow"),
    noop("This step cannot be taken back"),
    noop("This step cannot be taken back: what it wrote has been deleted since"),
    noop("The workflow that this repair began with can't be read here any more; change the state of its unit by hand"),
    noop("is of the type %(type)s, which replaces nothing that sits in this unit"),
    noop("is no event of this step; there are %(known)s"),
    noop("is no input of this step; there are %(known)s"),
    noop("is no part that is known here; look at the label once more"),
    noop("is not in the state IN_REPAIR_SYSTEM"),
    noop("is running; bring it to its end first"),
    noop("Only a person can take a repair"),
    noop("Somebody else has moved this repair on meanwhile; look at where it stands now"),
    noop("has no exit check that fails; there is nothing to override"),
    noop("is %(state)s, and such a unit is not repaired"),
    noop("is a board; the step that replaces the board puts it in"),
    noop("must lie within a year"),
    noop("is too large"),
    noop("must be %(wanted)s for this workflow; it is %(held)s"),
    noop("must be a list of the values chosen"),
    noop("must be a time as HH:MM:SS, YYYY-MM-DD or YYYY-MM-DDTHH:MM:SSZ"),
    noop("must be in steps of %(step)s from %(least)s"),
    noop("must be on one line"),
    noop("must be one of %(options)s"),
    noop("must have at least %(least)s letters; it has %(count)s"),
    noop("must have at most %(most)s letters; it has %(count)s"),
    noop("must name at least one of the options"),
    noop("name at least one input"),
    noop("names an option twice"),
    noop("sits in this unit already"),
    noop("sits in another unit already"),
    noop("the part %(part)s has left the unit since"),
    noop("the part %(part)s sits in a unit since"),
    noop("sits in a unit already"),
    noop("does not sit in this unit"),
    noop("answers no letter of ours"),
    noop("has no message in base64"),
    noop("holds a number longer than 64 bits"),
    noop("holds something of a kind that no letter has (%(kind)s)"),
    noop("is longer than %(most)s bytes"),
    noop("is no CBOR (%(error)s)"),
    noop("is no JSON"),
    noop("is no JSON object"),
    noop("is no array that begins with its kind"),
    noop("is of no kind that is known here (%(kind)s)"),
    noop("names no unit"),
    noop("no RTC enabled unit has this address"),
    noop("several units have this address"),
    noop("something broke on our side; it has been recorded"),
    noop("status is neither delivered nor failed"),
    noop("is not in this unit"),
    noop("cannot be reserved: the repair belongs to no repair centre until somebody who works at one takes the repair"),
    noop("cannot be reserved: none of this type is free in the centre's stock; count or receive it first"),
    noop("This part is not waited for any more: it was fitted or withdrawn"),
    noop("cannot be changed: the part sits in a unit again"),
    noop("A photo may have %(most)s MB at most; take it with a lower resolution"),
    noop("is empty"),
    noop("has too many pixels; make it smaller first"),
    noop("is no picture that can be read here; send a JPEG, PNG or WebP"),
    noop("choose or take a photo first"),
    noop("would be more than the %(most)s that a repair may have"),
    noop("would be more than the %(most)s that can be sent at once"),
    noop("A photo is removed by the person who took it"),
    noop("tick what is wrong, or write it"),
    noop("This has been told already; somebody will look at it"),
    noop("Too many attempts; please wait before you try again"),
    noop("must be unlock or sync; without it, transaction_id names a command"),
    noop("no token was issued under it for this unit"),
    noop("has no OpenPAYGO key; import_openpaygo brings the factory's file"),
    noop("names no command of this unit"),
    noop("is void or acknowledged already; nothing is to be given"),
    noop("no code takes a part of the credit away; a zero-command or force_reset takes all"),
    noop("a code gives 1 to 995 whole units of %(one)s seconds; this is %(seconds)s seconds"),
    noop("the unit is to be zeroed before; issue the code of %(transaction)s first"),
    noop("the code of %(transaction)s, which zeroes the unit, was issued after it"),
    noop("the unit was given credit after it, which its code would take away; order a force_reset anew"),
    noop("the unit is not paid off; set_is_payg says when it is"),
    noop("no code can be made: %(why)s"),
    noop(
        "would be %(ahead)s codes ahead of the last that the unit is known to have taken; enter a sync code first, or "
        "say which codes were entered"
    ),
    noop("The working time of a colleague is corrected by them, or by somebody of the level ADMIN"),
)


@functools.cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    found = []
    for template in TEMPLATES:
        pattern = re.sub(r"%\\\((\w+)\\\)s", r"(?P<p_\1>.+)", re.escape(template))
        found.append((re.compile(rf"\s*{pattern}\Z", re.DOTALL), template))
    return found


def translated(text: str) -> str:
    """This text in the language of the page; one that is no refusal of ours stays as it is."""
    if isinstance(text, Told):
        return text
    for pattern, template in _patterns():
        if match := pattern.match(text):
            return tell(template, **{name[2:]: value for name, value in match.groupdict().items()})
    return revived(text.strip())


def said(refused: Refused, *, fields: bool | Callable[[str], Any] | None = True) -> str:
    """The whole refusal in one line, to be kept or shown; without the names of fields where the reader has filled in
    none of them. `fields`: what people call a field."""
    if not isinstance(refused, Invalid):
        return translated(refused.message)
    called = fields if callable(fields) else str
    lines = [(name, translated(text)) for name, text in refused.errors.items()]
    return join([labelled(called(name), text) if fields else text for name, text in lines], "; ")


def labelled(name: Any, text: Any) -> Told:
    return tell("%(name)s: %(text)s", name=name, text=text)
