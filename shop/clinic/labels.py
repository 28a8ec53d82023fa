"""What the back office calls things, in Danish."""

from __future__ import annotations

STATES = {
    "suspected": "Måske spam",
    "new": "Ny",
    "in_progress": "I gang",
    "answered": "Besvaret",
    "closed": "Lukket",
    "spam": "Spam",
}

# Which enquiries a filter shows. The first one is what the clinician comes for.
FILTERS = {
    "open": ("Åbne", ("new", "in_progress")),
    "new": ("Nye", ("new",)),
    "in_progress": ("I gang", ("in_progress",)),
    "answered": ("Besvaret", ("answered",)),
    "closed": ("Lukket", ("closed",)),
    "suspected": ("Måske spam", ("suspected",)),
    "spam": ("Spam", ("spam",)),
    "all": ("Alle", tuple(STATES)),
}

SUSPICIONS = {
    "trap": "Et skjult felt, som mennesker ikke ser, er udfyldt.",
    "too_fast": "Beskeden blev sendt få sekunder efter, at siden blev vist.",
    "line_breaks": "Der er linjeskift i navn, mail eller telefon.",
    "links": "Der er mange links.",
    "foreign_links": "Der er et link i en besked, der ikke er på dansk.",
    "sales_pitch": "Teksten ligner et salgstilbud.",
    "foreign_script": "Meget af teksten har et andet alfabet.",
    "hidden_marks": "Der er skjulte tegn i teksten.",
    "emoji": "Der er mange emojier.",
    "very_long": "Beskeden er meget lang.",
    "repeated": "Det samme står der mange gange.",
    "same_client": "Der er kommet mange beskeder fra den samme forbindelse.",
    "same_address": "Der er kommet mange beskeder fra den samme mailadresse.",
}

MAILS = {
    "lead": "Besked til dig",
    "receipt": "Kvittering",
    "appointment": "Aftale: besked til patienten",
    "appointment-clinic": "Aftale: besked til dig",
    "appointment-reminder": "Aftale: påmindelse",
    "appointment-offer": "Venteliste: en ledig tid",
    "appointment-waiting": "Venteliste: bekræftelse",
    "sign-in": "Link til at logge ind",
    "plan-shared": "Besked om en delt plan",
    "course-open": "Kurset er åbnet",
    "rhythm": "Mail om kurset, som der er sagt ja til",
    "order-confirmed": "Ordrebekræftelse",
    "invoice": "Faktura",
    "credit-note": "Kreditnota",
    "order-alert": "Besked om en ordre",
    "withdrawal-receipt": "Kvittering for fortrydelse",
    "withdrawal-flag": "Besked om en fortrydelse",
    "order-paused": "Kurset er sat på pause",
    "order-reopened": "Kurset er åbent igen",
    "data-asked": "Bekræftelse: bliver slettet",
    "data-gone": "Bekræftelse: er slettet",
    "answers-end": "Besked om, at noget bliver slettet",
    "reconcile-alert": "Stripe og vi er uenige",
    "gift": "Gave til modtageren",
    "gift-card": "Gavekort til køberen",
    "gift-taken": "Velkomst til en gave",
}

MAIL_STATES = {
    "queued": "Venter",
    "retry": "Prøver igen",
    "sending": "Bliver sendt",
    "sent": "Sendt",
    "failed": "Kom ikke frem",
    "bounced": "Kom retur",
    "superseded": "Ikke nødvendig mere",
    "expired": "For gammel til at blive sendt",
}

FAILURES = {
    "temporary": "Mailserveren svarede ikke eller bad os vente.",
    "permanent": "Modtagerens mailserver sagde nej. Adressen er måske forkert.",
    "technical": "Noget hos os er galt: login, sikker forbindelse eller selve mailen. "
    "Sig det til den, der passer serveren.",
}
