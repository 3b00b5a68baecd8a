"""Django's own classes, given the type parameters that they have in their stubs only."""

from typing import TYPE_CHECKING, Any, Generic, TypeVar

from django.contrib import admin
from django.core import paginator
from django.db.models import Model
from django.forms import models as forms

M = TypeVar("M", bound=Model)
Parent = TypeVar("Parent", bound=Model)

if TYPE_CHECKING:

    class Page(admin.ModelAdmin[M]): ...

    class Table(admin.TabularInline[M, Parent]): ...

    class Formset(forms.BaseInlineFormSet[M, Parent, Any]): ...

    class Paginator(paginator.Paginator[M]): ...

else:

    class Page(admin.ModelAdmin, Generic[M]): ...

    class Table(admin.TabularInline, Generic[M, Parent]): ...

    class Formset(forms.BaseInlineFormSet, Generic[M, Parent]): ...

    class Paginator(paginator.Paginator, Generic[M]): ...
