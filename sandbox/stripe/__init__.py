"""A local Stripe that the real library talks to over HTTP: `python -m sandbox.stripe`."""

from sandbox.stripe.server import LocalStripe

__all__ = ["LocalStripe"]
