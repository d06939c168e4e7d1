"""What staff type when they add deals and buyers to a universe."""

from typing import Any

from django import forms

from scoring.remarketing.forms.fields import TextListField
from scoring.remarketing.models import Buyer, Listing, Universe

_LONG = {"rows": 2}


class AssignForm(forms.Form):
    """A universe that takes deals: one that is there, or a new one."""

    universe = forms.ModelChoiceField(
        queryset=Universe.objects.none(), required=False, label="Universe", empty_label="choose one"
    )
    new_universe = forms.CharField(
        required=False,
        max_length=200,
        label="Or the name of a new universe",
        help_text="It starts without buyers, guide or focus; those you write next.",
    )

    def __init__(self, *args: Any, may_create: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice = self.fields["universe"]
        if isinstance(choice, forms.ModelChoiceField):
            choice.queryset = Universe.objects.unarchived().order_by("name")
        if not may_create:
            del self.fields["new_universe"]

    def clean(self) -> dict[str, Any]:
        """Ask for one universe, not none and not two."""
        values = super().clean() or {}
        name = values.get("new_universe", "")
        if values.get("universe") and name:
            raise forms.ValidationError("Choose a universe or name a new one, not both.")
        if not values.get("universe") and not name and not self.errors:
            raise forms.ValidationError("Choose a universe.")
        if name and Universe.objects.unarchived().filter(name__iexact=name).exists():
            self.add_error("new_universe", "Another universe has this name; choose it above.")
        return values


class DealForm(forms.ModelForm[Listing]):
    """A new deal: what scores are made from."""

    class Meta:
        model = Listing
        fields = (
            "title",
            "location",
            "currency",
            "revenue",
            "ebitda",
            "category",
            "services",
            "description",
            "owner_goals",
            "seller_motivation",
            "special_requirements",
        )
        field_classes = {"services": TextListField}
        labels = {"ebitda": "EBITDA"}
        widgets = {
            name: forms.Textarea(attrs=_LONG)
            for name in ("description", "owner_goals", "seller_motivation", "special_requirements")
        }


class BuyerForm(forms.ModelForm[Buyer]):
    """A new buyer of a universe: what scores are made from."""

    # Part of the form, so that the rule of one name per universe is checked; nobody can change it.
    universe = forms.ModelChoiceField(
        queryset=Universe.objects.all(), disabled=True, widget=forms.HiddenInput()
    )

    class Meta:
        model = Buyer
        fields = (
            "universe",
            "company_name",
            "website",
            "buyer_type",
            "hq_city",
            "hq_state",
            "business_summary",
            "thesis_summary",
            "target_services",
            "target_industries",
            "target_geographies",
            "currency",
            "target_revenue_min",
            "target_revenue_max",
            "target_ebitda_min",
            "target_ebitda_max",
        )
        field_classes = dict.fromkeys(
            ("target_services", "target_industries", "target_geographies"), TextListField
        )
        widgets = {name: forms.Textarea(attrs=_LONG) for name in ("business_summary", "thesis_summary")}
