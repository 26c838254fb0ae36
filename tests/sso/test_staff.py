"""Identity providers on the staff site."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from apps.audit.models import AuditRecord
from apps.audit.services import Deleted
from apps.organisations.models import Organisation
from apps.sso import services
from apps.sso.models import GroupMapping, IdentityProvider
from apps.users.models import User, UserGroup
from tests.sso.provider import REMOVED, Provider

pytestmark = pytest.mark.django_db

BrowserOf = Callable[[User], Client]
PROVIDERS = "/staff/sso/identityprovider/"
SECRET = "a secret to keep"


def posted(*mappings: tuple[str, str], **changes: Any) -> dict[str, Any]:
    """Give the form of a provider as a browser would send it."""
    fields = {
        "name": "Example",
        "slug": "example",
        "issuer": "https://id.example.com",
        "client_id": "weir",
        "secret": SECRET,
        "scopes": "openid email profile",
        "email_claim": "email",
        "group_claim": "groups",
        "default_group": "",
        "is_active": "on",
        "mappings-TOTAL_FORMS": str(len(mappings)),
        "mappings-INITIAL_FORMS": "0",
    }
    for place, (value, group) in enumerate(mappings):
        fields |= {f"mappings-{place}-value": value, f"mappings-{place}-group": group}
    return {name: value for name, value in {**fields, **changes}.items() if value is not None}


def example_of(organisation: Organisation, **fields: Any) -> IdentityProvider:
    """Store a provider."""
    values = {"name": "Example", "slug": "example", "issuer": "https://id.example.com", "client_id": "weir", **fields}
    made = IdentityProvider(organisation=organisation, **values)
    made.client_secret = SECRET
    made.save()
    return made


def errors_on(page: Any) -> str:
    """Give the errors a form is shown with."""
    formsets = [inline.formset for inline in page.context["inline_admin_formsets"]]
    rows = [(formset.errors, formset.non_form_errors()) for formset in formsets]
    return f"{page.context['adminform'].form.errors} {rows}"


def test_an_administrator_sets_one_up(browser_of: BrowserOf, alice: User, editors: UserGroup) -> None:
    answer = browser_of(alice).post(f"{PROVIDERS}add/", posted(("Devs", editors.pk), ("Ops", editors.pk)))
    assert answer.status_code == 302, errors_on(answer)
    made = IdentityProvider.objects.get()
    assert (made.organisation_id, made.client_secret, made.is_active) == (alice.organisation_id, SECRET, True)
    assert set(made.mappings.values_list("value", "group")) == {("Devs", editors.pk), ("Ops", editors.pk)}
    record = AuditRecord.objects.get(kind="identity provider")
    assert (record.action, record.subject, record.user) == ("Create Identity Provider", made.pk, alice.email)
    assert editors.pk in record.diff
    assert SECRET not in record.diff


def test_the_secret_is_sealed_and_never_shown(browser_of: BrowserOf, alice: User) -> None:
    made = example_of(alice.organisation)
    assert SECRET not in made.encrypted_secret
    browser = browser_of(alice)
    page = browser.get(f"{PROVIDERS}{made.pk}/change/").content.decode()
    assert SECRET not in page
    assert made.encrypted_secret not in page
    assert "http://testserver/sso/example/callback/" in page


@pytest.mark.parametrize(
    ("changes", "kept"), [({"secret": ""}, SECRET), ({"secret": "new"}, "new"), ({"forget_secret": "on"}, "")]
)
def test_the_secret_is_kept_changed_or_forgotten(
    browser_of: BrowserOf, alice: User, changes: dict[str, str], kept: str
) -> None:
    made = example_of(alice.organisation)
    answer = browser_of(alice).post(f"{PROVIDERS}{made.pk}/change/", posted(**{"secret": "", "name": "New", **changes}))
    assert answer.status_code == 302, errors_on(answer)
    made.refresh_from_db()
    assert (made.name, made.client_secret) == ("New", kept)


def test_mappings_are_changed_and_removed(
    browser_of: BrowserOf, alice: User, editors: UserGroup, viewers: UserGroup
) -> None:
    made = example_of(alice.organisation)
    rows = [GroupMapping.objects.create(provider=made, value=value, group=editors) for value in ("Devs", "Ops", "QA")]
    form = posted(*((row.value, editors.pk) for row in rows), **{"mappings-INITIAL_FORMS": "3"})
    form |= {f"mappings-{place}-id": str(row.pk) for place, row in enumerate(rows)}
    form |= {f"mappings-{place}-provider": made.pk for place in range(3)}
    form |= {"mappings-0-group": viewers.pk, "mappings-1-DELETE": "on"}
    answer = browser_of(alice).post(f"{PROVIDERS}{made.pk}/change/", form)
    assert answer.status_code == 302, errors_on(answer)
    assert set(made.mappings.values_list("value", "group")) == {("Devs", viewers.pk), ("QA", editors.pk)}


@pytest.mark.parametrize("where", ["default_group", "mappings"])
def test_groups_of_another_organisation_are_refused(
    browser_of: BrowserOf, alice: User, dora: User, organisation_b: Organisation, where: str
) -> None:
    theirs = UserGroup.objects.create(organisation=organisation_b, name="Their secret group")
    form = posted(default_group=theirs.pk) if where == "default_group" else posted(("Devs", theirs.pk))
    answer = browser_of(dora).post(f"{PROVIDERS}add/", {**form, "organisation": alice.organisation_id})
    assert "another organisation" in errors_on(answer) or "not one of the available" in errors_on(answer)
    assert browser_of(alice).post(f"{PROVIDERS}add/", form).status_code == 200
    assert "Their secret group" not in browser_of(alice).get(f"{PROVIDERS}add/").content.decode()
    made = example_of(alice.organisation)
    assert "Their secret group" not in browser_of(dora).get(f"{PROVIDERS}{made.pk}/change/").content.decode()
    assert not GroupMapping.objects.exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"issuer": "http://id.example.com"},
        {"issuer": "id.example.com"},
        {"issuer": "ftp://id.example.com"},
        {"issuer": "https://id.example.com/?a=b"},
        {"issuer": "http://localhost"},
        {"issuer": "https://somebody@id.example.com"},
        {"issuer": "https://127.0.0.9:9100\\@localhost"},
        {"slug": "waiting"},
        {"slug": "failed"},
        {"slug": "a/b"},
        {"secret": "both", "forget_secret": "on"},
    ],
    ids=str,
)
def test_what_cannot_work_is_refused(browser_of: BrowserOf, alice: User, wrong: dict[str, str]) -> None:
    made = example_of(alice.organisation)
    answer = browser_of(alice).post(f"{PROVIDERS}{made.pk}/change/", posted(**wrong))
    assert answer.status_code == 200
    assert next(iter(reversed(wrong))) in errors_on(answer)


def test_http_is_allowed_by_the_operator(browser_of: BrowserOf, alice: User, settings: Settings) -> None:
    settings.FETCH_ALLOW_HTTP = True
    made = example_of(alice.organisation)
    form = posted(issuer="http://localhost:8080/realms/weir")
    assert browser_of(alice).post(f"{PROVIDERS}{made.pk}/change/", form).status_code == 302


def test_other_organisations_neither_see_nor_change_it(browser_of: BrowserOf, alice: User, charlie: User) -> None:
    made = example_of(alice.organisation)
    browser = browser_of(charlie)
    assert "Example" not in browser.get(PROVIDERS).content.decode()
    assert browser.post(f"{PROVIDERS}{made.pk}/change/", posted(name="Stolen")).status_code == 302
    browser.post(f"{PROVIDERS}{made.pk}/delete/", {"post": "yes"})
    made.refresh_from_db()
    assert made.name == "Example"


def test_an_organisation_among_others_does_not_put_up_buttons_for_them(
    browser_of: BrowserOf, alice: User, charlie: User, dora: User
) -> None:
    browser = browser_of(charlie)
    assert browser.post(f"{PROVIDERS}add/", posted(is_listed="on")).status_code == 302
    made = IdentityProvider.objects.get()
    assert not made.is_listed
    form = posted(is_listed="on", secret="")
    assert browser.post(f"{PROVIDERS}{made.pk}/change/", form).status_code == 302
    made.refresh_from_db()
    assert not made.is_listed
    assert browser_of(dora).post(f"{PROVIDERS}{made.pk}/change/", form).status_code == 302
    made.refresh_from_db()
    assert made.is_listed


@pytest.mark.parametrize(
    ("changes", "is_listed"),
    [
        ({"name": "Beta"}, False),
        ({"slug": "beta"}, False),
        ({"issuer": "https://id.example.org"}, False),
        ({"client_id": "new"}, True),
    ],
)
def test_a_button_that_became_another_one_is_taken_down(
    browser_of: BrowserOf, alice: User, charlie: User, dora: User, changes: dict[str, str], is_listed: bool
) -> None:
    made = example_of(alice.organisation)
    form = posted(secret="", is_listed="on", **changes)
    assert browser_of(alice).post(f"{PROVIDERS}{made.pk}/change/", form).status_code == 302
    made.refresh_from_db()
    assert made.is_listed == is_listed
    assert browser_of(dora).post(f"{PROVIDERS}{made.pk}/change/", form).status_code == 302
    made.refresh_from_db()
    assert made.is_listed


def test_the_only_organisation_puts_up_its_button(browser_of: BrowserOf, alice: User) -> None:
    browser_of(alice).post(f"{PROVIDERS}add/", posted(is_listed="on"))
    assert "Sign in with Example" in Client().get("/login/").content.decode()


@pytest.mark.parametrize("how", ["page", "action"])
def test_it_is_deleted_with_a_word_in_the_audit_log(browser_of: BrowserOf, alice: User, how: str) -> None:
    made = example_of(alice.organisation)
    if how == "page":
        browser_of(alice).post(f"{PROVIDERS}{made.pk}/delete/", {"post": "yes"})
    else:
        browser_of(alice).post(PROVIDERS, {"action": "delete_selected", "_selected_action": made.pk, "post": "yes"})
    assert not IdentityProvider.objects.exists()
    assert AuditRecord.objects.filter(action="Delete Identity Provider", subject=made.pk).count() == 1


def test_pages_cost_the_same_however_much_there_is(
    browser_of: BrowserOf, alice: User, editors: UserGroup, django_assert_max_num_queries: Any
) -> None:
    first = example_of(alice.organisation)
    browser = browser_of(alice)
    browser.get(f"{PROVIDERS}{first.pk}/change/")  # asks for the content type, which is kept
    costs = []
    for round_ in range(2):
        for number in range(12 * round_):
            example_of(alice.organisation, slug=f"more-{number}")
            UserGroup.objects.create(organisation=alice.organisation, name=f"Group {number}")
            GroupMapping.objects.create(provider=first, value=f"V{number}", group=editors)
        spent = []
        for path in ("", f"{first.pk}/change/"):
            with django_assert_max_num_queries(30) as queries:
                assert browser.get(PROVIDERS + path).status_code == 200
            spent.append(len(queries))
        costs.append(spent)
    assert costs[0] == costs[1]


def test_a_change_keeps_what_others_wrote_since_and_makes_nothing_that_is_gone(alice: User) -> None:
    stale = example_of(alice.organisation)
    IdentityProvider.objects.filter(pk=stale.pk).update(client_id="newer", is_active=False)
    services.save_provider(stale, [], actor=alice, changes={"name": "New"})
    stale.refresh_from_db()
    assert (stale.name, stale.client_id, stale.is_active, stale.client_secret) == ("New", "newer", False, SECRET)
    assert set(AuditRecord.objects.get().changes[f"identity provider/{stale.pk}"]) == {"name"}
    IdentityProvider.objects.filter(pk=stale.pk).delete()
    with pytest.raises(Deleted):
        services.save_provider(stale, [], actor=alice, changes={"name": "Again"})
    assert not IdentityProvider.objects.exists()


def test_nobody_changes_a_provider_of_others(alice: User, charlie: User) -> None:
    with pytest.raises(Deleted):
        services.save_provider(example_of(alice.organisation), [], actor=charlie, changes={"name": "Theirs"})


def test_a_slug_that_is_taken_at_the_same_moment_is_told_in_the_form(
    browser_of: BrowserOf, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    example_of(alice.organisation)
    monkeypatch.setattr(IdentityProvider, "_perform_unique_checks", lambda *_: {})
    page = browser_of(alice).post(f"{PROVIDERS}add/", posted(name="Typed"))
    assert "Identity provider already exists" in errors_on(page)
    assert 'value="Typed"' in page.content.decode()


@pytest.mark.parametrize(
    ("metadata", "said"),
    [
        ({}, ""),
        ({"issuer": "https://elsewhere.example"}, "calls itself"),
        ({"token_endpoint": REMOVED}, "names no token_endpoint"),
        ({"jwks_uri": "http://192.168.0.1/keys"}, "an address that is not public"),
        ({"userinfo_endpoint": r"http://127.0.0.9:9100\@localhost"}, "a backslash"),
    ],
)
def test_a_provider_is_asked_when_it_is_saved(
    browser_of: BrowserOf, alice: User, provider: Provider, metadata: dict[str, Any], said: str
) -> None:
    provider.metadata = metadata
    answer = browser_of(alice).post(f"{PROVIDERS}add/", posted(issuer=provider.issuer))
    assert answer.status_code == (200 if said else 302)
    assert said in (errors_on(answer) if said else "")
    assert IdentityProvider.objects.exists() is not bool(said)


def test_a_provider_that_is_away_is_told_at_the_field_and_may_be_kept_inactive(
    browser_of: BrowserOf, alice: User, provider: Provider
) -> None:
    nowhere = f"{provider.issuer}/nowhere"
    form = posted(issuer=provider.issuer, discovery_url=nowhere)
    provider.broken["/nowhere"] = lambda request: Provider.reply(request, 404, {})
    assert "gives no description" in errors_on(browser_of(alice).post(f"{PROVIDERS}add/", form))
    assert browser_of(alice).post(f"{PROVIDERS}add/", {**form, "is_active": ""}).status_code == 302
    made = IdentityProvider.objects.get()
    assert made.described_at == nowhere
    provider.broken.clear()
    answers = {"/nowhere": lambda request: Provider.reply(request, 200, provider._configuration())}
    provider.broken.update(answers)
    assert browser_of(alice).post(f"{PROVIDERS}{made.pk}/change/", {**form, "secret": ""}).status_code == 302
    sent = Client().get("/sso/example/")["Location"]
    assert sent.startswith(f"{provider.issuer}/authorize")


def test_who_may_not_save_a_provider_has_none_asked(browser_of: BrowserOf, bob: User, provider: Provider) -> None:
    browser_of(bob).post(f"{PROVIDERS}add/", posted(issuer=provider.issuer))
    assert provider.asked == []
