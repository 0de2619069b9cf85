"""A page as Markdown: its words and its tables, and nothing that a name could break."""

from recognizance.accountability.papers import Table
from recognizance.evaluation.pages.markdown import markdown
from recognizance.evaluation.pages.page import Chart, Page, Section

DOCUMENT = {"made": {"command": "recognizance audit replay --probes a --gallery b"}}


def page(*sections: Section, verdict: str = "None of 3 was.") -> Page:
    return Page("Title", verdict, "good", "Tested.", "Wrong.", "Whom.", "Set.", sections)


def test_it_holds_the_verdict_the_four_answers_and_the_command():
    lines = markdown(page(), DOCUMENT, heading="The test").splitlines()
    assert lines[0] == "## The test"
    assert lines[2] == "**None of 3 was.**"
    assert [line for line in lines[3:11] if line] == ["Tested.", "Wrong.", "Whom.", "Set."]
    assert lines[-1] == "    recognizance audit replay --probes a --gallery b"


def test_a_table_keeps_its_rows_and_which_columns_are_numbers():
    table = Table(["group", "count"], [["F", "1"], ["a|b", "2"]], left=1, caption="By group")
    text = markdown(page(Section("Groups", ["Words.", table])), DOCUMENT, heading="x")
    assert "### Groups\n\nWords.\n\nBy group:\n\n| group | count |\n|---|---:|\n| F | 1 |\n| a\\|b | 2 |\n" in text


def test_what_the_page_folds_away_and_what_is_drawn_are_left_out():
    chart, table = Chart("<svg/>", "seen"), Table(["a"], [["1"]])
    text = markdown(
        page(
            Section("Folded", [table], folded=True),
            Section("Drawn", ["Words.", chart]),
            Section("Both", [chart, table]),
        ),
        DOCUMENT,
        heading="x",
    )
    assert "Folded" not in text
    assert "Drawn" not in text
    assert "svg" not in text
    assert "### Both\n\n| a |" in text


def test_no_name_becomes_a_part_of_the_page():
    text = markdown(page(verdict="<script> *x* [a](b) `c`\n## no_heading"), DOCUMENT, heading="x")
    assert "**\\<script> \\*x\\* \\[a](b) \\`c\\` ## no\\_heading**" in text
