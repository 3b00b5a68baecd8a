"""What may go wrong while measuring, and is reported instead of a figure."""

import asyncio


class Failure(Exception):
    """The server answered something else than it should, or did not answer."""


#: What an operation may raise without ending the measurement; each counts as an error of its cell.
FAILURES = (Failure, OSError, asyncio.IncompleteReadError, TimeoutError, ValueError)
