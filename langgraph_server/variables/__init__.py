"""Every environment variable, declared once: the server reads it from here, and the reference is printed from here.

A group is a module, in the order in which its variables are explained.
"""

from langgraph_server.variables import application, crons, http, installation, logs, runs, services, streams, telemetry

__all__ = ["application", "crons", "http", "installation", "logs", "runs", "services", "streams", "telemetry"]
