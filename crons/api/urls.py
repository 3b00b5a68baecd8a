"""Routes of crons; they come before those of runs, which would take `crons` for a run's id."""

from django.urls import path

from crons.api.views import CronCountView, CronSearchView, CronsView, CronView

urlpatterns = [
    path("runs/crons", CronsView.as_view()),
    path("runs/crons/search", CronSearchView.as_view()),
    path("runs/crons/count", CronCountView.as_view()),
    path("runs/crons/<str:cron_id>", CronView.as_view()),
    path("threads/<str:thread_id>/runs/crons", CronsView.as_view()),
]
