"""A strict reader of iCalendar: lines, properties and components by RFC 5545, methods by RFC 5546.

Written from the grammar, on its own: it shares no line with the library that the program uses.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

LONGEST_LINE = 75  # octets without the line break (RFC 5545 § 3.1)
NAME = re.compile(r"[A-Z0-9-]+")
PARAMETER = re.compile(r';([A-Z0-9-]+)=("[^"\x00-\x08\x0a-\x1f\x7f]*"|[^";:,\x00-\x1f\x7f]*)')
MOMENT = re.compile(r"\d{8}T([01]\d|2[0-3])[0-5]\d[0-5]\dZ")
TEXT = {"SUMMARY", "LOCATION", "PRODID", "NAME", "X-WR-CALNAME", "UID"}
MOMENTS = {"DTSTAMP", "DTSTART", "DTEND"}
ADDRESSES = {"ORGANIZER", "ATTENDEE"}
# What each method demands of an event beside UID, DTSTAMP and ORGANIZER, and what it forbids.
METHODS = {
    "REQUEST": ({"ATTENDEE", "DTSTART", "SUMMARY", "SEQUENCE"}, set(), {"CONFIRMED", "TENTATIVE"}),
    "CANCEL": ({"ATTENDEE", "SEQUENCE", "STATUS"}, set(), {"CANCELLED"}),
    "PUBLISH": ({"DTSTART", "SUMMARY"}, {"ATTENDEE"}, {"CONFIRMED", "TENTATIVE", "CANCELLED"}),
}


@dataclass
class Property:
    name: str
    parameters: dict[str, str]
    value: str


@dataclass
class Component:
    name: str
    properties: list[Property] = field(default_factory=list)
    inner: list[Component] = field(default_factory=list)

    def one(self, name: str) -> Property:
        [found] = [each for each in self.properties if each.name == name]
        return found

    def names(self) -> list[str]:
        return [each.name for each in self.properties]


def read(data: bytes) -> Component:
    """The one calendar in these bytes. AssertionError when anything breaks the rules."""
    calendar = _component(_lines(data))
    assert calendar.name == "VCALENDAR"
    assert calendar.one("VERSION").value == "2.0"
    assert unescaped(calendar.one("PRODID").value)
    method = calendar.one("METHOD").value
    for event in calendar.inner:
        _check_event(event, method)
    uids = [event.one("UID").value for event in calendar.inner]
    assert len(uids) == len(set(uids))
    return calendar


def _lines(data: bytes) -> list[str]:
    assert data.endswith(b"\r\n")
    physical = data.removesuffix(b"\r\n").split(b"\r\n")
    logical: list[bytes] = []
    for line in physical:
        assert not {b"\r"[0], b"\n"[0]} & set(line), "a line break that is not CRLF"
        assert 0 < len(line) <= LONGEST_LINE, line
        line.decode()  # folding may not cut a letter in two, though the RFC lets it
        if line[:1] in {b" ", b"\t"}:
            logical[-1] += line[1:]
        else:
            logical.append(line)
    return [line.decode() for line in logical]


def _component(lines: list[str]) -> Component:
    stack: list[Component] = []
    done: list[Component] = []
    for line in lines:
        found = _property(line)
        if found.name == "BEGIN":
            stack.append(Component(found.value))
        elif found.name == "END":
            closed = stack.pop()
            assert closed.name == found.value
            (stack[-1].inner if stack else done).append(closed)
        else:
            stack[-1].properties.append(found)
    assert not stack
    [calendar] = done
    return calendar


def _property(line: str) -> Property:
    name = NAME.match(line)
    assert name, line
    at, parameters = name.end(), {}
    while line[at] == ";":
        parameter = PARAMETER.match(line, at)
        assert parameter, line
        parameters[parameter[1]] = parameter[2].strip('"')
        at = parameter.end()
    assert line[at] == ":", line
    value = line[at + 1 :]
    assert not re.search(r"[\x00-\x08\x0a-\x1f\x7f]", value), "a control character"
    if name[0] in TEXT:
        unescaped(value)
    return Property(name[0], parameters, value)


def unescaped(value: str) -> str:
    """A TEXT value as it was meant. AssertionError for a bare comma, semicolon or backslash."""
    out, at = "", 0
    while at < len(value):
        if value[at] == "\\":
            assert value[at + 1] in "\\;,nN", value
            out += {"n": "\n", "N": "\n"}.get(value[at + 1], value[at + 1])
            at += 2
        else:
            assert value[at] not in ",;", value
            out += value[at]
            at += 1
    return out


def _check_event(event: Component, method: str) -> None:
    needed, forbidden, statuses = METHODS[method]
    names = event.names()
    assert event.name == "VEVENT"
    assert {"UID", "DTSTAMP", "ORGANIZER"} | needed <= set(names)
    assert not forbidden & set(names)
    assert len(names) == len(set(names)), "each of these stands once"
    assert event.one("STATUS").value in statuses
    assert int(event.one("SEQUENCE").value) >= 0
    for name in MOMENTS & set(names):
        assert MOMENT.fullmatch(event.one(name).value), name
        assert "TZID" not in event.one(name).parameters
    assert event.one("DTSTART").value < event.one("DTEND").value
    for name in ADDRESSES & set(names):
        assert re.fullmatch(r"mailto:[^\s@]+@[^\s@]+", event.one(name).value), name
