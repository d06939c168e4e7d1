"""Every URL: pages of the apps stand under the admin, and before it, because it takes what is left."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from queueproject import health
from queueproject.api.building import make_api
from scoring.taxonomy.api import router as taxonomy_router

api = make_api()
api.add_router("", taxonomy_router)

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("healthz/live", health.live),
    path("healthz/ready", health.ready),
    path("api/", api.urls),
    path("admin/", include("queueproject.console.urls")),
    path("admin/", include("scoring.remarketing.urls")),
    path("admin/", include("scoring.taxonomy.urls")),
    path("admin/", admin.site.urls),
]
