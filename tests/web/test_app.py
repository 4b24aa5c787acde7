"""The pages show what is there, and nothing else."""

from __future__ import annotations

import shutil
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest

from hitsieve.registry.registry import Registry
from hitsieve.web.app import allowed_hosts

if TYPE_CHECKING:
    from pathlib import Path


class Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.addresses += [
            value or "" for name, value in attrs if name in {"href", "src", "xlink:href", "action"}
        ]


def test_the_list_names_the_screen_with_its_state(client: Any) -> None:
    page = client.get("/")
    assert page.status_code == 200
    assert 'href="/screens/first"' in page.text
    assert "complete" in page.text
    assert client.get("/api/screens").json() == [
        {
            "name": "first",
            "state": "complete",
            "targets": ["logP"],
            "compounds_done": 127,
            "compounds_total": 127,
            "problem": "",
            "quarantined": [],
        }
    ]
    assert 'class="badge"' not in page.text


def test_a_screen_has_a_page_with_its_hits(client: Any) -> None:
    page = client.get("/screens/first", params={"top": 5})
    assert page.status_code == 200
    best = client.get("/api/screens/first/hits", params={"top": 5}).json()
    assert len(best) == 5
    assert all(hit["compound_id"] in page.text for hit in best)
    assert page.text.count('class="rank"') == 5


def test_a_page_can_keep_to_the_domain(client: Any) -> None:
    for top in (5, 200):
        asked = {"top": top, "in_domain": True}
        inside = client.get("/api/screens/first/hits", params=asked).json()
        assert inside
        assert all(hit["in_domain"] for hit in inside)
        page = client.get("/screens/first", params=asked).text
        assert page.count('class="rank"') == len(inside)
        everything = client.get("/screens/first", params={"top": top}).text
        assert everything.count('class="rank"') == (5 if top == 5 else 127)


def test_a_quarantine_shows_on_a_page_that_was_drawn_before(
    tmp_path: Path, tiny: Any, client_of: Any
) -> None:
    shutil.copytree(tiny.models, tmp_path / "models")
    client = client_of(tiny.screen.parent, tmp_path / "models")
    assert "quarantined" not in client.get("/screens/first").text
    assert client.get("/api/screens/first").json()["quarantined"] == []
    Registry(tmp_path / "models").quarantine("clogp", 1, "wrong <plates>")
    page = client.get("/screens/first").text
    assert "A model of this screen is quarantined" in page
    assert "clogp@1: wrong &lt;plates&gt;" in page
    told = client.get("/api/screens/first").json()["quarantined"][0]
    assert (told["model"], told["reason"]) == ("clogp@1", "wrong <plates>")
    assert told["at"]
    assert told["by"]
    assert client.get("/api/screens").json()[0]["quarantined"] == [told]
    index = client.get("/").text
    assert '<span class="badge">quarantined</span>' in index
    assert f"clogp@1 is quarantined since {told['at']} by " in index
    assert "wrong &lt;plates&gt;" in index
    hits = client.get("/api/screens/first/hits", params={"top": 2}).json()
    assert all(hit["quarantined"].endswith("wrong <plates>") for hit in hits)


def test_an_unreadable_screen_hides_no_other_and_is_no_quarantine(
    tmp_path: Path, tiny: Any, client_of: Any
) -> None:
    root = tmp_path / "screens"
    shutil.copytree(tiny.screen, root / "good")
    shutil.copytree(tiny.screen, root / "bad")
    (root / "bad" / "screen.json").write_text("{")
    client = client_of(root)
    states = {s["name"]: (s["state"], s["quarantined"]) for s in client.get("/api/screens").json()}
    assert states == {"good": ("complete", []), "bad": ("unreadable", [])}
    assert client.get("/").status_code == 200


def test_the_status_is_that_of_the_folder(client: Any) -> None:
    status = client.get("/api/screens/first").json()
    assert status["state"] == "complete"
    assert status["shards_done"] == status["shards_total"] > 1


@pytest.mark.parametrize("path", ["/", "/screens/first"])
def test_pages_run_no_script_and_load_nothing(client: Any, path: str) -> None:
    links = Links()
    links.feed(client.get(path).text)
    assert not links.tags & {"script", "iframe", "object", "embed", "form", "audio", "video"}
    foreign = [a for a in links.addresses if not a.startswith(("/", "#", "data:,"))]
    assert foreign == []


@pytest.mark.parametrize("path", ["/", "/screens/first", "/screens/none", "/api/screens", "/xyz"])
def test_every_answer_carries_the_headers(client: Any, path: str) -> None:
    headers = client.get(path).headers
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "name",
    ["none", "%2e%2e", "..%2f..%2fetc", "first%2f..", "first%00", "%2e", "FIRST", "first%20"],
)
@pytest.mark.parametrize("prefix", ["/screens/", "/api/screens/"])
def test_a_name_that_is_not_listed_is_not_found(client: Any, prefix: str, name: str) -> None:
    answer = client.get(f"{prefix}{name}", follow_redirects=False)
    assert answer.status_code in {404, 307}
    assert "root:" not in answer.text


def test_an_unknown_target_is_not_found_and_escaped(client: Any) -> None:
    answer = client.get("/screens/first", params={"target": "<script>alert(1)</script>"})
    assert answer.status_code == 404
    assert "<script>" not in answer.text
    assert client.get("/api/screens/first/hits", params={"target": "x"}).status_code == 404


@pytest.mark.parametrize("top", ["0", "-1", "1001", "many"])
def test_a_wrong_number_of_hits_is_refused(client: Any, top: str) -> None:
    assert client.get("/api/screens/first/hits", params={"top": top}).status_code == 422


def test_a_foreign_host_name_is_refused(client: Any) -> None:
    assert client.get("/", headers={"host": "evil.example"}).status_code == 400


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
def test_there_are_no_pages_that_load_foreign_scripts(client: Any, path: str) -> None:
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_nothing_can_be_changed(client: Any, method: str) -> None:
    assert client.request(method, "/screens/first").status_code == 405


def test_links_hidden_folders_and_damaged_screens(
    tmp_path: Path, tiny: Any, client_of: Any
) -> None:
    root = tmp_path / "screens"
    shutil.copytree(tiny.screen, root / "good & <b>")
    (root / "link").symlink_to(tiny.screen)
    shutil.copytree(tiny.screen, root / ".hidden")
    (root / "no screen").mkdir()
    (root / "damaged").mkdir()
    (root / "damaged" / "screen.json").write_text("{")
    client = client_of(root)
    listed = {item["name"]: item["state"] for item in client.get("/api/screens").json()}
    assert listed == {"good & <b>": "complete", "damaged": "unreadable"}
    page = client.get("/")
    assert page.status_code == 200
    assert "<b>" not in page.text
    assert client.get("/screens/good%20%26%20%3Cb%3E").status_code == 200
    assert client.get("/screens/link").status_code == 404


def test_a_server_answers_to_the_names_it_is_bound_to() -> None:
    assert "127.0.0.1" in allowed_hosts("127.0.0.1")
    assert "chem.example" in allowed_hosts("chem.example")
    assert allowed_hosts("0.0.0.0") == ("*",)  # noqa: S104 - the address under test
