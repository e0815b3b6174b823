"""What mail programs fetch by themselves: addresses that their makers fixed."""

from django.urls import path, re_path

from bascule.views import autoconfig

urlpatterns = [
    path("mail/config-v1.1.xml", autoconfig.thunderbird_config, name="autoconfig"),
    path(".well-known/autoconfig/mail/config-v1.1.xml", autoconfig.thunderbird_config, name="autoconfig_well_known"),
    # Outlook writes capitals at times.
    re_path(r"^[aA]uto[dD]iscover/[aA]uto[dD]iscover\.xml$", autoconfig.autodiscover, name="autodiscover"),
]
