"""The program: create_app wires the slices together and does nothing else."""

from __future__ import annotations

from flask import Flask

import shop.accounts.views
import shop.booking.appointment_views
import shop.booking.feed_views
import shop.booking.views
import shop.booking.waiting_views
import shop.clinic.appointments
import shop.clinic.bookkeeping
import shop.clinic.calendars
import shop.clinic.course
import shop.clinic.desk
import shop.clinic.gifts
import shop.clinic.opening
import shop.clinic.orders
import shop.clinic.plans
import shop.clinic.statements
import shop.clinic.views
import shop.course.opening_views
import shop.course.podcast_views
import shop.course.views
import shop.coursework.keeping
import shop.coursework.licence
import shop.coursework.paper
import shop.coursework.plan
import shop.coursework.safety
import shop.coursework.tools
import shop.coursework.views
import shop.dev
import shop.enquiries.views
import shop.gifts.card
import shop.gifts.rules
import shop.gifts.views
import shop.invoices.views
import shop.orders.views
import shop.pages.views
import shop.privacy.restored
import shop.privacy.views
import shop.rhythm.views
import shop.withdrawals.views
from shop import cli, settings
from shop.assets import init_assets
from shop.content import init_content
from shop.db import init_db
from shop.invoices import papers as invoice_papers
from shop.invoices import rules as invoice_rules
from shop.logs import init_logs
from shop.orders import emails as order_emails
from shop.orders import papers as order_papers
from shop.orders.gateway import init_gateway
from shop.outbox.attachments import add_maker
from shop.outbox.mailer import init_mailer
from shop.rendered import init_rendered
from shop.reports import init_reports
from shop.settings import ROOT, Settings
from shop.upkeep import init_upkeep
from shop.web import init_web


def create_app(given: Settings | None = None) -> Flask:
    """The application, from given settings or the environment's. Raises SettingsError."""
    found = given or settings.load()
    app = Flask(
        "shop",
        root_path=str(ROOT),
        template_folder="templates",
        static_folder=None,
        instance_path=str(ROOT / "instance"),
    )
    app.extensions["settings"] = found
    init_logs(found.production)
    init_reports(found.sentry_dsn)
    init_web(app, found)
    init_db(app, found)
    init_content(app, found)
    init_mailer(app, found.mail)
    init_gateway(app, found)
    add_maker(app, shop.gifts.rules.CARD_MAKER, shop.gifts.card.made)
    add_maker(app, invoice_rules.MAKER, invoice_papers.made)
    add_maker(app, order_emails.MAKER, order_papers.made)
    shop.accounts.views.init_sign_in(app)
    shop.coursework.views.init_coursework(app)
    shop.rhythm.views.init_rhythm(app)
    for views in (
        shop.accounts.views,
        shop.enquiries.views,
        shop.booking.views,
        shop.course.views,
        shop.coursework.views,
        shop.rhythm.views,
        shop.invoices.views,
        shop.gifts.views,
        shop.orders.views,
        shop.privacy.views,
        shop.withdrawals.views,
        shop.clinic.views,
        shop.pages.views,
    ):
        app.register_blueprint(views.blueprint)
    if not found.production:
        app.register_blueprint(shop.dev.blueprint)
    cli.init_cli(app)
    app.extensions["after_restore"] = shop.privacy.restored.erase_again
    init_upkeep(app)
    # From the inside out: kept pages in front of Flask, static files in front of both.
    init_rendered(app)
    init_assets(app, ROOT / "static", ROOT / "instance" / "assets")
    return app
