"""Installation."""

from langgraph_server.variables.variable import aes_keys, names, text

SECRET_KEY = text(
    "SECRET_KEY",
    default="insecure: set SECRET_KEY",
    said="a constant that is known to everybody",
    secret=True,
    effect="signs admin sessions and forms. Set it in production: 50 random characters or more, the same for all "
    "processes. `dev` makes one and keeps it",
)
AES_KEYS = aes_keys(
    "LANGGRAPH_AES_KEY",
    effect="a key of 16, 24 or 32 bytes that [encrypts what is stored](../how-to/encryption.md). Several, separated "
    "by commas: the first encrypts, each decrypts",
)
AES_JSON_KEYS = names(
    "LANGGRAPH_AES_JSON_KEYS", effect="comma-separated keys of metadata whose values it encrypts, too"
)
ALLOWED_HOSTS = names(
    "ALLOWED_HOSTS",
    default="*",
    effect="comma-separated host names that Django answers to. Checked for everything that Django serves; the "
    "[waiting routes](../explanation/web-process.md) do not check it",
)
PUBLIC_URL = text(
    "LANGGRAPH_API_URL",
    default="http://127.0.0.1:2024",
    effect="how the server is reached from outside; graphs see it as `langgraph_api_url` in their metadata",
)
CSRF_TRUSTED_ORIGINS = names(
    "CSRF_TRUSTED_ORIGINS",
    effect="comma-separated origins (`https://admin.example.com`) from which the admin's forms are accepted; needed "
    "behind a proxy that ends TLS",
)
SETTINGS_MODULE = text(
    "DJANGO_SETTINGS_MODULE",
    default="langgraph_server.settings",
    effect="another settings module; it should start with `from langgraph_server.settings import *`",
)
