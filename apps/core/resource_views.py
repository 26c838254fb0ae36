"""Pages of resources: list, form and deletion. Each resource declares what is particular about its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, cast

from django.contrib import messages
from django.db.models import ProtectedError, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.cache import add_never_cache_headers, patch_vary_headers
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters

from apps.core.columns import Column
from apps.core.exceptions import ApplicationError
from apps.core.filters import TenantFilterSet
from apps.core.forms import REVISION, ActorModelForm, Fieldset
from apps.core.ids import is_object_id
from apps.core.list_state import ListState
from apps.core.preconditions import expect_revision
from apps.core.requests import user_of
from apps.core.resources import Resource, plural_of, resource_actions
from apps.core.tenancy import TenantQuerySet
from apps.core.views import PermissionRequiredView

if TYPE_CHECKING:
    from apps.users.models import User


class ResourcePages(PermissionRequiredView):
    """The pages of a resource: list, form and deletion, from three generic templates. A viewset for people.

    A subclass declares what is shown; ``urls()`` gives the routes, named ``{plural}``, ``{name}``, ``{name}-new`` and
    ``{name}-delete``. Every method may be overridden, and ``page()`` gives the view of a further action.
    """

    resource: ClassVar[Resource]
    name: ClassVar[str]  # in URLs, names of routes and sentences: "group"
    noun: ClassVar[str] = ""  # in sentences, where that is not the name
    plural: ClassVar[str] = ""  # the same of several; derived from the name unless it is an odd one
    queryset: ClassVar[QuerySet[Any] | None] = None  # else that of the resource
    columns: ClassVar[Sequence[Column]]
    form_class: ClassVar[type[ActorModelForm]]
    create_form_class: ClassVar[type[ActorModelForm] | None] = None
    read_only_notice: ClassVar[str] = ""
    fieldsets: ClassVar[Sequence[Fieldset]]
    #: What a list says; derived from the names unless said otherwise. {search} stands for what was searched for.
    title: ClassVar[str] = ""
    search_label: ClassVar[str] = ""
    empty_title: ClassVar[str] = ""
    empty_text: ClassVar[str] = ""
    not_found_title: ClassVar[str] = ""
    not_found_text: ClassVar[str] = "“{search}” is in none of them."
    show_all_label: ClassVar[str] = ""
    list_template: ClassVar[str] = "resources/list.html"
    rows_template: ClassVar[str] = "resources/_list.html"  # of it what a search replaces
    aside_template: ClassVar[str] = ""
    before_delete: ClassVar[str] = ""
    audit_actions: ClassVar[Mapping[str, str]]
    actions: Mapping[str, str] = {}

    READ_ACTIONS: ClassVar[frozenset[str]] = frozenset({"", "list", "retrieve"})

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if "name" not in cls.__dict__:
            return
        cls.audit_actions = {**resource_actions(cls.resource.model), **cls.__dict__.get("audit_actions", {})}
        cls.noun = cls.__dict__.get("noun") or cls.name
        cls.plural = cls.__dict__.get("plural") or plural_of(cls.name)
        title = str(cls.resource.model._meta.verbose_name_plural)  # noqa: SLF001  (Django's documented way)
        cls.title = cls.title or title[:1].upper() + title[1:]
        cls.search_label = cls.search_label or f"Search {cls.plural}"
        cls.empty_title = cls.empty_title or f"There are no {cls.plural} yet"
        cls.not_found_title = cls.not_found_title or f"No {cls.noun} is called that"
        cls.show_all_label = cls.show_all_label or f"Show every {cls.noun}"
        cls.read_only_notice = cls.read_only_notice or f"You may look at this {cls.noun}, but not change it."

    @classmethod
    def urls(cls) -> list[URLPattern]:
        """Give the routes of the pages."""
        path_, name = f"{cls.plural}/", cls.name
        return [
            path(path_, cls.page(get="list"), name=cls.plural),
            path(f"{path_}new/", cls.page(get="new", post="create"), name=f"{name}-new"),
            path(f"{path_}<pk>/", cls.page(get="retrieve", post="update"), name=name),
            path(f"{path_}<pk>/delete/", cls.page(get="confirm_delete", post="destroy"), name=f"{name}-delete"),
        ]

    @classmethod
    def page(cls, **actions: str) -> Callable[..., HttpResponseBase]:
        """Give the view that answers each method (``get``, ``post``) with one of the actions."""
        view: Any = cls.as_view(actions=actions)
        view.actions = actions
        return cast("Callable[..., HttpResponseBase]", view)

    @property
    def action(self) -> str:
        """The action of this request."""
        method = (self.request.method or "").lower()
        return self.actions.get("get" if method == "head" else method, "")

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """Bind the methods to their actions, as viewsets do."""
        for method, action in self.actions.items():
            setattr(self, method, getattr(self, action))
        super().setup(request, *args, **kwargs)

    @method_decorator(sensitive_post_parameters())
    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Ask for the permission to write, but for looking; what may show a secret is kept by no browser."""
        self.permission = self.resource.permission_object
        self.level = "read" if self.action in self.READ_ACTIONS else "write"
        response = super().dispatch(request, *args, **kwargs)
        if self.action not in {*self.READ_ACTIONS, "update"}:
            add_never_cache_headers(cast("HttpResponse", response))
        return response

    # What is shown

    @property
    def actor(self) -> User:
        """Who looks."""
        return user_of(self.request)

    @property
    def may_write(self) -> bool:
        """Whether who looks may write here."""
        return self.actor.allows(self.permission, "write")

    def rows(self) -> TenantQuerySet[Any]:
        """Give the rows that the actor may see."""
        rows = self.resource.queryset if self.queryset is None else self.queryset
        return cast("TenantQuerySet[Any]", rows.all()).visible_to(self.actor)

    def row(self, pk: str) -> Any:
        """Give a row that the actor may see, or answer that there is none."""
        row = self.rows().filter(pk=pk).first() if is_object_id(pk) else None
        if row is None:
            raise Http404
        return row

    def render(self, template: str, **context: Any) -> HttpResponse:
        """Show a page."""
        shown = {"page": self.plural, "view": self, "may_write": self.may_write, **context}
        return render(self.request, template, shown)

    @property
    def list_url(self) -> str:
        """The URL of the list."""
        return reverse(self.plural)

    @property
    def new_url(self) -> str:
        """The URL of the form of a new row."""
        return reverse(f"{self.name}-new")

    def heading(self, row: Any) -> str:
        """Give the heading of a row's page."""
        return str(row) if row else f"New {self.noun}"

    def is_in_use(self, row: Any) -> bool:
        """Tell whether a row is in use; the list shows others pale."""
        return getattr(row, "active", True)

    def list_columns(self) -> list[Column]:
        """Give the columns; who sees several organisations is told whose each row is."""
        whose = [Column("Organisation", "organisation", hide_narrow=True)] if self.actor.is_super_user else []
        return [*self.columns, *whose]

    def list_details(self, state: ListState, rows: Sequence[Any]) -> dict[str, Any]:
        """Complete the rows that a list shows, all at once, and give what else its templates show."""
        return {}

    def form(self, row: Any = None, data: QueryDict | None = None) -> ActorModelForm:
        """Give the form of a row, or of a new one; who may not change it may look."""
        form_class = self.form_class if row else self.create_form_class or self.form_class
        form = form_class(data, instance=row, actor=self.actor)
        if data is None and not self.may_change(row):  # what is sent all the same the service refuses
            for field in form.fields.values():
                field.disabled = True
        return form

    def may_change(self, row: Any) -> bool:
        """Tell whether the actor may change a row, or make one."""
        return self.may_write

    def details(self, row: Any) -> dict[str, Any]:
        """Give what else the page of a row shows, for ``aside_template``."""
        return {}

    def notice(self, row: Any) -> str:
        """Give what the form says to who may not change it."""
        return "" if self.may_change(row) else self.read_only_notice

    def fieldset_hint(self, fieldset: Fieldset, row: Any) -> str:
        """Give what a fieldset says below its legend."""
        return ""

    def render_form(self, form: ActorModelForm, row: Any = None) -> HttpResponse:
        """Show a form."""
        shown = {"form": form, "fieldsets": self.shown_fieldsets(form, row), "row": row, "heading": self.heading(row)}
        more = {"may_change": self.may_change(row), "notice": self.notice(row), **(self.details(row) if row else {})}
        return self.render("resources/form.html", **shown, **more)

    def shown_fieldsets(self, form: ActorModelForm, row: Any = None) -> Sequence[Mapping[str, Any]]:
        """Give the fieldsets of a form, of the fields that it has."""
        return [
            {
                "legend": one.legend,
                "layout": one.layout,
                "hint": self.fieldset_hint(one, row),
                "fields": [form[name] for name in one.names if name in form.fields],
            }
            for one in self.fieldsets
        ]

    # Actions

    def list(self, request: HttpRequest) -> HttpResponse:
        """Show the list; to htmx the rows alone."""
        columns = self.list_columns()
        sorts = {column.slug: column.sort for column in columns if column.sort}
        state = ListState(request, self.resource.filterset_class or TenantFilterSet, sorts)
        is_part = getattr(getattr(request, "htmx", None), "target", None) == self.plural
        template = self.rows_template if is_part else self.list_template
        page, not_found = state.page(self.rows()), self.not_found_text.format(search=state.search)
        page.object_list = rows = list(page)
        shown = {"columns": columns, "state": state, "page_obj": page, "not_found_text": not_found}
        response = self.render(template, **shown, **self.list_details(state, rows))
        patch_vary_headers(response, ["HX-Request", "HX-Target"])
        return response

    def new(self, request: HttpRequest) -> HttpResponse:
        """Show the form of a new row."""
        return self.render_form(self.form())

    def create(self, request: HttpRequest) -> HttpResponse:
        """Make a row."""
        form = self.form(data=request.POST)
        if form.is_valid():
            try:
                return self.created(form)
            except ApplicationError as error:
                form.add_error(None, error.in_words)
        return self.render_form(form)

    def created(self, form: ActorModelForm) -> HttpResponse:
        """Make the row of a valid form, and say so."""
        self.resource.admit_create(form.instance, actor=self.actor)
        self.resource.create(form.instance, actor=self.actor)
        return self.done(f"{form.instance} is made.")

    def retrieve(self, request: HttpRequest, pk: str) -> HttpResponse:
        """Show a row."""
        row = self.row(pk)
        return self.render_form(self.form(row), row)

    def update(self, request: HttpRequest, pk: str) -> HttpResponse:
        """Change a row."""
        form = self.form(self.row(pk), request.POST)
        if form.is_valid():
            try:
                return self.updated(form)
            except ApplicationError as error:
                form.add_error(None, error.in_words)
        return self.render_form(form, self.row(pk))

    def updated(self, form: ActorModelForm) -> HttpResponse:
        """Change the row of a valid form, and say so."""
        changes = self.resource.admit_update(form.instance, form.changes(), actor=self.actor)
        self.resource.update(form.instance, changes, actor=self.actor)
        return self.changed(form.instance)

    def changed(self, row: Any) -> HttpResponse:
        """Say that a row is changed."""
        return self.done(f"{row} is saved.")

    def confirm_delete(self, request: HttpRequest, pk: str) -> HttpResponse:
        """Ask before a row is deleted."""
        row = self.row(pk)
        shown = {"consequences": self.consequences(row), "row_url": reverse(self.name, args=[pk])}
        return self.render("resources/confirm_delete.html", row=row, heading=self.heading(row), **shown)

    def consequences(self, row: Any) -> str:
        """Give what else becomes of it when a row is deleted."""
        return self.before_delete

    def destroy(self, request: HttpRequest, pk: str) -> HttpResponse:
        """Delete a row."""
        row = self.row(pk)
        expect_revision(row, request.POST.get(REVISION, ""))
        try:
            self.resource.admit_delete(row, actor=self.actor)
            self.resource.delete(row, actor=self.actor)
        except ApplicationError as error:
            return self.refused(row, error)
        except ProtectedError:
            return self.refused(row, ApplicationError(f"{row} is still in use."))
        return self.done(f"{row} is deleted.")

    def refused(self, row: Any, error: ApplicationError) -> HttpResponse:
        """Go to the row's page, and say why not."""
        messages.error(self.request, error.in_words)
        return HttpResponseRedirect(reverse(self.name, args=[row.pk]))

    def done(self, text: str) -> HttpResponse:
        """Go to the list and say what was done."""
        messages.success(self.request, text)
        return HttpResponseRedirect(self.list_url)
