"""Refusals about crons."""

from langgraph_server.errors import BadRequest, Invalid, NotFound


class InvalidSchedule(Invalid):
    message = (
        "Invalid cron schedule: '{schedule}'. Reason: Invalid cron schedule. Ensure the schedule uses the standard "
        "cron format (minute hour day_of_month month day_of_week). Example: '*/5 * * * *' for every 5 minutes."
    )


class InvalidTimezone(Invalid):
    message = "Invalid timezone: '{timezone}'. Use IANA timezone format (e.g. 'America/New_York')."


class InvalidEndTime(Invalid):
    message = "Invalid end_time: '{end_time}'. Use ISO 8601 format (e.g. '2030-01-01T00:00:00Z')."


class AssistantNotFound(NotFound):
    message = "Assistant '{assistant}' not found"


class ThreadGone(NotFound):
    message = (
        "Thread with ID '{thread_id}' not found. Please verify the ID is correct and the thread hasn't been deleted "
        "or expired."
    )


class CronNotFound(NotFound):
    """Where the wire has no sentence of its own."""


class CronToUpdateNotFound(NotFound):
    message = "Cron '{cron_id}' not found"


class NothingToUpdate(BadRequest):
    message = "Request body cannot be empty"
