"""Aide: its pages, the search, one sheet to print, opinions. Open to anybody; opinions to whoever is signed in."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_cache_control
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_POST, require_safe

from accounts.requests import AgentRequest
from bascule import planning, steps
from bascule.help import opinions, searching
from bascule.help.library import Library, Page, library
from bascule.help.search.finding import MOST_CHARACTERS
from bascule.help.sections import BY_CODE

_ASKED = "help_opinions"
_MOST_REMEMBERED = 200


def _page_or_404(slug: str) -> tuple[Library, Page]:
    around = library()
    page = around.pages.get(slug)
    if page is None:
        raise Http404("page")
    return around, page


@login_not_required
@require_safe
def help_home(request: HttpRequest) -> HttpResponse:
    return render(request, "bascule/help/home.html", {"title": "Aide", "sections": library().sections})


@login_not_required
@require_safe
def help_section(request: HttpRequest, section: str) -> HttpResponse:
    pages = library().in_section(section)
    if section not in BY_CODE or not pages:
        raise Http404("section")
    context = {"title": BY_CODE[section].title, "section": BY_CODE[section], "pages": pages}
    return render(request, "bascule/help/section.html", context)


@login_not_required
@require_safe
def help_page(request: HttpRequest, slug: str) -> HttpResponse:
    around, page = _page_or_404(slug)
    rendered = around.rendered(page)
    before, after = around.neighbours(page)
    context: dict[str, Any] = {
        "title": page.title,
        "page": page,
        "section": BY_CODE[page.text.section],
        "body": mark_safe(rendered.html),  # noqa: S308 - made and cleaned by bascule.help.markdown
        "headings": [heading for heading in rendered.headings if heading.level == 2],
        "steps": [steps.get(code) for code in page.text.steps if code in {step.code for step in steps.STEPS}],
        "related": around.related(page),
        "before": before,
        "after": after,
        "has_answered": slug in request.session.get(_ASKED, []) if request.user.is_authenticated else False,
    }
    return render(request, "bascule/help/page.html", context)


@require_POST
def help_opinion(request: AgentRequest, slug: str) -> HttpResponse:
    """One opinion on a page in a session; what was said is counted without the person."""
    _, page = _page_or_404(slug)
    answer = request.POST.get("utile", "")
    if answer not in ("oui", "non"):
        messages.error(request, "Choisissez « Oui » ou « Non ».")
        return redirect(page.url)
    asked: list[str] = request.session.get(_ASKED, [])
    if slug not in asked:
        opinions.give(slug=slug, useful=answer == "oui", day=planning.today(), remark=request.POST.get("remarque", ""))
        request.session[_ASKED] = [*asked, slug][-_MOST_REMEMBERED:]
    messages.success(request, "Merci, votre avis est compté.")
    return redirect(page.url)


@login_not_required
@require_safe
def help_search(request: HttpRequest) -> HttpResponse:
    typed = request.GET.get("q", "").replace("\0", "").strip()[:MOST_CHARACTERS]
    section = request.GET.get("rubrique", "")
    section = section if section in BY_CODE else ""
    around = library()
    context: dict[str, Any] = {"title": "Recherche dans l’aide", "typed": typed, "section": section}
    if typed:
        results = searching.search(around, typed, section=section)
        # Of people who are known to the portal: nobody else fills its tables.
        is_counted = request.user.is_authenticated and not section and not request.GET.get("page")
        if is_counted and not results.hits:
            opinions.miss(typed=typed, day=planning.today())
        page = Paginator(results.hits, searching.PER_PAGE).get_page(request.GET.get("page"))
        context |= {
            "title": f"« {typed} » dans l’aide",
            "results": results,
            "found": searching.shown(around, list(page.object_list)),
            "paging": page,
            "chosen": [(BY_CODE[code], count) for code, count in results.sections.items()],
        }
    return render(request, "bascule/help/search.html", context)


@login_not_required
@require_safe
def help_print(request: HttpRequest) -> HttpResponse:
    """All pages, or those of one part, on one sheet."""
    around = library()
    wanted = request.GET.get("rubrique", "")
    sections = [(section, pages) for section, pages in around.sections if not wanted or section.code == wanted]
    if not sections:
        raise Http404("section")
    printed = {page.slug for _, pages in sections for page in pages}
    sheets = [
        (
            section,
            [(page, mark_safe(around.rendered_among(page, printed).html)) for page in pages],  # noqa: S308 - as above
        )
        for section, pages in sections
    ]
    return render(request, "bascule/help/print.html", {"title": "Aide à imprimer", "sheets": sheets})


@login_not_required
@require_safe
def help_drawing(request: HttpRequest, name: str) -> HttpResponse:
    content = library().drawing_file(name)
    if content is None:
        raise Http404("drawing")
    response = HttpResponse(content, content_type="image/svg+xml")
    response["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    patch_cache_control(response, public=True, max_age=3600)
    return response
