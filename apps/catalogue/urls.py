"""Routes of the pages of APIs."""

from __future__ import annotations

from django.urls import path

from apps.catalogue.views.definition import ApiDefinition
from apps.catalogue.views.listing import ApiPages
from apps.catalogue.views.one import ApiHistoryPages, ApiPage
from apps.catalogue.views.settings import ApiSettings

pages = [
    path("apis/", ApiPages.page(get="list"), name="apis"),
    path("apis/new/", ApiSettings.page(get="new", post="create"), name="api-new"),
    path("apis/<pk>/", ApiPage.page(get="retrieve"), name="api"),
    path("apis/<pk>/endpoints/", ApiPage.page(get="endpoints"), name="api-endpoints"),
    path("apis/<pk>/versions/", ApiPage.page(get="versions"), name="api-versions"),
    path("apis/<pk>/access/", ApiPage.page(get="access"), name="api-access"),
    path("apis/<pk>/changes/", ApiPage.page(get="changes"), name="api-changes"),
    path("apis/<pk>/definition/", ApiDefinition.page(get="retrieve", post="update"), name="api-definition"),
    path("apis/<pk>/settings/", ApiSettings.page(get="retrieve", post="update"), name="api-settings"),
    path("apis/<pk>/delete/", ApiSettings.page(get="confirm_delete", post="destroy"), name="api-delete"),
    path("apis/<pk>/active/", ApiPage.page(post="set_active"), name="api-active"),
    path("apis/<pk>/recording/", ApiPage.page(post="set_recording"), name="api-recording"),
    *ApiHistoryPages.urls(),
]
