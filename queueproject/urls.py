"""Every URL: pages of the apps stand under the admin, and before it, because it takes what is left."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from queueproject import health

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("healthz/live", health.live),
    path("healthz/ready", health.ready),
    path("admin/", include("queueproject.console.urls")),
    path("admin/", include("scoring.remarketing.urls")),
    path("admin/", admin.site.urls),
]
