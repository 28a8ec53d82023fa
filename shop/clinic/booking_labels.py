"""What the back office calls what happens to appointments, hours and calendars, in Danish."""

from __future__ import annotations

STATES = {
    "held": "Er ved at blive booket",
    "confirmed": "Aftalt",
    "completed": "Kom",
    "no_show": "Udeblev",
    "cancelled": "Aflyst",
}

MODES = {"clinic": "I klinikken", "phone": "På telefon", "video": "På video"}

HOURS_TROUBLE = {
    "unclear": "Skriv fra og til, for eksempel 9-12 og 13-16.",
    "order": "Lukketid skal ligge efter åbningstid.",
    "overlap": "To af tidsrummene går ind over hinanden.",
    "step": "Brug hele fem minutter, for eksempel 9.00 eller 9.15.",
}

CALENDAR_TROUBLE = {
    "address": "Adressen kan ikke bruges. Den skal begynde med https:// eller webcal://.",
    "unknown_host": "Vi kan ikke finde den server, som adressen peger på.",
    "private": "Adressen peger på et lukket netværk, og der henter vi ikke noget.",
    "no_answer": "Serveren svarede ikke.",
    "certificate": "Serverens certifikat kan ikke godkendes, så forbindelsen er ikke sikker.",
    "redirects": "Adressen sender os videre for mange gange eller til et usikkert sted.",
    "too_slow": "Det tog for lang tid at hente kalenderen.",
    "too_big": "Kalenderen fylder mere end 2 MB.",
    "too_much": "Der er for meget i kalenderen til, at vi kan læse den.",
    "no_calendar": "Det, der ligger på adressen, er ikke en kalender.",
}


def calendar_trouble(error: str | None) -> str:
    """Why a calendar could not be read, or what of it; "" when all is well."""
    what, _, number = (error or "").partition(" ")
    if what == "status":
        gone = number in {"401", "403", "404", "410"}
        asked = "Den hemmelige adresse gælder nok ikke mere. " if gone else ""
        return f"{asked}Serveren svarede med fejl {number}."
    if what == "unread":
        events = "én begivenhed" if number == "1" else f"{number} begivenheder"
        return f"Vi kunne ikke læse {events}. Resten er læst."
    return CALENDAR_TROUBLE.get(what, "")
