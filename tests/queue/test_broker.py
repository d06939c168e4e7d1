"""The broker: a cluster takes a request only when it has a slot for it, and outlives a lost connection."""

from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.utils import timezone
from django_q.brokers.orm import ORM
from django_q.conf import Conf
from django_q.models import OrmQ

from queueproject.queue import broker, drains, workers
from queueproject.queue.broker import Broker
from queueproject.queue.models import DrainRequest, Provider

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


def test_a_request_on_its_way_to_a_slot_fills_it_until_it_is_taken_or_lost() -> None:
    for _ in range(3):
        drains.request(reason="test")
    first = DrainRequest.objects.earliest("pk")
    assert len(Broker().dequeue()) == 1
    assert Broker().dequeue() is None, "two clusters asked for a drain each: the other one's is left to it"
    assert set(DrainRequest.objects.filter(cluster="mine")) == {first}
    drains.take_request(first.pk)
    assert len(Broker().dequeue()) == 1
    lost = timezone.now() - timedelta(seconds=drains.PATIENCE_SECONDS)
    DrainRequest.objects.filter(cluster="mine").update(requested_at=lost)
    assert len(Broker().dequeue()) == 1


def test_a_task_nobody_can_read_is_left_for_the_pusher_to_refuse() -> None:
    OrmQ.objects.create(key=Broker().list_key, payload="odd", lock=timezone.now())
    assert [payload for _, payload in Broker().dequeue()] == ["odd"]


def test_where_the_database_is_away_the_broker_only_tries_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def lose(self: ORM) -> None:
        raise OperationalError("the server is away")

    monkeypatch.setattr(ORM, "dequeue", lose)
    monkeypatch.setattr(connection, "close", lambda: None)
    assert Broker().dequeue() is None
