"""The project's settings for the processes of chaos tests: their kinds are known there."""

from queueproject.settings import *  # noqa: F403
from queueproject.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.chaos"]
