"""Identifiers keep the shapes that gateways and clients decode."""

from __future__ import annotations

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import models

from apps.core.ids import ObjectIdField, is_object_id, new_object_id, new_public_id
from apps.organisations.models import Organisation


def test_it_makes_ids_of_24_lowercase_hex_characters() -> None:
    made = {new_object_id() for _ in range(1000)}
    assert len(made) == 1000
    assert all(is_object_id(each) for each in made)


def test_it_makes_ids_that_sort_by_age() -> None:
    with time_machine.travel("2026-01-01T00:00:00Z"):
        older = new_object_id()
    with time_machine.travel("2026-01-01T00:00:01Z"):
        newer = new_object_id()
    assert older < newer
    assert older.startswith(f"{1767225600:08x}")


def test_it_makes_public_ids_of_32_hex_characters() -> None:
    assert len(new_public_id()) == 32
    assert int(new_public_id(), 16)


@pytest.mark.parametrize("text", ["a" * 23, "a" * 25, "A" * 24, "g" * 24, "a" * 24 + "\n"])
def test_it_knows_what_is_no_id(text: str) -> None:
    assert not is_object_id(text)
    with pytest.raises(ValidationError):
        ObjectIdField().clean(text, None)


@pytest.mark.django_db
def test_a_row_gets_an_id_and_keeps_a_given_one() -> None:
    made = Organisation.objects.create()
    given = Organisation.objects.create(id="5e9d9544a1dcd60001d0ed20")
    assert is_object_id(made.pk)
    assert Organisation.objects.get(pk="5e9d9544a1dcd60001d0ed20") == given


def test_its_migration_form_says_nothing_twice() -> None:
    class Thing(models.Model):
        id = ObjectIdField()

        class Meta:
            app_label = "core"
            managed = False

        def __str__(self) -> str:
            return self.id

    *_, options = Thing._meta.get_field("id").deconstruct()
    assert "validators" not in options
