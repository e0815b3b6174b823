"""The pages of the help that are delivered: sound, complete, found with the words that people use."""

from __future__ import annotations

import re
from pathlib import Path

from bascule import steps
from bascule.diagnosis.catalogue import catalogue
from bascule.help import library as pages
from bascule.help import searching, whole
from bascule.help.sections import SECTIONS
from quarantine.limits import DOCUMENTED, WINDOWS, Subject
from tests.each import each

QUESTIONS = [
    tuple(line.split("\t"))
    for line in Path(__file__).with_name("questions.txt").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]


def test_files_are_without_fault() -> None:
    found = [(path.name, fault.line, fault.sentence) for path, fault in whole.faults_of(whole.every_file())]
    assert found == []


def test_every_section_and_every_step_has_its_page() -> None:
    around = pages.library()
    assert [section for section, _ in around.sections] == list(SECTIONS)
    assert set(around.by_step) == {step.code for step in steps.STEPS}


def test_the_questions_of_the_guide_are_answered() -> None:
    """Domain section 8: 36 of them."""
    assert sum(page.text.is_question for page in pages.library().pages.values()) == 36


def test_figures_of_the_sending_limits_are_those_that_are_enforced() -> None:
    body = pages.library().pages["limites-envoi"].text.body
    written = re.findall(r"^\| [\d]+ minutes? \| ([\d ]+) \| ([\d ]+) \|", body, flags=re.M)
    figures = [tuple(int(figure.replace(" ", "")) for figure in row) for row in written]
    thresholds = [DOCUMENTED[Subject.SENDER, window] for window in WINDOWS]
    assert figures == [(one.warn, one.max) for one in thresholds]


def test_drawings_are_shown() -> None:
    shown = {
        name for page in pages.library().pages.values() for name in re.findall(r"\(dessin:([\w-]+)\)", page.text.body)
    }
    assert shown == set(pages.library().drawings)


def test_pages_that_the_diagnosis_leads_to_are_there() -> None:
    for cause in catalogue().causes.values():
        assert set(cause.help) <= set(pages.library().pages), cause.code


def test_there_are_forty_questions() -> None:
    assert len(QUESTIONS) >= 40


@each("typed, wanted", QUESTIONS)
def test_a_question_in_the_own_words_finds_its_page(typed: str, wanted: str) -> None:
    found = [hit.entry.source.slug for hit in searching.search(pages.library(), typed).hits[:3]]
    assert set(wanted.split(",")) & set(found), found
