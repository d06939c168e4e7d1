"""The console's pages, under the admin."""

from django.urls import path

from queueproject.console.views import batches, dashboard, failures, health, jobs, providers, settings

app_name = "console"

urlpatterns = [
    path("queue-console/", dashboard.dashboard, name="dashboard"),
    path("queue-console/activity/", dashboard.activity, name="activity"),
    path("queue-console/scheduler/run/", dashboard.run_scheduler_now, name="run_scheduler"),
    path("queue-console/failures/", failures.failures, name="failures"),
    path("queue-console/failures/failed-jobs.csv", failures.failures_csv, name="failures_csv"),
    path("queue-console/failures/retry/", failures.retry_group, name="retry_group"),
    path("queue-console/health/", health.health, name="health"),
    path("queue-console/settings/", settings.settings, name="settings"),
    path("queue-console/settings/<slug:key>/", settings.setting, name="setting"),
    path("queue-console/settings/<slug:key>/clear/", settings.clear_setting, name="clear_setting"),
    path("queue-console/jobs/<int:job_id>/<slug:verb>/", jobs.act_on_job, name="act_on_job"),
    path("queue-console/batches/<int:batch_id>/", batches.batch, name="batch"),
    path("queue-console/batches/<int:batch_id>/progress.json", batches.batch_progress, name="batch_progress"),
    path("queue-console/batches/<int:batch_id>/jobs.csv", batches.batch_jobs_csv, name="batch_jobs_csv"),
    path("queue-console/batches/<int:batch_id>/<slug:verb>/", batches.act_on_batch, name="act_on_batch"),
    path("queue-console/providers/<str:key>/", providers.provider, name="provider"),
    path("queue-console/providers/<str:key>/test/", providers.test_connection, name="test_connection"),
    path(
        "queue-console/providers/<str:key>/in-flight/",
        providers.change_concurrency,
        name="change_concurrency",
    ),
    path(
        "queue-console/providers/<str:key>/budgets/<int:budget_id>/",
        providers.change_limit,
        name="change_limit",
    ),
    path("queue-console/providers/<str:key>/<slug:verb>/", providers.act_on_provider, name="act_on_provider"),
]
