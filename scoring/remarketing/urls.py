"""The pages of remarketing, under the admin."""

from django.urls import path

from scoring.remarketing.views import (
    adding,
    assigning,
    exports,
    matching,
    pairs,
    removing,
    starting,
    universes,
)

app_name = "remarketing"

_DEAL = "matching/<int:universe_id>/deals/<int:listing_id>/"

urlpatterns = [
    path("matching/<int:universe_id>/", universes.universe, name="universe"),
    path("matching/<int:universe_id>/buyers/", universes.alignment, name="alignment"),
    path("matching/<int:universe_id>/deals/add/", assigning.add_deals, name="add_deals"),
    path("matching/<int:universe_id>/deals/new/", adding.new_deal, name="new_deal"),
    path("matching/<int:universe_id>/buyers/new/", adding.add_buyer, name="add_buyer"),
    path(_DEAL, matching.matching, name="matching"),
    path(f"{_DEAL}ranking.csv", exports.ranking_csv, name="ranking_csv"),
    path(f"{_DEAL}ranking.json", exports.ranking_json, name="ranking_json"),
    path(f"{_DEAL}buyers/<int:buyer_id>/", pairs.pair, name="pair"),
    path("matching/scores/<int:score_id>/decide/", pairs.decide, name="decide"),
    path("matching/scores/<int:score_id>/pass/", pairs.pass_over, name="pass_over"),
    path("matching/scores/<int:score_id>/override/", pairs.override, name="override"),
    path("matching/assign/", assigning.assign, name="assign"),
    path("matching/start/<slug:what>/", starting.start, name="start"),
    path("matching/rows/<slug:model>/<slug:verb>/", removing.put_away, name="put_away"),
]
