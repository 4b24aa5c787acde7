from __future__ import annotations

import json

import pytest

from hitsieve.errors import ChecksumError
from hitsieve.registry.contents import FILES, BundleContents, decode, encode


def test_encode_writes_the_declared_files(contents: BundleContents) -> None:
    assert tuple(sorted(encode(contents))) == FILES


def test_encode_is_deterministic(contents: BundleContents) -> None:
    assert encode(contents) == encode(contents)


def test_decode_is_the_inverse(contents: BundleContents) -> None:
    files = encode(contents)
    assert encode(decode(files, where="here")) == files


def test_the_card_as_json_answers_the_oecd_principles(contents: BundleContents) -> None:
    files = encode(contents)
    told = json.loads(files["card.json"])["principles"]
    assert len(told) == 5
    page = files["card.md"].decode()
    assert all(f"| {item['principle']} | {item['answer']} |" in page for item in told)
    assert decode(files, where="here").card == contents.card


def test_a_card_without_the_answers_is_read(contents: BundleContents) -> None:
    files = encode(contents)
    told = json.loads(files["card.json"])
    del told["principles"]
    files["card.json"] = json.dumps(told).encode()
    assert decode(files, where="here").card == contents.card


@pytest.mark.parametrize("name", [name for name in FILES if name != "card.md"])
def test_a_form_of_another_version_is_refused(contents: BundleContents, name: str) -> None:
    files = encode(contents) | {name: b'{"format": 99}'}
    if name == "calibration.json":
        files[name] = b"not json"
    with pytest.raises(ChecksumError, match="cannot read"):
        decode(files, where="here")
