"""What is kept in this app: organisations."""

from __future__ import annotations

from apps.core.resources import Resource
from apps.organisations.models import Organisation
from apps.organisations.serializers import OrganisationSerializer
from apps.organisations.services import change_organisation, create_organisation, delete_organisation

ORGANISATIONS = Resource(
    queryset=Organisation.objects.all(),
    path="/admin/organisations",
    permission_object=None,
    serializer=OrganisationSerializer,
    update_input=OrganisationSerializer,
    create=create_organisation,
    update=change_organisation,
    delete=delete_organisation,
)
