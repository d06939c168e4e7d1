"""What the admin's pages share: rows that jobs write, and deletion that does not list a whole tree."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from queueproject.queue.admin.base import ReadOnlyAdmin

__all__ = ["ReadOnlyAdmin", "TreeDeletion"]


class TreeDeletion(admin.ModelAdmin):  # type: ignore[type-arg]  # mixed into admins of two models
    """Deletion that takes all below along; it says so in words, because a tree has 100,000 nodes."""

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[Any]]:
        """Name the rows chosen, and that what belongs to them goes with them."""
        rows = list(objs)
        words = [
            f"{str(self.opts.verbose_name).capitalize()}: {row}, with everything below it" for row in rows
        ]
        needed = set() if self.has_delete_permission(request) else {str(self.opts.verbose_name)}
        return words, {str(self.opts.verbose_name_plural): len(rows)}, needed, []
