"""The library's table as Django sees it: for questions and the admin's deletions."""

from django.db import models


class StoredItem(models.Model):
    pk = models.CompositePrimaryKey("prefix", "key")
    #: The namespace, its labels joined by periods.
    prefix = models.TextField()
    key = models.TextField()
    value = models.JSONField()
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    #: From the last write or refreshing read to `expires_at`.
    ttl_minutes = models.FloatField(null=True)

    class Meta:
        managed = False
        db_table = "store"

    def __str__(self) -> str:
        return f"{self.prefix} {self.key}"


class StoredNamespace(models.Model):
    """The same table once more, for the admin: stock pages refuse tables with composite keys, and this one is a door to
    pages of its own. It is asked nothing."""

    prefix = models.TextField(primary_key=True)

    class Meta:
        managed = False
        db_table = "store"
        default_permissions = ()
        verbose_name = "namespace"

    def __str__(self) -> str:
        return self.prefix
