"""What search engines are told of the clinic, the course and the answers (schema.org)."""

from __future__ import annotations

from typing import Any

from shop.settings import PLACEHOLDER
from shop.web import public_url, settings

Thing = dict[str, Any]


def clinic() -> Thing:
    """The clinic as a MedicalBusiness; facts that nobody has filled in are left out."""
    facts = {name: value for name, value in settings().clinic.items() if _is_known(value)}
    address = {
        "@type": "PostalAddress",
        "streetAddress": facts.get("street"),
        "postalCode": facts.get("postcode"),
        "addressLocality": facts.get("city"),
        "addressCountry": "DK",
    }
    person = {"@type": "Person", "name": facts.get("person"), "jobTitle": facts.get("title")}
    return _thing(
        "MedicalBusiness",
        name=facts.get("trade_name"),
        url=public_url("pages.home"),
        email=facts.get("email"),
        telephone=facts.get("phone"),
        address=_without_gaps(address),
        employee=_without_gaps(person),
    )


def course(title: str, description: str, price_ore: int, currency: str) -> Thing:
    """The course with what it costs, incl. VAT."""
    return _thing(
        "Course",
        name=title,
        description=description,
        url=public_url("course.sales"),
        inLanguage="da",
        provider={"@type": "Organization", "name": settings().clinic.get("trade_name")},
        offers={
            "@type": "Offer",
            "category": "Paid",
            "price": f"{price_ore / 100:.2f}",
            "priceCurrency": currency.upper(),
            "url": public_url("orders.order"),
        },
        hasCourseInstance={"@type": "CourseInstance", "courseMode": "Online"},
    )


def answers(questions: list[tuple[str, str]]) -> Thing:
    """Questions with their answers in HTML."""
    return _thing(
        "FAQPage",
        mainEntity=[
            {
                "@type": "Question",
                "name": question,
                "acceptedAnswer": {"@type": "Answer", "text": answer},
            }
            for question, answer in questions
        ],
    )


def _thing(kind: str, **facts: Any) -> Thing:
    return {"@context": "https://schema.org", "@type": kind, **_without_gaps(facts)}


def _without_gaps(facts: Thing) -> Thing:
    return {name: value for name, value in facts.items() if value}


def _is_known(value: object) -> bool:
    return not str(value).startswith(PLACEHOLDER)
