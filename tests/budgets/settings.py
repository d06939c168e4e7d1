"""The project's settings for the processes of the budget scenarios: their kind is known there."""

from queueproject.settings import *  # noqa: F403
from queueproject.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.budgets"]
