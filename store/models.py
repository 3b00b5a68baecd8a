"""The library's table as Django sees it: for questions, never for writing."""

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
