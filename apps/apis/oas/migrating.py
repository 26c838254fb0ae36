"""Classic APIs become APIs that are kept as documents: tried out, staged beside the classic one, or at once.

Nothing is lost unknowingly: an API that says what a document cannot say is not migrated, and the answer names what.
Rules and names: dashboard guide to migration from classic (5.13).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from apps.apis.classic import words_of
from apps.apis.models import Api
from apps.apis.oas.extension import EXTENSION, Document, info, section, with_info
from apps.apis.oas.from_classic import document_of, left_out, version_of
from apps.apis.oas.validation import check_document
from apps.apis.services import change_api, create_api, delete_api
from apps.core.exceptions import ApplicationError
from apps.users.models import User

DRY_RUN, STAGE, PROMOTE, DIRECT = "dryRun", "stage", "promote", "direct"
MODES = (DRY_RUN, STAGE, PROMOTE, DIRECT)
STAGED_ID, STAGED_NAME, STAGED_PATH = "staging-", "[staged] ", "/tyk-staging"
#: Why an API is passed over: key → what is said of it.
SKIPPED = {
    "already_migrated": "It is kept as an OpenAPI document already",
    "already_staged": "It has a staged copy already; overrideStaged makes it anew",
    "is_tcp": "TCP has no OpenAPI document",
    "is_streams": "Streams have a document already",
    "is_graphql": "GraphQL has no OpenAPI document",
    "not_staged": "It has no staged copy that could be promoted",
}


class Skip(Exception):
    """An API is passed over, for the reason with this key."""

    def __init__(self, key: str) -> None:
        super().__init__(SKIPPED[key])
        self.key = key


@dataclass
class Outcome:
    """What became of each API, by public id."""

    done: list[str] = field(default_factory=list)
    staged: list[dict[str, str]] = field(default_factory=list)
    definitions: list[dict[str, Any]] = field(default_factory=list)
    failed: list[dict[str, Any]] = field(default_factory=list)
    skipped: list[dict[str, str]] = field(default_factory=list)
    is_aborted: bool = False


@dataclass(frozen=True)
class Migration:
    """How APIs are migrated, and by whom."""

    mode: str
    actor: User
    aborts: bool = False
    overrides: bool = False

    def run(self, apis: Iterable[Api], unknown: Iterable[str] = ()) -> Outcome:
        """Migrate APIs one by one; ``unknown`` ids fail. Each is all done or not at all."""
        outcome = Outcome(failed=[{"apiID": api_id, "message": ["API not found"]} for api_id in unknown])
        for api in apis:
            if outcome.failed and self.aborts:
                break
            self._migrate(api, outcome)
        outcome.is_aborted = bool(outcome.failed) and self.aborts
        return outcome

    def _migrate(self, api: Api, outcome: Outcome) -> None:
        try:
            with transaction.atomic():
                ACTIONS[self.mode](self, api, outcome)
        except Skip as skipped:
            outcome.skipped.append({"apiID": api.api_id, "message": str(skipped), "key": skipped.key})
        except ApplicationError as error:
            outcome.failed.append({"apiID": api.api_id, "message": error.message.split("; ")})
        else:
            outcome.done.append(api.api_id)

    def _try_out(self, api: Api, outcome: Outcome) -> None:
        document = converted(api)
        outcome.definitions.append({"apiID": api.api_id, "baseAPI": document, "versions": []})

    def _stage(self, api: Api, outcome: Outcome) -> None:
        document = converted(api)
        if older := staged_copy(api):
            if not self.overrides:
                raise Skip("already_staged")
            delete_api(older, actor=self.actor)
        staged = with_info(document, name=f"{STAGED_NAME}{info(document)['name']}")
        listening: Any = _listening_at(staged, lambda path: f"{STAGED_PATH}{path}")
        copy = Api(
            organisation=api.organisation,
            api_id=f"{STAGED_ID}{api.api_id}",
            kind=Api.Kind.OAS,
            document=listening,
            categories=api.categories,
        )
        create_api(copy, actor=self.actor)
        outcome.staged.append({"classicAPIID": api.api_id, "oasAPIID": copy.api_id})

    def _promote(self, api: Api, outcome: Outcome) -> None:
        refuse_what_has_no_document(api)
        copy = staged_copy(api)
        if copy is None or copy.document is None:
            raise Skip("not_staged")
        document = with_info(copy.document, name=info(copy.document)["name"].removeprefix(STAGED_NAME))
        document = _listening_at(document, lambda path: path.removeprefix(STAGED_PATH))
        delete_api(copy, actor=self.actor)
        self._replace(api, document)

    def _directly(self, api: Api, outcome: Outcome) -> None:
        self._replace(api, converted(api))

    def _replace(self, api: Api, document: Document) -> None:
        """Let an API be kept as a document from now on; both of its ids stay."""
        change_api(api, {"document": document, "categories": api.categories}, actor=self.actor)


ACTIONS = {
    DRY_RUN: Migration._try_out,  # noqa: SLF001  (its own)
    STAGE: Migration._stage,  # noqa: SLF001
    PROMOTE: Migration._promote,  # noqa: SLF001
    DIRECT: Migration._directly,  # noqa: SLF001
}


def refuse_what_has_no_document(api: Api) -> None:
    """Raise ``Skip`` for an API that has a document already, or can have none."""
    if api.kind == Api.Kind.STREAMS:
        raise Skip("is_streams")
    if not api.is_classic:
        raise Skip("already_migrated")
    if api.api_type != "rest":
        raise Skip("is_tcp" if api.api_type == "tcp" else "is_graphql")


def converted(api: Api) -> Document:
    """Give the document of a classic API. Raises ``Skip``, or ``ApplicationError`` with what a document cannot say."""
    refuse_what_has_no_document(api)
    definition = api.served_definition
    if not version_of(definition):
        raise ApplicationError("version_data: only an API with one version can be migrated")
    if api.hook_references:
        raise ApplicationError("hook_references: add them to the document as server.eventHandlers after migration")
    definition["name"] = " ".join(words_of(api.name)[0]) or api.name
    document = document_of(definition)
    if lost := left_out(definition, document):
        raise ApplicationError("; ".join(f"{name}: an OpenAPI document cannot say it" for name in lost))
    check_document(document, Api.Kind.OAS)
    return document


def staged_copy(api: Api) -> Api | None:
    """Give the copy of an API that was staged."""
    copies = Api.objects.filter(organisation=api.organisation_id, api_id=f"{STAGED_ID}{api.api_id}", kind=Api.Kind.OAS)
    return copies.select_related("organisation", "base").first()


def _listening_at(document: Document, change: Any) -> Document:
    extension = section(document, EXTENSION)
    server = section(extension, "server")
    path = section(server, "listenPath")
    path["value"] = change(str(path.get("value", "")))
    return {**document, EXTENSION: {**extension, "server": {**server, "listenPath": path}}}
