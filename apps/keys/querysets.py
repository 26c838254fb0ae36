"""Sets of policies."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any, Self

from django.db.models import BooleanField, Case, Exists, F, Func, OuterRef, Q, Value, When
from django.db.models.functions import Collate, Concat

from apps.apis.models import Api
from apps.core.tenancy import TenantQuerySet

if TYPE_CHECKING:
    from apps.keys.models import Policy  # noqa: F401


class IsOneOf(Func):
    """Whether a value is one of an array's."""

    template, arg_joiner, output_field = "(%(expressions)s))", " = ANY(", BooleanField()


class PolicyQuerySet(TenantQuerySet["Policy"]):
    """Policies of an organisation; with owners, each is for those who see at least one of its APIs."""

    def api_lookup(self, apis: frozenset[str]) -> Self:
        """Keep the policies with any of some APIs, and those none of whose APIs is there any more.

        Each policy looks its few APIs up in the index; to compare it with thousands of ids took seconds for a list.
        """
        return self.filter(Q(Exists(self._apis(apis))) | ~Q(Exists(self._apis())))

    @staticmethod
    def _apis(seen: frozenset[str] | None = None) -> Any:
        """Give the APIs of the policy of the outer query that are there, and that somebody sees (``None``: all)."""
        named = IsOneOf(F("api_id"), Collate(OuterRef("api_ids"), "C"))  # as the index of public ids has it
        there = Api.objects.filter(named, organisation=OuterRef("organisation"))
        if seen is None:
            return there
        # Not the bare column: PostgreSQL would sort thousands of ids for the index, anew for each policy.
        return there.annotate(compared=Concat("api_id", Value(""))).filter(compared__in=seen)

    def named(self, either_id: str) -> Self:
        """Keep the policy with a database id or an explicit one; when two are meant, the former first."""
        is_internal = Case(When(pk=either_id, then=Value(0)), default=Value(1))
        return self.filter(Q(pk=either_id) | Q(policy_id=either_id)).order_by(is_internal)

    def with_any_id(self, ids: Collection[str]) -> Self:
        """Keep the policies with any of some ids, of either kind."""
        return self.filter(Q(pk__in=ids) | Q(policy_id__in=ids))

    def about(self, apis: Collection[str]) -> Self:
        """Keep the policies with any of some APIs, by public ids."""
        return self.filter(api_ids__overlap=list(apis))

    def about_auth_types(self, auth_types: Collection[str], seen: frozenset[str] | None) -> Self:
        """Keep the policies with an API that somebody sees (``None``: all) whose callers authenticate in these ways."""
        return self.filter(Exists(self._apis(seen).filter(auth_type__in=auth_types)))

    def search(self, text: str) -> Self:
        """Keep the policies that a person may mean: by an id, or a part of the name."""
        return self.filter(Q(pk=text) | Q(policy_id=text) | Q(name__icontains=text))
