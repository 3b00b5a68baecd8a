"""Refusals about webhooks."""

from langgraph_server.errors import Invalid


class DestinationRefused(Invalid):
    """The policy forbids this URL, or one of the addresses its name stands for."""


class DestinationUnknown(DestinationRefused):
    """The name leads nowhere now; it may later."""

    message = "Webhook host blocked: DNS resolution failed"
