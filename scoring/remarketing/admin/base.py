"""What the admin's pages share: lists of text, saving that notes changes, rows that nobody edits."""

from typing import TYPE_CHECKING, Any, TypeVar

from django.contrib import admin
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.http import HttpRequest

from scoring.remarketing.forms.fields import TextListField
from scoring.remarketing.models import Buyer, Listing, Universe
from scoring.remarketing.services.content import save_content

Model = TypeVar("Model", bound=models.Model)
Content = TypeVar("Content", Universe, Buyer, Listing)

if TYPE_CHECKING:
    _ModelAdmin = admin.ModelAdmin
else:

    class _ModelAdmin(admin.ModelAdmin):
        """The stubs' generic admin class, which Django's is not at run time."""

        def __class_getitem__(cls, _model: object) -> type:
            return cls


class ListAdmin(_ModelAdmin[Model]):
    """A list that never counts its whole table, with lists of text written by semicolons."""

    show_full_result_count = False
    list_per_page = 50
    formfield_overrides = {ArrayField: {"form_class": TextListField}}


class ContentAdmin(ListAdmin[Content]):
    """Rows whose text decides scores: saving one marks what was scored from its old text."""

    read_only_relations = frozenset({"score", "score snapshot", "alignment snapshot", "decision"})

    def save_model(self, request: HttpRequest, obj: Content, form: Any, change: bool) -> None:
        """Save the row and note whether scores depend on what changed."""
        save_content(obj)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[Any, Any, Any, Any]:
        """Let scores and histories, which nobody may delete alone, go with their row."""
        deleted, counts, needed, protected = super().get_deleted_objects(objs, request)
        return (
            deleted,
            counts,
            {word for word in needed if str(word) not in self.read_only_relations},
            protected,
        )


class ReadOnlyAdmin(ListAdmin[Model]):
    """Rows that scoring writes and people read."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse: only scoring adds them."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: history is not edited, decisions have actions of their own."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: they go with their universe, listing or buyer."""
        return False
