"""People, their establishments and their populations."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from accounts.models.searched import Searched, SearchedQuerySet


class Population(models.Model):
    """A group of staff that moves together (domain, section 1)."""

    code = models.SlugField(max_length=40, unique=True)
    label = models.CharField(max_length=120)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering: ClassVar = ["position", "label"]

    def __str__(self) -> str:
        return self.label


class Establishment(Searched):
    """A school or service, known by its UAI code (seven digits and a letter)."""

    SEARCHED: ClassVar = ("name", "city", "uai")

    uai = models.CharField(max_length=8, unique=True)
    name = models.CharField(max_length=200)
    city = models.CharField(max_length=120, blank=True)

    objects = models.Manager.from_queryset(SearchedQuerySet)()

    class Meta:
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return f"{self.name} ({self.uai})"


class AgentManager(BaseUserManager.from_queryset(SearchedQuerySet)):  # type: ignore[misc]
    def create_user(self, address: str, password: str | None = None, **fields: Any) -> Agent:
        """An agent with that address (stored in lower case) and, for local sign-in, a password."""
        agent = self.model(address=address.strip().lower(), **fields)
        agent.set_password(password)
        agent.full_clean(exclude=["password"])
        agent.save(using=self._db)
        return agent

    def get_by_natural_key(self, username: str | None) -> Agent:
        return self.get(address=(username or "").strip().lower())


class Agent(Searched, AbstractBaseUser):
    """A person with a nominative mailbox. The address is the identity, before and after the move."""

    class Function(models.TextChoices):
        NONE = "", "Aucune"
        HEAD = "DIR", "Direction d’établissement ou de service"

    address = models.EmailField("adresse", unique=True)
    given_name = models.CharField("prénom", max_length=100)
    family_name = models.CharField("nom", max_length=100)
    population = models.ForeignKey(Population, on_delete=models.PROTECT, related_name="agents")
    establishment = models.ForeignKey(
        Establishment, on_delete=models.PROTECT, related_name="agents", null=True, blank=True
    )
    # The number by which other directories know the person, whatever becomes of the address; empty: none is known.
    external_id = models.CharField("identifiant", max_length=64, blank=True, default="")
    function = models.CharField(max_length=10, choices=Function, default=Function.NONE, blank=True)
    is_staff = models.BooleanField("équipe DSI", default=False)
    is_active = models.BooleanField(default=True)
    migrated_at = models.DateTimeField("transféré le", null=True, blank=True)
    joined_at = models.DateTimeField(auto_now_add=True)
    # Counted up to end every session of the person, wherever it is open.
    session_round = models.PositiveIntegerField(default=0)
    USERNAME_FIELD = "address"
    EMAIL_FIELD = "address"
    SEARCHED: ClassVar = ("given_name", "family_name", "address")
    REQUIRED_FIELDS: ClassVar = ["given_name", "family_name"]

    objects = AgentManager()

    class Meta:
        ordering: ClassVar = ["family_name", "given_name"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(address=Lower("address")), name="agent_address_is_lower_case"),
            models.UniqueConstraint(
                fields=["external_id"], condition=~Q(external_id=""), name="agent_external_id_is_unique"
            ),
        ]

    def __str__(self) -> str:
        return self.full_name

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """Django signs in again whoever's session holds another one: after a new password, and after a new round."""
        known = str(super()._get_session_auth_hash(secret))  # type: ignore[misc]
        return f"{known}.{self.session_round}" if self.session_round else known

    @property
    def full_name(self) -> str:
        return f"{self.given_name} {self.family_name}".strip()

    @property
    def has_migrated(self) -> bool:
        return self.migrated_at is not None
