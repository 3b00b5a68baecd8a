"""One assistant over HTTP: what the assistants' own view answers, and deleting it, which cancels its runs."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from assistants.api import views
from assistants.api.views import assistant_uuid
from runs import assistants


class AssistantView(views.AssistantView):
    @extend_schema(responses={204: None})
    def delete(self, request: Request, assistant_id: str) -> Response:
        delete_threads = request.query_params.get("delete_threads", "").lower() == "true"
        key = assistant_uuid(assistant_id)
        visible = self.authorize("assistants", "delete", {"assistant_id": key})
        asked = {"thread_id": None, "action": "interrupt", "metadata": {"assistant_id": str(key)}}
        threads = self.authorize("threads", "delete" if delete_threads else "update", asked)
        assistants.delete(key, delete_threads=delete_threads, visible=visible, threads=threads)
        return Response(status=204)
