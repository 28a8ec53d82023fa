"""The gift card as a PDF: a sheet to fold, nothing on its outside but a drawing and a name."""

from __future__ import annotations

from io import BytesIO

import segno

from shop.course.models import Course
from shop.danish import day
from shop.db import db
from shop.gifts.models import Gift
from shop.pdf import typeset
from shop.web import public_url, settings


def made(key: str) -> bytes:
    """The card of the gift with this id, for the mail it goes along with."""
    return drawn(db.session.get_one(Gift, int(key)))


def drawn(gift: Gift) -> bytes:
    """The card of a paid gift. Raises TypesettingFailed."""
    course = db.session.get_one(Course, gift.course_id)
    site = settings()
    picture = BytesIO()
    link = public_url("gifts.gift", code=gift.shown_code)
    segno.make(link, error="m").save(picture, kind="svg", border=0, xmldecl=False, dark="#1e2a2b")
    return typeset(
        "gift_card",
        {
            "giver": gift.giver,
            "course": course.title,
            "months": gift.access_months,
            "code": gift.shown_code,
            "link": link,
            "door": public_url("gifts.door").partition("://")[2],
            "until": day(gift.expires_at) if gift.expires_at else "",
            "qr": picture.getvalue().decode(),
            "shop": site.clinic["trade_name"],
            "seller": site.clinic["legal_name"],
            "email": site.clinic["email"],
        },
    )
