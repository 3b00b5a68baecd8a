"""The base of serializers for request bodies, which have few of the fields that they may have."""

from functools import cached_property
from typing import Any

from rest_framework import serializers
from rest_framework.fields import empty


class Body(serializers.Serializer[Any]):
    # DRF asks every field, those that a body lacks for their defaults: the body of a run took it six times as long.
    # Without a docstring: in the API's description it would be every body's.

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, dict) or self.needed - data.keys():
            return super().to_internal_value(data)
        values = {name: default() if callable(default) else default for name, default in self.defaults.items()}
        try:
            for name, value in data.items():
                if name in self.asked:
                    values[name] = self.asked[name].run_validation(value)
        except serializers.ValidationError:
            return super().to_internal_value(data)  # which tells all that is wrong
        return values

    @cached_property
    def asked(self) -> dict[str, Any]:
        return dict(self.fields)

    @cached_property
    def needed(self) -> set[str]:
        return {name for name, field in self.asked.items() if field.required}

    @cached_property
    def defaults(self) -> dict[str, Any]:
        return {name: field.default for name, field in self.asked.items() if field.default is not empty}
