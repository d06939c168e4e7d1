from django.urls import URLPattern

app_name = "remarketing"

urlpatterns: list[URLPattern] = []
