"""The staff site at ``/staff/``: Django's admin with Weir's log-in, tenancy and permissions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Any, ClassVar, cast

from django.contrib import admin, messages
from django.contrib.admin.exceptions import DisallowedModelAdminLookup
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import ForeignKey, ManyToManyField, Model, QuerySet
from django.forms import ModelChoiceField, ModelMultipleChoiceField
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.functional import cached_property

from apps.core.exceptions import ApplicationError, conflicts_told
from apps.core.filters import SearchFilter
from apps.core.forms import ActorModelForm, RowForm
from apps.core.requests import is_storable, user_of
from apps.core.resources import Resource
from apps.core.tenancy import TenantQuerySet
from apps.core.timeouts import SEARCH_TIMEOUT, QueryTimeout, statement_timeout

#: The look-ups of Django's filters of lists.
FILTER_LOOKUPS = ("exact", "id__exact", "isnull", "gte", "lt")


class NewestPaginator(Paginator[Any]):
    """The first rows of a list of which there may be millions: to count them all would be to read them all."""

    most = 10_000

    @cached_property
    def count(self) -> int:
        """How many there are, up to those that have pages."""
        rows: Any = self.object_list
        counted: int = rows[: self.most].count()
        return counted


class StaffSite(admin.AdminSite):
    """The way in and out, and one's own password, are Weir's pages; who is in without being staff gets a 403."""

    site_header = "Weir staff"
    site_title = "Weir staff"
    index_title = "Overview"

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Send anonymous callers to the log-in page, which sends those on who are in already."""
        if request.user.is_authenticated and not self.has_permission(request):
            raise PermissionDenied("The staff site is for staff")
        return redirect_to_login(request.GET.get("next") or self._index())

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Send the form on to the page that logs out."""
        return HttpResponseRedirect(reverse("logout"), preserve_request=True)

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Send people to the page for their own password, and back here when it is changed."""
        return redirect_to_login(self._index(), reverse("new-password"))

    def _index(self) -> str:
        return reverse("admin:index", current_app=self.name)


def annotation(name: str, label: str) -> Callable[[Any], Any]:
    """Give a column of a list for something that the queryset counts."""

    @admin.display(description=label, ordering=name)
    def shown(row: Any) -> Any:
        return getattr(row, name)

    shown.__name__ = name  # what the column's class is called
    return shown


def _parameters(declared: Any) -> set[str]:
    """Give the query parameters that one filter of a list can have, whatever kind it is."""
    if isinstance(declared, type):
        return {cast("type[admin.SimpleListFilter]", declared).parameter_name or ""}
    name = declared if isinstance(declared, str) else declared[0]
    return {name, *(f"{name}__{lookup}" for lookup in FILTER_LOOKUPS)}


