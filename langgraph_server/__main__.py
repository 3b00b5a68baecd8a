"""The `langgraph-server` command: Django's commands and ours, under the project's settings."""

import os
import sys

from django.core.management import execute_from_command_line

from langgraph_server import garbage
from langgraph_server.errors import ConfigurationError


def main() -> None:
    garbage.start()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "langgraph_server.settings")
    try:
        execute_from_command_line(sys.argv)
    except ConfigurationError as error:
        sys.exit(f"langgraph-server: {error}")
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
