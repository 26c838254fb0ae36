"""What becomes of policies when their APIs change or go, for ``apps.apis.dependents``."""

from __future__ import annotations

from apps.apis.models import Api
from apps.audit.services import audited
from apps.keys import policies, services
from apps.keys.models import Policy


def check_api(api: Api) -> None:
    """Refuse default policies that no gateway applies together. Raises ``UnfitPolicy``."""
    services.check_defaults(api)


def api_deleted(api: Api) -> None:
    """Take the API out of the policies that have others; one without any would open nothing, or everything.

    So a policy keeps its last API, and can be deleted or given another. Who does not see a policy changes it all the
    same: it is the API that they delete.
    """
    for policy in Policy.objects.filter(organisation=api.organisation_id).about([api.api_id]).order_by("pk"):
        rights = {name: right for name, right in policies.rights_of(policy.definition).items() if name != api.api_id}
        if rights:
            changes = {"definition": policies.with_rights(policy.definition, rights)}
            with audited(policy, "Update", changes):
                policy.read_definition()
