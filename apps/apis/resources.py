"""What is kept in this app: APIs."""

from __future__ import annotations

from apps.apis.filters import ApiFilter
from apps.apis.models import Api
from apps.apis.serializers import ApiInput, ApiSerializer, NewApiInput
from apps.apis.services import change_api, create_api, delete_api
from apps.core.resources import Resource

APIS = Resource(
    queryset=Api.objects.all(),
    path="/api/apis",
    permission_object="apis",
    serializer=ApiSerializer,
    update_input=ApiInput,
    create=create_api,
    update=change_api,
    delete=delete_api,
    create_input=NewApiInput,
    filterset_class=ApiFilter,
)
