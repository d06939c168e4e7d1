"""The broker: a cluster takes a request only when it has a slot for it, and outlives a lost connection."""

import pytest
from django.db import OperationalError, connection
from django_q.brokers.orm import ORM
from django_q.conf import Conf

from queueproject.queue import broker, drains, workers
from queueproject.queue.broker import Broker
from queueproject.queue.models import Provider

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def one_slot(lane: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Conf, "WORKERS", 1)
    monkeypatch.setattr(Conf, "POLL", 0)
    monkeypatch.setattr(broker, "AWAY_SECONDS", 0)
    monkeypatch.setenv("QUEUE_CLUSTER", "mine")


def test_a_cluster_with_every_slot_at_work_leaves_a_request_to_others() -> None:
    drain = workers.register(cluster="mine")
    drains.request(reason="test")
    assert Broker().dequeue() is None
    workers.sign_off(drain.pk, reason="no work")
    assert len(Broker().dequeue()) == 1


def test_another_clusters_drains_fill_no_slot_of_this_one() -> None:
    workers.register(cluster="another")
    drains.request(reason="test")
    assert len(Broker().dequeue()) == 1


def test_where_the_database_is_away_the_broker_only_tries_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def lose(self: ORM) -> None:
        raise OperationalError("the server is away")

    monkeypatch.setattr(ORM, "dequeue", lose)
    monkeypatch.setattr(connection, "close", lambda: None)
    assert Broker().dequeue() is None
