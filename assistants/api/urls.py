"""Routes of assistants that Django serves; `assistants/<id>` itself is in `runs.api.urls`, for its DELETE."""

from django.urls import path

from assistants.api.views import (
    AssistantCountView,
    AssistantLatestView,
    AssistantSearchView,
    AssistantsView,
    AssistantVersionsView,
)

urlpatterns = [
    path("assistants", AssistantsView.as_view()),
    path("assistants/search", AssistantSearchView.as_view()),
    path("assistants/count", AssistantCountView.as_view()),
    path("assistants/<str:assistant_id>/versions", AssistantVersionsView.as_view()),
    path("assistants/<str:assistant_id>/latest", AssistantLatestView.as_view()),
]
