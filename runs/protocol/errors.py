"""Refusals of commands. They reach the client in the protocol's own envelope, with status 200."""

from typing import Any

from langgraph_server.errors import Invalid


class CommandRefused(Invalid):
    """`told` goes into the error envelope beside the message."""

    code = "invalid_argument"
    message = "{detail}"

    @property
    def told(self) -> dict[str, Any]:
        return {}


class UnknownCommand(CommandRefused):
    code = "unknown_command"
    message = "Unknown protocol command: {method}"


class NoSuchRun(CommandRefused):
    code = "no_such_run"
    message = "No active run is bound to this thread."


class NotInterrupted(NoSuchRun):
    message = "No interrupted run is bound to this thread."


class NoSuchInterrupt(CommandRefused):
    code = "no_such_interrupt"
    message = "Unknown or already-consumed interrupt: {interrupt_id}"


class WrongNamespace(NoSuchInterrupt):
    message = "Interrupt namespace does not match the pending interrupt."


class NoSuchSubscription(CommandRefused):
    code = "no_such_subscription"
    message = "Unknown subscription: {subscription_id}"


class ResumeGap(CommandRefused):
    code = "resume_gap"
    message = "resume gap: since={since} is older than min_available_seq={min_available_seq}"

    @property
    def told(self) -> dict[str, Any]:
        return dict(self.data)
