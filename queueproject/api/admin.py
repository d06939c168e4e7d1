"""Tokens in the admin: made once and shown once, revoked, never changed."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from queueproject.api.models import ApiToken
from queueproject.api.tokens import create_token, revoke_token


@admin.register(ApiToken)
class ApiTokenAdmin(admin.ModelAdmin[ApiToken]):
    """List tokens by what they are for; their secret part is nowhere."""

    list_display = ("name", "owner", "key", "created_at", "last_used_at", "revoked_at")
    list_filter = ("owner",)
    search_fields = ("name", "key")
    list_select_related = ("owner",)
    show_full_result_count = False
    fields = ("name", "owner")
    ordering = ("-pk",)
    actions = ("revoke",)

    def has_change_permission(self, request: HttpRequest, obj: ApiToken | None = None) -> bool:
        """Say no: what a token is cannot be changed, only that it is one."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: ApiToken | None = None) -> bool:
        """Say no: a revoked token stays, so that one can see when it was used last."""
        return False

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Offer only themselves as owner to who is no superuser: a token may do what its owner may."""
        if db_field.name == "owner" and not request.user.is_superuser:
            kwargs["queryset"] = User.objects.filter(username=request.user.get_username())
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        """Ask for the permission that making one takes."""
        return request.user.has_perm("api.add_apitoken")

    def save_model(
        self, request: HttpRequest, obj: ApiToken, form: "ModelForm[ApiToken]", change: bool
    ) -> None:
        """Make the token, and keep its text for the one page that shows it."""
        made, text = create_token(obj.owner, name=obj.name)
        obj.pk, obj.key, obj.created_at = made.pk, made.key, made.created_at
        request.made_token = text  # type: ignore[attr-defined]

    def response_add(
        self, request: HttpRequest, obj: ApiToken, post_url_continue: Any = None
    ) -> HttpResponse:
        """Show the token, once."""
        context = {
            **self.admin_site.each_context(request),
            "title": "API token made",
            "token": obj,
            "text": request.made_token,  # type: ignore[attr-defined]
            "opts": self.opts,
        }
        response = TemplateResponse(request, "api/token_made.html", context)
        response["Cache-Control"] = "no-store"
        return response

    @admin.action(description="Revoke: nobody gets in with them any more", permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> None:
        """Revoke the chosen tokens."""
        revoked = sum(revoke_token(token) for token in queryset)
        before = len(queryset) - revoked
        words = f"{revoked} revoked" + (f", {before} were revoked before" if before else "")
        self.message_user(request, f"{words}.")
