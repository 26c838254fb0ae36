"""The table of routes: the permission that each needs, and what those who have it get.

A path that is not here, or no longer there, fails the matrix. What depends on more than the permission is written
out as ``but``, with the reason beside it.
"""

from __future__ import annotations

from tests.governance import declared_pages as pages
from tests.governance import declared_rest as rest
from tests.governance import declared_staff as staff
from tests.governance.rules import Rule

TABLE: dict[str, Rule] = {
    **pages.PAGES,
    **pages.AUDIT,
    **pages.OWN,
    **pages.DIRECTORY,
    **pages.CATALOGUE,
    **pages.WAYS_IN,
    **pages.OPEN,
    **rest.TRAFFIC,
    **rest.ORGANISATIONS,
    **rest.OPTIONS,
    **rest.USERS,
    **rest.GROUPS,
    **rest.APIS,
    **rest.OAS,
    **rest.KINDS_OF_DOCUMENTS,
    **rest.HOOKS,
    **rest.POLICIES,
    **rest.TEMPLATES,
    **rest.AUDIT,
    **rest.SSO,
    **staff.STAFF,
}
