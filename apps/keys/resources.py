"""What is kept in this app: policies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from apps.core.admission import AdmissionRequest, admit, has_controllers
from apps.core.exceptions import MALFORMED
from apps.core.requests import validated
from apps.core.resources import Resource
from apps.core.serializers import InputSerializer
from apps.core.tenancy import Caller, scope_of
from apps.keys.filters import PolicyFilter
from apps.keys.models import Policy
from apps.keys.serializers import NewPolicyInput, PolicyInput, PolicySerializer
from apps.keys.services import change_policy, create_policy, delete_policy


@dataclass(frozen=True)
class DocumentResource(Resource):
    """Rows whose REST body is a whole document: admission sees all of it, and what it gives is the document."""

    def _admitted(
        self,
        method: str,
        path: str,
        row: Any,
        shape: type[InputSerializer],
        actor: Caller,
        changes: Mapping[str, Any] | None = None,
    ) -> tuple[dict[str, Any], set[str]]:
        if not has_controllers():
            return {}, set()
        body = row.document(scope_of(actor).apis)
        admitted = admit(AdmissionRequest(actor, method, path, body))
        if admitted == body:
            return {}, set()
        given = validated(admitted, shape, (403, MALFORMED), actor=actor)
        return given.model_fields(getattr(row, "organisation", None)), set()


POLICIES = DocumentResource(
    queryset=Policy.objects.all(),
    path="/api/portal/policies",
    permission_object="policies",
    serializer=PolicySerializer,
    update_input=PolicyInput,
    create=create_policy,
    update=change_policy,
    delete=delete_policy,
    create_input=NewPolicyInput,
    filterset_class=PolicyFilter,
)