class ServiceAdmin(admin.ModelAdmin[Any]):
    """Shows what ``visible_to`` allows, asks the permission table what may be done with it, and writes by services.

    What services refuse the actor is told. Without a ``resource`` nothing can be written; ``permission_object``, a
    name of the permission table or ``None`` for administrators, is then said here.
    """

    resource: ClassVar[Resource | None] = None
    form: type[RowForm] = ActorModelForm
    permission_object: str | None = None
    show_full_result_count = False

    def __init__(self, model: type[Any], admin_site: admin.AdminSite) -> None:
        super().__init__(model, admin_site)
        if self.resource:
            self.permission_object = self.resource.permission_object

    def get_queryset(self, request: HttpRequest) -> Any:
        """Give the rows the user may see."""
        rows = self.resource.queryset.all() if self.resource else super().get_queryset(request)
        if isinstance(self.list_select_related, Sequence):
            rows = rows.select_related(*self.list_select_related)  # which Django leaves out where there is some already
        ordering = self.get_ordering(request)
        visible = cast("TenantQuerySet[Any]", rows).visible_to(user_of(request))
        return visible.order_by(*ordering) if ordering else visible

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Give the list that a URL asks for, with its rows.

        Raises ``Http404`` for what cannot be looked for or is no filter here, and ``QueryTimeout``.
        """
        try:
            if all(is_storable(value) for values in request.GET.lists() for value in values[1]):
                with statement_timeout(SEARCH_TIMEOUT) if request.method == "GET" else nullcontext():
                    found: Any = super().get_changelist_instance(request)
                    len(found.result_list)  # which reads them
                    return found
        except (DisallowedModelAdminLookup, IncorrectLookupParameters) as error:
            raise Http404 from error
        raise Http404

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Look for the words of a text. Each makes the query longer, so what is too long is cut, and that is told."""
        if len(search_term) > SearchFilter.MAX_LENGTH:
            told = f"Only the first {SearchFilter.MAX_LENGTH} characters were looked for."
            self.message_user(request, told, messages.WARNING)
        return super().get_search_results(request, queryset, search_term[: SearchFilter.MAX_LENGTH])

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Allow the declared filters alone: whoever may ask how a value begins can spell it out, letter by letter."""
        declared = self.list_filter if request is None else self.get_list_filter(request)
        return any(lookup in _parameters(one) for one in declared)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """Give the row that a URL names; PostgreSQL cannot be asked for every text that may stand there."""
        return super().get_object(request, object_id, from_field) if is_storable(object_id) else None

    def formfield_for_foreignkey(
        self, db_field: ForeignKey[Any, Any], request: HttpRequest, **options: Any
    ) -> ModelChoiceField[Any] | None:
        """Offer only related rows the user may see, or ids would leak through the choices."""
        return super().formfield_for_foreignkey(db_field, request, **_visible_choices(db_field, request), **options)

    def formfield_for_manytomany(
        self, db_field: ManyToManyField[Any, Any], request: HttpRequest, **options: Any
    ) -> ModelMultipleChoiceField[Any] | None:
        """Offer only related rows the user may see."""
        return super().formfield_for_manytomany(db_field, request, **_visible_choices(db_field, request), **options)

    def changeform_view(self, request: HttpRequest, *args: Any, **options: Any) -> Any:
        """Show or take the form; what a service refuses stands in the form, with all that was typed."""
        try:
            with conflicts_told(str(self.opts.verbose_name)):
                return super().changeform_view(request, *args, **options)
        except ApplicationError as error:
            request.refusal = error.in_words  # type: ignore[attr-defined]
            return super().changeform_view(request, *args, **options)

    def delete_view(self, request: HttpRequest, *args: Any, **options: Any) -> Any:
        """Ask, then delete."""
        return self._told_if_refused(super().delete_view, request, *args, **options)

    def changelist_view(self, request: HttpRequest, *args: Any, **options: Any) -> Any:
        """Show the list, or take an action."""
        return self._told_if_refused(super().changelist_view, request, *args, **options)

    @transaction.atomic
    def response_action(self, request: HttpRequest, queryset: QuerySet[Any], *args: Any) -> Any:
        """Do an action to every chosen row or, when one of them is refused, to none."""
        return super().response_action(request, queryset, *args)

    def _told_if_refused(self, view: Callable[..., Any], request: HttpRequest, *args: Any, **options: Any) -> Any:
        """Call a view; what a service refuses is told on the page the editor came from, and nothing is written."""
        try:
            return view(request, *args, **options)
        except QueryTimeout as error:  # the same would take as long again
            self.message_user(request, error.in_words, messages.ERROR)
            return HttpResponseRedirect(request.path if request.GET else reverse("admin:index"))
        except ApplicationError as error:
            self.message_user(request, error.in_words, messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())

    def get_deleted_objects(
        self, objs: Sequence[Any] | QuerySet[Any], request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[str]]:
        """Name the rows themselves; of what goes with them only count: who may see those is another question."""
        _, counts, missing, protected = super().get_deleted_objects(objs, request)
        kept = [f"{len(protected)} other rows"] if protected else []
        return [str(row) for row in objs], dict(counts), missing, kept

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **options: Any) -> Any:
        """Tell the form who edits: not everybody may write everything."""
        form: Any = super().get_form(request, obj, change, **options)
        form.actor, form.refusal = user_of(request), getattr(request, "refusal", "")
        return form

    def get_list_filter(self, request: HttpRequest) -> Any:
        """Let who sees several organisations choose one, too."""
        known = super().get_list_filter(request)
        names = [name if isinstance(name, str) else name[0] for name in known if isinstance(name, str | tuple)]
        field = next((one for one in self.opts.fields if one.name == "organisation" and one.is_relation), None)
        wanted = [("organisation", admin.RelatedOnlyFieldListFilter)] if field and field.name not in names else []
        return [*known, *wanted]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Leave out the fields that the actor cannot decide, and headings over none."""
        hidden = self.hidden_fields(request, obj)
        shown = [
            (title, {**options, "fields": [name for name in options["fields"] if name not in hidden]})
            for title, options in super().get_fieldsets(request, obj)
        ]
        return [(title, options) for title, options in shown if options["fields"]]

    def hidden_fields(self, request: HttpRequest, obj: Any = None) -> set[str]:
        """Name what is not asked: super users say whose something new is, and there it stays."""
        return set() if user_of(request).is_super_user and obj is None else {"organisation"}

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Make or change the row with the services."""
        actor, resource = user_of(request), self.writable
        if change:
            changes = resource.admit_update(obj, self.form_changes(form), actor=actor)
            resource.update(obj, changes, actor=actor)
        else:
            resource.admit_create(obj, actor=actor)
            resource.create(obj, actor=actor)

    def form_changes(self, form: Any) -> dict[str, Any]:
        """Give what a valid form changes of the row."""
        changes: dict[str, Any] = form.changes()
        return changes

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Delete the row with the service."""
        self.writable.admit_delete(obj, actor=user_of(request))
        self.writable.delete(obj, actor=user_of(request))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Delete each row that was chosen with the service."""
        for row in queryset:
            self.delete_model(request, row)

    @property
    def writable(self) -> Resource:
        """The resource; there must be one where something is written."""
        if self.resource is None:
            raise PermissionDenied("This is to be looked at only.")
        return self.resource

    def allows(self, request: HttpRequest, level: str) -> bool:
        """Tell whether the permission table allows the actor this much."""
        return request.user.is_authenticated and user_of(request).allows(self.permission_object, level)

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Show the heading to those who may see rows."""
        return self.allows(request, "read")

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Ask for the permission before the row: the answer must not tell whether there is one."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        return super().history_view(request, object_id, extra_context)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Ask for ``read``."""
        return self.allows(request, "read")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Ask for ``write``."""
        return self.resource is not None and self.allows(request, "write")

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Ask for ``write``."""
        return self.resource is not None and self.allows(request, "write")

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Ask for ``write``."""
        return self.resource is not None and self.allows(request, "write")


def _visible_choices(db_field: Any, request: HttpRequest) -> dict[str, Any]:
    related: Any = db_field.remote_field.model._default_manager.all()  # noqa: SLF001  (Django's documented way)
    return {"queryset": related.visible_to(request.user)} if isinstance(related, TenantQuerySet) else {}
