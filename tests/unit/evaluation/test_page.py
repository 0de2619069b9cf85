"""A page says first what everybody needs, holds what the report holds, and nothing in it is anything but text."""

import importlib
import json
import pkgutil
import re
from functools import cache
from html.parser import HTMLParser

import pytest
from tests.schemas import FOLDER, schema, validator

from recognizance.accountability.papers import Table
from recognizance.evaluation import audit
from recognizance.evaluation.audit import Audit, Finding, Made, Set
from recognizance.evaluation.pages import charts, glossary, told
from recognizance.evaluation.pages.page import QUESTIONS, STYLE, Chart, Page, Pair, Section, html
from recognizance.evaluation.pages.remade import PROTOCOLS, ReportWrong, page, read
from recognizance.evaluation.sets.subjects import Problem, Trouble
from recognizance.evaluation.statistics.rates import Rate

HOSTILE = "<script>alert(1)</script>\"'&\u202e\x1b[31m\n"
PNG = b"\x89PNG\r\n\x1a\nrest"
JPEG = b"\xff\xd8\xff\xe0rest"
TAGS = set(
    re.findall(r"\w+", "html head meta title style body header main footer nav section h1 h2 p b strong span ul ol")
)
TAGS |= set(
    re.findall(r"\w+", "li a div figure figcaption img details summary table caption thead tbody tr th td dl dt dd")
)
TAGS |= set(re.findall(r"\w+", "pre code svg g path text use defs clipPath rect tspan"))
VOID = {"meta", "img"}


