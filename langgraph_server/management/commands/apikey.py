"""Make, list and revoke API keys."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management import CommandError, CommandParser
from django.utils.timezone import now

from langgraph_server.auth import keys, scopes
from langgraph_server.auth.models import ApiKey
from langgraph_server.errors import DomainError
from langgraph_server.management.base import ServerCommand


class Command(ServerCommand):
    help = "API keys, for servers that run with LANGGRAPH_AUTH_TYPE=keys."

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        create = verbs.add_parser("create", help="make a key; it is shown this once")
        owner = create.add_mutually_exclusive_group(required=True)
        owner.add_argument("--user", help="the name of the Django user it acts for")
        owner.add_argument("--service", help="or of a service that has no account")
        create.add_argument(
            "--scope", action="append", dest="scopes", help=f"one of {', '.join(sorted(scopes.SCOPES))}"
        )
        create.add_argument("--expires-in-days", type=float, help="never, unless given")
        create.add_argument("--name", default="", help="to remember it by")
        verbs.add_parser("list", help="all keys, without the keys")
        verbs.add_parser("revoke", help="at once").add_argument("key_id")

    def handle(self, *, verb: str, **options: Any) -> None:
        verbs: dict[str, Callable[..., None]] = {"create": self.create, "list": self.list, "revoke": self.revoke}
        verbs[verb](**options)

    def create(self, *, expires_in_days: float | None, **options: Any) -> None:
        user = find_user(options["user"]) if options["user"] else None
        expires_at = None if expires_in_days is None else now() + timedelta(days=expires_in_days)
        try:
            _, key = keys.create(
                user=user,
                service=options["service"],
                scopes=options["scopes"] or [scopes.ALL],
                expires_at=expires_at,
                name=options["name"],
            )
        except DomainError as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(key)

    def list(self, **options: Any) -> None:
        for key in ApiKey.objects.select_related("user").order_by("created_at"):
            owner = f"service {key.service}" if key.user is None else f"user {key.user}"
            self.stdout.write(f"{key.key_id}  {key.standing:7}  {owner}  {','.join(key.scopes)}  {key.name}".rstrip())

    def revoke(self, *, key_id: str, **options: Any) -> None:
        # Whoever has only the key at hand may give that.
        public = key_id.removeprefix(keys.PREFIX).partition("_")[0]
        if not keys.revoke(public):
            raise CommandError(f"there is no key {public} that could be revoked")
        self.stdout.write(f"revoked {public}")


def find_user(name: str) -> Any:
    model = get_user_model()
    try:
        return model._default_manager.get_by_natural_key(name)
    except model.DoesNotExist:
        raise CommandError(f"there is no user {name}") from None
