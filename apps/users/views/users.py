"""Pages of users, for whoever administers an organisation."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.forms import SetPasswordForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse

from apps.core.exceptions import ApplicationError
from apps.core.partial_updates import changes_of
from apps.users import services
from apps.users.forms.users import NewUserPageForm, UserPageForm
from apps.users.models import User
from apps.users.password_policy import expires_at
from apps.users.views.directory import DirectoryView, SearchListView, WriteView


class UsersPage(SearchListView):
    """The list."""

    permission = page = "users"
    audit_actions = {"get": "List Users"}

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show those whose name or e-mail address is searched for."""
        query = self.query(request)
        users = User.objects.visible_to(self.person).select_related("group", "two_factor", "organisation")
        return self.list(users.search(query).order_by("email", "pk"), query)


class UserView(DirectoryView):
    """Something about one user. What services refuse is said on the user's page."""

    permission = page = "users"

    def user(self, pk: str) -> User:
        """Give the user."""
        users = User.objects.select_related("group", "two_factor", "organisation", "access_key")
        user: User = self.get_visible(users, pk)
        return user

    def back(self, user: User, words: str = "") -> HttpResponse:
        """Go to the user's page, with words of what was done."""
        if words:
            messages.success(self.request, words)
        return HttpResponseRedirect(reverse("user", args=[user.pk]))

    def show_key(self, user: User, key: str, **context: Any) -> HttpResponse:
        """Show a new access key once, or say that only its user may see it."""
        shown = services.show_once_or_keep(user=user, key=key, actor=self.person)
        return self.show("user_access_key", account=user, key=shown, is_kept=not shown, **context)

    def refused(self, user: User, error: ApplicationError) -> HttpResponse:
        """Go to the user's page, with the reason why not."""
        messages.error(self.request, refusal_text(error))
        return self.back(user)


class UserPage(UserView):
    """One user: what is known of them, and the form to change it for who may."""

    audit_actions = {"get": "Read User", "post": "Update User"}

    def get(self, request: HttpRequest, pk: str) -> HttpResponse:
        """Show the user."""
        user = self.user(pk)
        return self._show(user, UserPageForm(instance=user, actor=self.person))

    def post(self, request: HttpRequest, pk: str) -> HttpResponse:
        """Change the user."""
        user = self.user(pk)
        form = UserPageForm(request.POST, instance=user, actor=self.person)
        if not form.is_valid():
            return self._show(self.user(pk), form)
        try:
            services.change_user(user=form.instance, changes=changes_of(form), actor=self.person)
        except ApplicationError as error:
            form.add_error(None, refusal_text(error))
            return self._show(self.user(pk), form)
        return self.back(user, "Saved.")

    def _show(self, user: User, form: UserPageForm) -> HttpResponse:
        may_manage = self.person.may_manage(user)
        for field in form.fields.values():
            field.disabled = not may_manage
        checks = {"password": services.check_can_set_password, "key": services.check_can_reset_key}
        may = {name: may_manage and not services.is_denied(check, self.person, user) for name, check in checks.items()}
        shown: dict[str, Any] = {
            "account": user,
            "form": form,
            "may_manage": may_manage,
            "may_set_password": may["password"],
            "may_reset_key": may["key"],
            "key": getattr(user, "access_key", None),
            "password_ends": expires_at(user),
        }
        return self.show("user_form", **shown)