class Read(HTMLParser):
    """What a page is made of; refuses tags that do not nest."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.said, self.attributes, self.open = [], [], [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, *one) for one in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, *one) for one in attrs]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.said.append(data)

    @property
    def text(self):
        return " ".join("".join(self.said).split())

    def all(self, name):
        return [value for _, attribute, value in self.attributes if attribute == name]


def report(text="plain", findings=1, problems=3):
    made = Made(
        command=f"recognizance audit replay --probes {text}",
        version="1.2.3",
        models=({"name": text, "sha256": "ab" * 32},),
        pipeline=("precision=f32", text),
        sets=(Set("probes", text, 12, 10, 11, "cd" * 32),),
        seed=7,
        exclusions={"sha256": "ef" * 32, "people": 2, "files": 1, "left_out": 3},
    )
    troubles = [Problem(Trouble.NO_FACE, f"{text} {at}", text) for at in range(problems)]
    found = tuple(Finding(text, text, text) for _ in range(findings))
    return Audit("replay", made, tuple(troubles), {"rate": audit.rate(Rate(1, 3))}, found)


@cache
def chart(text):
    return charts.intervals([charts.Row(text, 0.1, 0.05, 0.2)], charts.Axis(text, "share"), reference=0.2, said=text)


def sheet(text="plain", alarm="good", **other):
    drawn = chart(text)
    parts = [text, Table([text, "n"], [[text, "1"]], caption=text), Chart(drawn, text), Chart(drawn, text)]
    sections = [
        Section(text, [*parts, Pair(PNG, JPEG, text), Pair(PNG, JPEG, text)]),
        Section("Folded", ["within"], folded=True),
    ]
    given = {"title": text, "verdict": text, "tested": text, "wrong": text, "whom": text, "what_to_set": text}
    return Page(alarm=alarm, sections=sections, terms=tuple(glossary.TERMS), **(given | other))


def made(text="plain", **other):
    return html(sheet(text, **other), audit.document(report(text)))


def test_a_page_is_one_file_that_asks_for_nothing_whatever_names_hold():
    text = made(HOSTILE)
    read_ = Read(text)
    assert set(read_.tags) <= {one.lower() for one in TAGS}
    assert "<script" not in text
    assert "alert(1)" in read_.text
    assert not any(sign in text for sign in "\u202e\x1b")
    assert not any(
        name.startswith("on") or (name in ("style", "action") and tag not in CHARTED)
        for tag, name, _ in read_.attributes
    )
    assert all(one.startswith("#") for one in read_.all("href"))
    assert all(re.match(r"data:image/(png|jpeg);base64,[A-Za-z0-9+/=]+$", one) for one in read_.all("src"))
    assert "http" not in text.replace("http-equiv", "")
    assert "url(" not in STYLE
    assert "@import" not in STYLE


CHARTED = {"svg", "g", "path", "text", "use", "rect", "tspan", "clippath"}


def test_the_browser_is_told_to_allow_styles_and_pictures_within_alone():
    policy = next(one for one in Read(made()).all("content") if "default-src" in one)
    assert policy == "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def test_the_first_screen_says_the_verdict_in_a_word_and_answers_four_questions():
    text = made(
        alarm="bad", verdict="28 of 535 were.", tested="535 pictures.", wrong="5 %.", whom="Women.", what_to_set="95."
    )
    first = Read(text[text.index("<header") : text.index("</header>") + 9]).text
    assert "✕ Bad 28 of 535 were." in first
    for question, answer in zip(QUESTIONS, ("535 pictures.", "5 %.", "Women.", "95."), strict=True):
        assert f"{question}{answer}" in first
    assert text.index("</header>") < text.index("<main>")
    for alarm, word in (("good", "✓ Good"), ("care", "! Take care")):
        assert word in Read(made(alarm=alarm)).text


def test_ids_are_of_one_thing_each_and_what_refers_to_them_finds_them():
    read_ = Read(made())
    names = read_.all("id")
    assert len(names) == len(set(names))
    within = [one.removeprefix("#") for one in read_.all("href")]
    clips = [one.removeprefix("url(#").removesuffix(")") for one in read_.all("clip-path")]
    assert {*within, *read_.all("aria-labelledby"), *clips} <= set(names)
    assert clips


def test_tables_have_headings_with_a_scope_and_pictures_and_charts_have_words():
    read_ = Read(made())
    assert read_.tags.count("th") == len(read_.all("scope"))
    assert set(read_.all("scope")) == {"col", "row"}
    assert read_.tags.count("img") == len(read_.all("alt")) == 4
    assert read_.all("role").count("img") == read_.tags.count("svg") == 2
    assert read_.tags.count("figcaption") == read_.tags.count("figure") == 4
    assert [one for one in read_.tags if one in ("header", "nav", "main", "footer")] == [
        "header",
        "nav",
        "main",
        "footer",
    ]
    assert read_.all("lang") == ["en"]


def test_a_page_says_how_it_was_made():
    document = audit.document(report())
    said = Read(html(sheet(), document)).text
    for fact in ("recognizance audit replay --probes plain", "Recognizance 1.2.3", "ab" * 32, "cd" * 32, "ef" * 32):
        assert fact in said
    assert "left_out 3" in said
    assert "drawn by chance7" in said
    assert audit.digest(audit.as_json(report())) in said


def test_everything_that_could_not_be_used_is_counted_and_named():
    said = Read(html(sheet(), audit.document(report(problems=audit.NAMED + 5)))).text
    assert "no face: 205" in said
    assert "Plain: plain 0plain 1plain 2" in said
    assert "plain 199" in said
    assert "and 5 more, which are counted and not listed" in said
    assert "Nothing: every picture" in Read(html(sheet(), audit.document(report(problems=0)))).text


def test_findings_stand_on_the_page_where_there_are_any():
    assert "What somebody has to answer for" in Read(made()).text
    assert "answer for" not in Read(html(sheet(), audit.document(report(findings=0)))).text


def test_what_is_folded_prints_opened():
    text = made()
    assert "<details>\n<summary><h2" in text
    printed = STYLE[STYLE.index("@media print") :]
    assert "details::details-content { content-visibility: visible" in printed
    assert "@page { size: A4" in STYLE


def test_the_same_document_gives_the_same_page():
    document = audit.document(report())
    again = json.loads(audit.as_json(report()))
    assert html(sheet(), document) == html(sheet(), again)
    assert audit.written(again) == audit.as_json(report())


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (sheet(alarm="dreadful"), "an alarm is one of good, care, bad"),
        (
            sheet(terms=None) if False else Page("t", "v", "good", "", "", "", "", (), ("phlogiston",)),
            "no 'phlogiston'",
        ),
        (Page("t", "v", "good", "", "", "", "", [Section("s", [Chart("<svg><script/></svg>", "c")])]), "no script"),
        (Page("t", "v", "good", "", "", "", "", [Section("s", [Chart("<p>", "c")])]), "an <svg>"),
        (Page("t", "v", "good", "", "", "", "", [Section("s", [Pair(b"GIF89a", PNG, "c")])]), "PNG or JPEG"),
    ],
)
def test_what_makes_no_page_is_refused(given, why):
    with pytest.raises(ValueError, match=why):
        html(given, audit.document(report()))


def luminance(colour):
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_letters_and_lines_stand_out_from_what_they_stand_on(mode):
    light, dark = re.findall(r":root \{[^}]*--paper[^}]*\}", STYLE)
    found = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6})", light if mode == "light" else dark))
    paint = {name: one if len(one) == 7 else "#" + "".join(2 * sign for sign in one[1:]) for name, one in found.items()}
    for ink in ("ink", "muted", "link"):
        assert contrast(paint[ink], paint["paper"]) >= 4.5
        assert contrast(paint[ink], paint["soft"]) >= 4.5
    for alarm in ("good", "care", "bad"):
        assert contrast(paint[alarm], paint[f"{alarm}-soft"]) >= 4.5
        assert contrast(paint["ink"], paint[f"{alarm}-soft"]) >= 7
    for number in range(1, 7):
        assert contrast(paint[f"c{number}"], paint["paper"]) >= 4.5


@pytest.mark.parametrize("name", glossary.TERMS)
def test_a_term_is_told_in_one_sentence(name):
    term = glossary.term(name)
    assert term.name[0].isupper() or term.name[0].isdigit()
    assert re.fullmatch(r"[A-Z0-9][^.]*(\d\.\d[^.]*)*\.", term.means)


def test_every_report_fits_the_published_form():
    for text in ("plain", HOSTILE):
        validator("common").validate(json.loads(audit.as_json(report(text))))


def test_the_form_names_the_troubles_that_there_are():
    assert schema("common")["$defs"]["trouble"]["enum"] == [one.value for one in Trouble]


def test_every_form_is_one_and_refers_to_ones_that_are_there():
    for path in FOLDER.glob("*.schema.json"):
        name = path.name.removesuffix(".schema.json")
        assert schema(name)["$id"] == f"urn:recognizance:audit:{name}"
        assert not validator(name).is_valid({})


def test_every_audit_with_a_page_can_have_it_made_again():
    there = {one.name for one in pkgutil.iter_modules(told.__path__)}
    assert there <= set(PROTOCOLS)
    assert all(callable(importlib.import_module(f"recognizance.evaluation.pages.told.{one}").page) for one in there)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ("[]", "it should be an object"),
        ("{", "it is no JSON"),
        ("[" * 100_000, "it is no JSON"),
        ({"made": 1}, "made should be an object"),
        ({"result": None}, "result should be an object"),
        ({"protocol": 3}, "protocol should be text"),
        ({"findings": [{}]}, r"findings\[0\] should have 'kind'"),
        ({"problems": {"counts": {"x": "many"}, "named": {}}}, "whole numbers"),
        ({"problems": {"counts": {}, "named": {"x": [1]}}}, r"problems\.named\.x\[0\] should be an object"),
        ('{"schema": NaN}', "NaN is no number"),
    ],
)
def test_a_text_that_is_no_report_is_refused_with_what_is_wrong(change, why):
    document = audit.document(report())
    text = change if isinstance(change, str) else json.dumps({**document, **change})
    with pytest.raises(ReportWrong, match=why):
        read(text)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"protocol": "os"}, "makes no page"),
        ({"schema": "recognizance audit replay 99"}, "makes no page"),
        ({"result": {}}, "its result is not what"),
    ],
)
def test_a_report_that_no_page_can_be_made_of_is_refused(change, why):
    with pytest.raises(ReportWrong, match=why):
        page({**read(audit.as_json(report())), **change})


def test_every_page_explains_words_that_the_glossary_has():
    for one in pkgutil.iter_modules(told.__path__):
        for name in importlib.import_module(f"recognizance.evaluation.pages.told.{one.name}").TERMS:
            assert glossary.term(name)
