"""The request as views get it: LoginRequiredMiddleware lets nobody else through."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from accounts.models import Agent


class AgentRequest(HttpRequest):
    """For annotations only: a request of somebody who is signed in."""

    user: Agent
    htmx: HtmxDetails
