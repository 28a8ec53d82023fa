"""Mistyped mail domains: gmial.com, hotmail.con. A question to the writer, never a correction."""

from __future__ import annotations

from functools import lru_cache

# A name that nobody else bears: one edit away, or with a TLD it does not have, is a slip.
_DISTINCTIVE = (
    "gmail.com",
    "hotmail.com",
    "hotmail.dk",
    "outlook.com",
    "outlook.dk",
    "icloud.com",
    "yahoo.com",
    "yahoo.dk",
    "protonmail.com",
    "mail.tele.dk",
    "post.tele.dk",
    "stofanet.dk",
    "youmail.dk",
    "jubii.dk",
    "webspeed.dk",
    "tdcadsl.dk",
    "get2net.dk",
    "kabelmail.dk",
    "fibermail.dk",
    "profibermail.dk",
    "dlgtele.dk",
    "energimail.dk",
    "waoomail.dk",
    "tiscali.dk",
    "cybercity.dk",
    "vip.cybercity.dk",
)
# Short or common words: one edit leads to somebody else's domain (mc.com, love.dk, email.dk).
_COMMON = (
    "live.dk",
    "live.com",
    "me.com",
    "mac.com",
    "msn.com",
    "aol.com",
    "mail.dk",
    "mail.com",
    "sol.dk",
    "ofir.dk",
    "city.dk",
    "privat.dk",
    "bbsyd.dk",
    "proton.me",
    "pm.me",
)
# Other people's domains that stand one edit or another TLD away from one above.
_NEIGHBOURS_LIST = """
    cloud.com email.com email.dk fastmail.com googlemail.com ymail.com rocketmail.com
    hotmail.be hotmail.de hotmail.es hotmail.fr hotmail.it hotmail.nl hotmail.no hotmail.se
    outlook.at outlook.be outlook.de outlook.es outlook.fr outlook.it outlook.pt
    yahoo.ca yahoo.de yahoo.es yahoo.fr yahoo.ie yahoo.in yahoo.it yahoo.no yahoo.pl yahoo.se
    protonmail.ch tiscali.it youmail.com
"""
_NEIGHBOURS = frozenset(_NEIGHBOURS_LIST.split())
# No TLD is written like this (IANA, Root Zone Database).
_SLIPS = {
    "com": ("con", "cmo", "ocm", "vom", "xom", "comm", "coom", "conm", "cim"),
    "dk": ("dkk", "ddk", "dl", "kd"),
    "me": ("mee", "em"),
}


def suggestion(email: str) -> str | None:
    """The address its writer probably meant: "kirsten@gmial.com" gives "kirsten@gmail.com".

    None when the domain is a mail provider's, or like none of those that Danes use. No DNS.
    """
    local, _, domain = email.strip().rpartition("@")
    meant = _meant(domain.lower())
    return f"{local}@{meant}" if local and meant else None


@lru_cache(1024)
def _meant(domain: str) -> str | None:
    if domain in _NEIGHBOURS or domain in _DISTINCTIVE or domain in _COMMON:
        return None
    for known in _DISTINCTIVE:
        if _one_edit_apart(domain, known):
            return known
    for known in (*_DISTINCTIVE, *_COMMON):
        name, _, tld = known.rpartition(".")
        if any(domain == f"{name}.{slip}" for slip in _SLIPS[tld]):
            return known
    for known in _DISTINCTIVE:
        name = known.rpartition(".")[0]
        if name in (domain, domain.rpartition(".")[0]):
            return known
    return None


def _one_edit_apart(typed: str, known: str) -> bool:
    """One letter more, one fewer, one other, or two neighbours swapped (Damerau, 1964)."""
    shorter, longer = sorted((typed, known), key=len)
    start = next(
        (i for i, (a, b) in enumerate(zip(shorter, longer, strict=False)) if a != b), len(shorter)
    )
    a, b = shorter[start:], longer[start:]
    if len(longer) == len(shorter) + 1:
        return a == b[1:]
    swapped = len(a) > 1 and a[:2] == b[1::-1] and a[2:] == b[2:]
    return len(longer) == len(shorter) and typed != known and (a[1:] == b[1:] or swapped)