class NewUserPage(WriteView, UserView):
    """Make a user; the access key is shown on the page that follows."""

    audit_actions = {"post": "Create User"}

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the form."""
        return self.show("user_form", form=NewUserPageForm(actor=self.person), may_manage=True)

    def post(self, request: HttpRequest) -> HttpResponse:
        """Make the user."""
        form = NewUserPageForm(request.POST, actor=self.person)
        if form.is_valid():
            try:
                password = form.cleaned_data["password"] or None
                key = services.create_user(user=form.instance, password=password, actor=self.person)
                return self.show_key(form.instance, key, is_new=True)
            except ApplicationError as error:
                form.add_error(None, refusal_text(error))
        return self.show("user_form", form=form, may_manage=True)


class RevokeUser(WriteView, UserView):
    """Make a user inactive."""

    http_method_names = ["post", "options"]
    audit_actions = {"post": "Revoke User"}

    def post(self, request: HttpRequest, pk: str) -> HttpResponse:
        """Do it."""
        user = self.user(pk)
        try:
            services.revoke_user(user=user, actor=self.person)
        except ApplicationError as error:
            return self.refused(user, error)
        return self.back(user, "Revoked: the sessions are over, and the access key is rejected.")


class KeyOfUser(WriteView, UserView):
    """Reset a user's access key: asked first, shown once."""

    audit_actions = {"post": "Reset Access Key"}

    def get(self, request: HttpRequest, pk: str) -> HttpResponse:
        """Ask."""
        return self.show("user_access_key", account=self.user(pk))

    def post(self, request: HttpRequest, pk: str) -> HttpResponse:
        """Reset it and show the new one."""
        user = self.user(pk)
        try:
            return self.show_key(user, services.reset_access_key(user=user, actor=self.person))
        except ApplicationError as error:
            return self.refused(user, error)


class PasswordOfUser(WriteView, UserView):
    """Set a user's password, for administrators who were trusted with it."""

    audit_actions = {"post": "Reset Password"}

    def get(self, request: HttpRequest, pk: str) -> HttpResponse:
        """Show the form, to who may use it."""
        return self._answer(self.user(pk))

    def post(self, request: HttpRequest, pk: str) -> HttpResponse:
        """Set it."""
        return self._answer(self.user(pk), request.POST)

    def _answer(self, user: User, given: QueryDict | None = None) -> HttpResponse:
        """Ask for the right before the form: what that says of old passwords is for nobody else."""
        if user == self.person:
            return HttpResponseRedirect(reverse("new-password"))  # which asks for the present one
        try:
            services.check_can_set_password(self.person, user)
            form = SetPasswordForm(user, given)
            if not form.is_valid():
                return self.show("user_password", account=user, form=form)
            services.set_password(user=user, password=form.cleaned_data["new_password1"], actor=self.person)
        except ApplicationError as error:
            return self.refused(user, error)
        return self.back(user, "The password is set, and the sessions opened with the old one are over.")


class SecondFactorOfUser(WriteView, UserView):
    """Remove the second factor of a user who has lost it: asked first."""

    audit_actions = {"post": "Remove Second Factor"}

    def get(self, request: HttpRequest, pk: str) -> HttpResponse:
        """Ask."""
        return self.show("user_remove_two_factor", account=self.user(pk))

    def post(self, request: HttpRequest, pk: str) -> HttpResponse:
        """Remove it."""
        user = self.user(pk)
        try:
            services.remove_two_factor(user=user, actor=self.person)
        except ApplicationError as error:
            return self.refused(user, error)
        return self.back(user, "The second factor is removed, and the sessions are over.")


class DeleteUser(WriteView, UserView):
    """Delete a user: asked first."""

    audit_actions = {"post": "Delete User"}

    def get(self, request: HttpRequest, pk: str) -> HttpResponse:
        """Ask."""
        return self.show("user_confirm_delete", account=self.user(pk))

    def post(self, request: HttpRequest, pk: str) -> HttpResponse:
        """Delete the user."""
        user = self.user(pk)
        try:
            services.delete_user(user=user, actor=self.person)
        except ApplicationError as error:
            return self.refused(user, error)
        messages.success(request, f"{user.email} is deleted.")
        return HttpResponseRedirect(reverse("users"))


def refusal_text(error: ApplicationError) -> str:
    """Give the words of a refusal, as people read them."""
    return error.message.removeprefix("access denied: ")
