"""Pages of user groups, for whoever administers an organisation."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from apps.core.exceptions import ApplicationError
from apps.core.partial_updates import changes_of
from apps.users import services
from apps.users.forms.groups import GroupPageForm, NewGroupPageForm, UserGroupForm
from apps.users.models import User, UserGroup
from apps.users.views.directory import DirectoryView, SearchListView, WriteView
from apps.users.views.users import refusal_text

SHOWN_MEMBERS = 12


class GroupsPage(SearchListView):
    """The list."""

    permission, page = "user_groups", "groups"
    audit_actions = {"get": "List User Groups"}

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show those whose name or description is searched for."""
        query = self.query(request)
        groups = UserGroup.objects.visible_to(self.person).select_related("organisation").with_members_counted()
        return self.list(groups.search(query).order_by("name", "pk"), query)


class GroupView(DirectoryView):
    """Something about one group."""

    permission, page = "user_groups", "groups"

    def group(self, pk: str) -> UserGroup:
        """Give the group."""
        group: UserGroup = self.get_visible(UserGroup.objects.select_related("organisation").with_members_counted(), pk)
        return group

    def back(self, words: str) -> HttpResponse:
        """Go to the list, with words of what was done."""
        messages.success(self.request, words)
        return HttpResponseRedirect(reverse("groups"))

    def show_form(self, form: UserGroupForm, group: UserGroup | None = None) -> HttpResponse:
        """Show the form, and some of the members to who may see users; everybody else is told how many there are."""
        is_told = group and self.person.allows("users")
        members = User.objects.filter(group=group).order_by("email")[:SHOWN_MEMBERS] if is_told else []
        return self.show("group_form", form=form, group=group, members=list(members))


class GroupPage(GroupView):
    """One group."""

    audit_actions = {"get": "Read User Group", "post": "Update User Group"}

    def get(self, request: HttpRequest, pk: str) -> HttpResponse:
        """Show the group."""
        group = self.group(pk)
        form = GroupPageForm(instance=group, editor=self.person)
        for field in form.fields.values():
            field.disabled = not self.person.allows(self.permission, "write")
        return self.show_form(form, group)

    def post(self, request: HttpRequest, pk: str) -> HttpResponse:
        """Change it."""
        form = GroupPageForm(request.POST, instance=self.group(pk), editor=self.person)
        if form.is_valid():
            try:
                services.change_group(group=form.instance, changes=changes_of(form), actor=self.person)
                return self.back(f"{form.instance} is saved.")
            except ApplicationError as error:
                form.add_error(None, refusal_text(error))
        return self.show_form(form, self.group(pk))


class NewGroupPage(WriteView, GroupView):
    """Make a group."""

    audit_actions = {"post": "Create User Group"}

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the form."""
        return self.show_form(NewGroupPageForm(editor=self.person))

    def post(self, request: HttpRequest) -> HttpResponse:
        """Make it."""
        form = NewGroupPageForm(request.POST, editor=self.person)
        if form.is_valid():
            try:
                services.create_group(group=form.instance, actor=self.person)
                return self.back(f"{form.instance} is made.")
            except ApplicationError as error:
                form.add_error(None, refusal_text(error))
        return self.show_form(form)


class DeleteGroup(WriteView, GroupView):
    """Delete a group: asked first, with what becomes of its members."""

    audit_actions = {"post": "Delete User Group"}

    def get(self, request: HttpRequest, pk: str) -> HttpResponse:
        """Ask."""
        return self.show("group_confirm_delete", group=self.group(pk))

    def post(self, request: HttpRequest, pk: str) -> HttpResponse:
        """Delete it."""
        group = self.group(pk)
        try:
            services.delete_group(group=group, actor=self.person)
        except ApplicationError as error:
            messages.error(request, refusal_text(error))
            return HttpResponseRedirect(reverse("group", args=[pk]))
        return self.back(f"{group} is deleted.")
