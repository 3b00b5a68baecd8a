"""The `langgraph-server` command: Django's commands and ours, under the project's settings."""

import os
import sys

from django.core.management import execute_from_command_line


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "langgraph_server.settings")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
