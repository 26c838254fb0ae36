"""Routes that do what audited views may do: change, refuse, fail, break off."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from django.db import IntegrityError, connection, transaction
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import path
from django.views import View
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.audit.context import begin_transaction
from apps.audit.services import record_event
from apps.core.authentication import AdminSecretAuthentication
from apps.core.envelope import ok
from apps.core.exceptions import ApplicationError
from apps.core.ids import new_object_id
from apps.organisations.models import Organisation
from config import urls

HOOKS: list[str] = []
ASKED: list[bool] = []  # whether a transaction was open when somebody was asked, and after that


def make(name: str) -> Organisation:
    """Make an organisation and tell the audit log."""
    made = Organisation.objects.create(owner_name=name)
    record_event(action="Create Thing", kind="thing", id=made.pk, after={"owner_name": name, "password": "s3cret-word"})
    transaction.on_commit(lambda: HOOKS.append(name))
    return made


class Things(APIView):
    """Changes, in the way that the body's ``way`` says."""

    permission_object = "users"
    audit_actions = {"get": "List Things", "post": "Make Thing"}

    def get(self, request: Request) -> Response:
        """Show what an answer may hold."""
        return Response({"name": "thing", "access_key": "k" * 32, "Meta": "0123456789abcdef" * 2})

    def post(self, request: Request) -> Response:
        """Change something, then go on as asked."""
        way = request.data["way"]
        made = make(request.data.get("name", "Thing"))
        if way == "refused":
            raise ApplicationError("No such luck", 403)
        if way == "bug":
            raise KeyError("a bug")
        if way == "half":
            self._half()
        if way == "swallowed":
            self._swallowed(made)
        return Response(ok("Made", made.pk))

    @staticmethod
    def _half() -> None:
        try:
            with transaction.atomic():
                make("Undone")
                raise ApplicationError
        except ApplicationError:
            pass

    @staticmethod
    def _swallowed(made: Organisation) -> None:
        with contextlib.suppress(IntegrityError):
            Organisation(pk=made.pk).save(force_insert=True)


class AdminThings(APIView):
    """For the holder of the admin secret."""

    authentication_classes = [AdminSecretAuthentication]
    permission_object = None

    def post(self, request: Request) -> Response:
        """Note an organisation."""
        record_event(action="Update Organisation", kind="organisation", organisation="a" * 24, after={"name": "x"})
        return Response(ok("Done"))


def link(request: HttpRequest) -> HttpResponse:
    """Change something by following a link, without saying so."""
    make("By link")
    return HttpResponse("done")


class DeclaredLink(View):
    """Change something by following a link; it is refused where the link says so."""

    audit_writes = True

    def get(self, request: HttpRequest) -> HttpResponse:
        """Follow it."""
        make("By link")
        return HttpResponse("done", status=int(request.GET.get("status", 200)))


class AskingLink(View):
    """Ask somebody else, then change something, in the way that the address says."""

    audit_writes = asks_first = True

    def get(self, request: HttpRequest) -> HttpResponse:
        """Ask; ``way`` says what comes of it."""
        ASKED.append(connection.in_atomic_block)
        way = request.GET.get("way", "")
        if way == "too early":
            make("Too early")
        if way == "nothing found":
            raise Http404
        begin_transaction()
        ASKED.append(connection.in_atomic_block)
        made = make("By asking")
        request.session["made"] = made.pk
        if way == "twice":
            begin_transaction()
        return HttpResponse("done", status=403 if way == "refused" else 200)


class AskingThings(APIView):
    """Ask somebody else, once the caller is known and permitted, then change something."""

    permission_object = "users"
    asks_first = True

    def post(self, request: Request) -> Response:
        """Ask, then make it."""
        ASKED.append(connection.in_atomic_block)
        begin_transaction()
        ASKED.append(connection.in_atomic_block)
        return Response(ok("Made", make("By asking").pk))


def not_asking(request: HttpRequest) -> HttpResponse:
    """Begin a transaction that is open already."""
    begin_transaction()
    return HttpResponse("done")


def stream(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    """Stream rows that are read while they are sent."""

    def rows() -> Iterator[str]:
        for organisation in Organisation.objects.iterator(chunk_size=1):
            yield f"{organisation.owner_name}\n"

    Organisation.objects.create(pk=new_object_id(), owner_name="Streamed")
    return StreamingHttpResponse(rows(), content_type="text/csv")


urlpatterns = [
    path("api/things", Things.as_view()),
    path("api/asking-things", AskingThings.as_view()),
    path("api/things/<key>", Things.as_view()),
    path("admin/things", AdminThings.as_view()),
    path("stream/", stream),
    path("link/", link),
    path("declared-link/", DeclaredLink.as_view()),
    path("asking-link/", AskingLink.as_view()),
    path("not-asking/", not_asking),
    *urls.urlpatterns,
]
handler400 = urls.handler400
handler403 = urls.handler403
handler404 = urls.handler404
handler500 = urls.handler500
