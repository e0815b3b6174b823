"""Forms of the accounts' pages."""

from django import forms
from dsfr.forms import DsfrBaseForm


class SignInForm(DsfrBaseForm):
    address = forms.EmailField(
        label="Adresse de messagerie",
        help_text="Format attendu : prenom.nom@ac-reunion.fr",
        widget=forms.EmailInput(attrs={"autocomplete": "username"}),
    )
    password = forms.CharField(
        label="Mot de passe",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
