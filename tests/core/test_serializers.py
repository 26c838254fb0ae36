"""Strict fields: what is sent comes back as it was, and ids name only what the caller may see."""

from __future__ import annotations

from typing import Any

import pytest
from pytest_django.fixtures import Settings

from apps.apis.models import Api
from apps.apis.serializers import ApiIdsField, UnknownApis
from apps.apis.services import set_owners
from apps.core.exceptions import ApplicationError
from apps.core.requests import validated
from apps.core.serializers import InputSerializer, RelatedIdField, TextField, TextListField
from apps.organisations.models import Organisation
from apps.users.models import User, UserGroup
from tests.factories import UserGroupFactory

NO_GROUP = (404, "No such group")


class NoteInput(InputSerializer):
    """A body with one field of each kind."""

    required_when_new = ("title",)

    title = TextField(allow_blank=False)
    text = TextField()
    tags = TextListField()
    group_id = RelatedIdField(UserGroup.objects.all(), NO_GROUP, source="group")
    apis = ApiIdsField()


def read(body: Any, shape: type[InputSerializer] = NoteInput, actor: User | None = None) -> InputSerializer:
    return validated(body, shape, (400, "Malformed"), actor=actor)


@pytest.mark.parametrize("text", ["", "  ", " a ", "\ta\r\nb\n", "\u00a0", "0"])
def test_a_text_is_kept_as_it_came(text: str) -> None:
    assert read({"text": text, "tags": [f"x{text}"]}).validated_data == {"text": text, "tags": [f"x{text}"]}


@pytest.mark.parametrize(
    "body",
    [
        *({"title": title} for title in ("", "  ", "\n", 7, True, ["a"], {})),
        *({"text": text} for text in (7, False, ["a"], "a\0b")),
        *({"tags": tags} for tags in ("a", {"a": 1}, [""], [" "], [7], [None], [["a"]], 7)),
        *({"apis": apis} for apis in ("a", [7], [""])),
        *({"group_id": pk} for pk in (7, ["a"], "x" * 25, "a\0b")),
    ],
)
def test_another_type_is_refused(body: Any) -> None:
    with pytest.raises(ApplicationError, match="Malformed"):
        read(body)


def test_null_is_nothing_and_what_is_new_says_what_it_must() -> None:
    assert read({"title": None, "text": None, "tags": None}).validated_data == {}
    with pytest.raises(ApplicationError, match="Malformed"):
        read({"text": "a"}, NoteInput.when_new())
    assert read({"title": "a"}, NoteInput.when_new()).validated_data == {"title": "a"}
    assert (NoteInput.when_new().__name__, InputSerializer.when_new()) == ("NewNoteInput", InputSerializer)
    assert not NoteInput().fields["title"].required


@pytest.mark.django_db
def test_an_id_names_a_row_of_the_organisation_that_the_caller_sees(
    alice: User, dora: User, charlie: User, organisation_b: Organisation
) -> None:
    ours, theirs = UserGroupFactory(organisation=alice.organisation), UserGroupFactory(organisation=organisation_b)
    for actor in (alice, dora, None):
        assert read({"group_id": ours.pk}, actor=actor).model_fields(alice.organisation) == {"group": ours}
        assert read({"group_id": ""}, actor=actor).model_fields(alice.organisation) == {"group": None}
    for actor, pk in ((alice, theirs.pk), (dora, theirs.pk), (None, theirs.pk), (charlie, ours.pk), (alice, "c" * 24)):
        with pytest.raises(ApplicationError) as refused:
            read({"group_id": pk}, actor=actor).model_fields(alice.organisation)
        assert (refused.value.status, refused.value.message) == NO_GROUP


@pytest.mark.django_db
def test_apis_that_are_hidden_are_answered_like_those_that_are_not_there(
    alice: User, bob: User, dora: User, organisation_b: Organisation, settings: Settings
) -> None:
    settings.ENABLE_OWNERSHIP = True
    whose = {"free": None, "bobs": bob, "hers": alice}
    for name, owner in whose.items():
        api = Api.objects.create(organisation=alice.organisation, name=name, api_id=name)
        set_owners(api=api, users=[owner] if owner else [])
    Api.objects.create(organisation=organisation_b, name="Other", api_id="theirs")
    for actor, ids in ((bob, ["free", "bobs", "free"]), (alice, ["hers", "bobs"]), (dora, ["hers"]), (None, ["hers"])):
        given = read({"apis": ids}, actor=actor).model_fields(alice.organisation)
        assert given == {"apis": list(dict.fromkeys(ids))}
    for actor, pk in ((bob, "hers"), (bob, "theirs"), (bob, "nobodys"), (dora, "theirs"), (None, "theirs")):
        with pytest.raises(UnknownApis) as refused:
            read({"apis": ["free", pk]}, actor=actor).model_fields(alice.organisation)
        assert (refused.value.status, refused.value.message) == (400, f"Unknown APIs: {pk}")
