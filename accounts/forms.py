"""Forms of the accounts' pages."""

from django import forms
from django.conf import settings
from dsfr.forms import DsfrBaseForm


class SignInForm(DsfrBaseForm):
    address = forms.EmailField(
        label="Adresse de messagerie",
        help_text=f"Format attendu : prenom.nom@{settings.MAIL_DOMAIN}",
        widget=forms.EmailInput(attrs={"autocomplete": "username"}),
    )
    password = forms.CharField(
        label="Mot de passe",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
