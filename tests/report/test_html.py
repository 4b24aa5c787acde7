"""The report stands alone, escapes everything, and says what the tables say."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest

from hitsieve.report import Report, TargetSection, render, write_report

if TYPE_CHECKING:
    from pathlib import Path

VOID = {"meta", "link", "input", "br", "img", "hr"}


class Page(HTMLParser):
    """Collects tags and addresses, and checks that tags are closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.handlers: list[str] = []
        self.ids: list[str] = []
        self.open: list[str] = []
        self.text: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag not in VOID:
            self.open.append(tag)
        self._attributes(attrs)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self._attributes(attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def _attributes(self, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in {"href", "src", "xlink:href", "action"}:
                self.addresses.append(value or "")
            if name.startswith("on"):
                self.handlers.append(name)
            if name == "id":
                self.ids.append(value or "")


@pytest.fixture(scope="module")
def text(report: Report) -> str:
    return render(report)


@pytest.fixture(scope="module")
def page(text: str) -> Page:
    return Page(text)


def test_every_tag_is_closed_and_every_id_is_there_once(page: Page) -> None:
    assert page.open == []
    assert len(page.ids) == len(set(page.ids))


def test_nothing_foreign_is_loaded_and_nothing_runs(page: Page) -> None:
    assert not set(page.tags) & {"script", "iframe", "object", "embed", "img", "form"}
    assert page.handlers == []
    assert all(address.startswith(("#", "data:,")) for address in page.addresses)


def test_links_within_the_page_lead_somewhere(page: Page) -> None:
    wanted = {address[1:] for address in page.addresses if address.startswith("#")}
    assert wanted <= set(page.ids)


def test_text_from_files_is_escaped(text: str) -> None:
    assert "<script>" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "The &lt;b&gt;test part&lt;/b&gt; is small." in text
    assert "fingerprint &lt;0123&gt;" in text


def test_every_hit_is_there_with_score_and_interval(text: str, section: TargetSection) -> None:
    for hit in section.hits.to_pylist():
        assert hit["compound_id"] in text
        assert f"<b>{hit['score']:.2f}</b>" in text
        assert f"{hit['lower']:.2f} to {hit['upper']:.2f}" in text
        assert hit["nearest_id"] in text


def test_flags_are_those_of_the_table(text: str, section: TargetSection) -> None:
    inside = section.hits.column("in_domain").to_pylist()
    assert text.count('class="flag good"') == sum(inside)
    assert text.count(">outside the domain<") == len(inside) - sum(inside)
    assert text.count(">novel</span>") == sum(section.hits.column("novel").to_pylist())


def test_trust_is_stated_with_the_baseline(text: str) -> None:
    assert "0.420<div" in text
    assert "(0.310 to 0.550)" in text
    assert "the model is better" in text
    assert "0.880" in text
    assert "80 %" in text  # 101 of 127 in the domain


def test_findings_and_provenance_are_shown(text: str) -> None:
    assert "4.2 times better" in text
    assert "sha256 " + "0" * 64 in text


def test_equal_reports_are_equal_bytes(report: Report, text: str) -> None:
    assert render(report) == text


def test_a_report_without_hits_is_a_page(report: Report, section: TargetSection) -> None:
    empty = replace(section, hits=section.hits.slice(0, 0))
    found = render(replace(report, sections=(empty,)))
    assert "No compound has a score." in found
    Page(found)


def test_two_targets_do_not_share_ids(report: Report, section: TargetSection) -> None:
    page = Page(render(replace(report, sections=(section, replace(section, target="other")))))
    assert len(page.ids) == len(set(page.ids))


def test_warnings_of_other_targets_are_left_out(report: Report, section: TargetSection) -> None:
    size = {
        "endpoint": "e", "unit": "", "direction": "higher", "task": "regression",
        "train": 1, "valid": 1, "test": 1,
    }  # fmt: skip
    card = section.card.model_validate(
        {
            **section.card.model_dump(),
            "targets": [{"target": "logP", **size}, {"target": "other", **size}],
            "warnings": ["other: few compounds.", "logP: rough.", "of all targets."],
        }
    )
    found = render(replace(report, sections=(replace(section, card=card),)))
    assert "other: few compounds." not in found
    assert "<li>rough.</li>" in found
    assert "of all targets." in found


def test_a_page_of_a_server_leads_back_home(report: Report) -> None:
    assert 'href="/"' in render(report, home="/")


def test_the_file_holds_the_page(tmp_path: Path, report: Report, text: str) -> None:
    path = tmp_path / "report.html"
    write_report(report, path)
    assert path.read_text(encoding="utf-8") == text
    assert [p.name for p in tmp_path.iterdir()] == ["report.html"]
