"""The shop's own settings: the server's, and what the shop adds."""

from langgraph_server.settings import *  # noqa: F403 - as the documentation says

ROOT_URLCONF = "shop.urls"
#: Who has a session of the shop may use its agents.
API_AUTH = ["users"]
