"""System checks: settings that must fit together, and kinds the queue can run.

A number is never given to another fault. 1–9: the cluster; 11–14: what surrounds it; 21–24: kinds.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.apps import AppConfig, apps
from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, Tags, register

from queueproject.queue import conf, sql
from queueproject.queue.registry import BROKEN, KINDS, LONGEST_TIMEOUT_SECONDS, PROVIDERS, Kind

KIND_NAME = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*")
SHORTEST_LEASE_SECONDS = 6.0
CONNECTIONS_A_SLOT = 4
CONNECTIONS_BESIDE = 10
Apps = Sequence[AppConfig] | None


def _longest(knob: str) -> float:
    return conf.KNOBS[knob].maximum


@register("queue")
def check_cluster(app_configs: Apps, **_: Any) -> list[CheckMessage]:
    """Hold django-q2's settings to what the drains rely on."""
    return list(_look_at_cluster(getattr(settings, "Q_CLUSTER", {})))


def _look_at_cluster(cluster: Mapping[str, Any]) -> Iterator[CheckMessage]:
    """Compare Q_CLUSTER with the drain's deadlines; yield what does not hold."""
    needed = _longest("drain_seconds") + LONGEST_TIMEOUT_SECONDS + _longest("grace_seconds")
    timeout, retry = cluster.get("timeout"), cluster.get("retry")
    if not isinstance(timeout, int) or timeout <= needed:
        yield Error(
            f"Q_CLUSTER['timeout'] is {timeout!r}: django-q2 would end a drain that still works.",
            hint=(
                f"Make it more than {needed:g}: a drain claims for {_longest('drain_seconds'):g} s, "
                f"a handler runs {LONGEST_TIMEOUT_SECONDS:g} s and a grace lasts "
                f"{_longest('grace_seconds'):g} s at most."
            ),
            id="queue.E001",
        )
    if not isinstance(retry, int) or not isinstance(timeout, int) or retry <= timeout:
        yield Error(
            f"Q_CLUSTER['retry'] is {retry!r}: django-q2 would start a drain again that still runs.",
            hint=f"Make it more than the timeout, {timeout!r}.",
            id="queue.E002",
        )
    for number, key, wanted, why in (
        (3, "max_attempts", 1, "a drain that failed is asked for again by the queue itself"),
        (4, "ack_failures", True, "a failed drain would be delivered again and again"),
        (5, "queue_limit", 1, "a cluster would take drains that another one has free slots for"),
        (6, "bulk", 1, "a cluster would take drains that another one has free slots for"),
        (8, "orm", "default", "a drain must be asked for in the transaction that enqueues"),
    ):
        if cluster.get(key) != wanted:
            yield Error(
                f"Q_CLUSTER[{key!r}] is {cluster.get(key)!r}.",
                hint=f"Make it {wanted!r}: {why}.",
                id=f"queue.E00{number}",
            )
    workers = cluster.get("workers")
    if not isinstance(workers, int) or workers < 1:
        yield Error(
            f"Q_CLUSTER['workers'] is {workers!r}: no drain would run.",
            hint="Make it 1 or more; QUEUE_SLOTS in the environment sets it.",
            id="queue.E007",
        )


@register("queue")
def check_lease(app_configs: Apps, **_: Any) -> list[CheckMessage]:
    """Hold the lease to a length that outlives lost heartbeats: a worker beats three times in it at least."""
    if settings.QUEUE_LEASE_SECONDS >= SHORTEST_LEASE_SECONDS:
        return []
    return [
        Error(
            f"QUEUE_LEASE_SECONDS is {settings.QUEUE_LEASE_SECONDS:g}: live workers would be declared dead.",
            hint=f"Make it {SHORTEST_LEASE_SECONDS:g} or more; 60 is the default.",
            id="queue.E009",
        )
    ]


@register("queue")
def check_surroundings(app_configs: Apps, **_: Any) -> list[CheckMessage]:
    """Hold database and app order to what workers need."""
    return list(
        look_around(settings.DATABASES["default"], [config.name for config in apps.get_app_configs()])
    )


def look_around(database: Mapping[str, Any], names: Sequence[str]) -> Iterator[CheckMessage]:
    if not str(database.get("ENGINE", "")).endswith("postgresql"):
        yield Error(
            f"The database engine is {database.get('ENGINE')!r}; the queue's statements are Postgres's.",
            hint="Set DATABASE_URL=postgres://…, or leave it unset for the private server.",
            id="queue.E011",
        )
    if (database.get("OPTIONS") or {}).get("pool"):
        yield Error(
            "DATABASES['default']['OPTIONS']['pool'] is set: forked workers would share its sockets.",
            hint="Remove it; a pooler such as PgBouncer in session mode is no obstacle.",
            id="queue.E012",
        )
    if "django_q" not in names or names.index("queueproject.queue") > names.index("django_q"):
        yield Error(
            "In INSTALLED_APPS queueproject.queue does not stand before django_q.",
            hint="Put queueproject.queue first and django_q after it, else `qcluster` is django-q2's.",
            id="queue.E013",
        )


@register(Tags.database)
def check_connections(
    app_configs: Apps, databases: Sequence[str] | None = None, **_: Any
) -> list[CheckMessage]:
    """Compare the server's connections with what one cluster takes."""
    if "default" not in (databases or ()):
        return []
    slots = settings.Q_CLUSTER.get("workers", 1)
    needed = CONNECTIONS_A_SLOT * slots + CONNECTIONS_BESIDE
    allowed = int(sql.value("show_max_connections"))
    if allowed >= needed:
        return []
    return [
        checks.Warning(
            f"The database allows {allowed} connections; a cluster of {slots} slots may take {needed}.",
            hint="Raise max_connections, or lower QUEUE_SLOTS.",
            id="queue.W014",
        )
    ]


@register("queue")
def check_kinds(app_configs: Apps, **_: Any) -> list[CheckMessage]:
    """Hold every registered kind to what enqueue and drains rely on.

    Warnings, at which a deployment's check stops: an error would keep clusters from starting at all,
    while a kind that cannot run is no reason for the others not to.
    """
    return [
        *(message for kind in KINDS.values() for message in _look_at_kind(kind)),
        *(_say_broken(name, fault) for name, fault in sorted(BROKEN.items())),
    ]


def _say_broken(name: str, fault: str) -> CheckMessage:
    return checks.Warning(
        f"Kind {name!r} cannot run: {fault}.",
        hint="Mend the options of its handler; until then its jobs wait and new ones are refused.",
        id="queue.W023",
    )


def _look_at_kind(kind: Kind) -> Iterator[CheckMessage]:
    if not KIND_NAME.fullmatch(kind.name):
        yield checks.Warning(
            f"Kind {kind.name!r} is not named app.verb_noun.",
            hint="Lower-case words; the name is stored for ever, so choose it before the first job.",
            id="queue.W021",
        )
    unknown = [key for key in kind.providers if key not in PROVIDERS]
    if unknown or not kind.providers:
        yield checks.Warning(
            f"Kind {kind.name!r} runs on {', '.join(map(repr, unknown)) or 'nothing'}: not registered.",
            hint=f"Call register_provider, or name one of: {', '.join(sorted(PROVIDERS))}.",
            id="queue.W022",
        )
