#!/usr/bin/env python
"""Django's entry point; `langgraph-server` is the same thing installed."""

from langgraph_server.__main__ import main

if __name__ == "__main__":
    main()
