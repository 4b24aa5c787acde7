from __future__ import annotations

import dataclasses
import subprocess
from typing import TYPE_CHECKING

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hitsieve.errors import ChecksumError, FingerprintError, NotFoundError, StorageError
from hitsieve.registry.bundle import SUMS, read_bundle, read_head, verify_bundle, write_bundle
from hitsieve.registry.contents import FILES, BundleContents, encode
from hitsieve.registry.sealed import write_sealed

if TYPE_CHECKING:
    from pathlib import Path

SHARED_FOLDER = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200, deadline=None
)


@pytest.fixture
def folder(tmp_path: Path, contents: BundleContents) -> Path:
    path = tmp_path / "demo" / "1"
    write_bundle(path, contents)
    return path


def test_reads_back_what_was_written(folder: Path, contents: BundleContents) -> None:
    bundle = read_bundle(folder)
    found = bundle.contents
    assert bundle.name == "demo@1"
    assert found.config == contents.config
    assert found.card == contents.card
    assert found.calibration == contents.calibration
    assert found.golden.equals(contents.golden)
    assert found.training.equals(contents.training)
    assert found.domain["threshold"].tolist() == [0.3]
    assert found.baseline["children"].tolist() == [0, 1, 2, 3]
    for index in range(2):
        assert torch.equal(found.member(index)["w"], contents.weights[f"member{index}.w"])


def test_the_head_says_which_bundle_it_is(folder: Path, contents: BundleContents) -> None:
    head = read_head(folder)
    assert head.digest == read_bundle(folder).digest == verify_bundle(folder)
    assert head.config == contents.config


def test_settings_of_another_version_are_refused_in_the_head_too(
    tmp_path: Path, contents: BundleContents
) -> None:
    files = encode(contents) | {"config.json": b'{"from": "the future"}'}
    write_sealed(tmp_path / "b", files)
    with pytest.raises(ChecksumError, match="cannot read"):
        read_head(tmp_path / "b")


def test_equal_contents_give_an_equal_digest(
    tmp_path: Path, folder: Path, contents: BundleContents
) -> None:
    again = write_bundle(tmp_path / "elsewhere" / "7", contents)
    assert again == verify_bundle(folder)


def test_another_weight_gives_another_digest(
    tmp_path: Path, folder: Path, contents: BundleContents
) -> None:
    weights = contents.weights | {"member0.w": contents.weights["member0.w"] + 1}
    changed = dataclasses.replace(contents, weights=weights)
    assert write_bundle(tmp_path / "other", changed) != verify_bundle(folder)


def test_the_sums_are_read_by_the_standard_tool(folder: Path) -> None:
    checked = subprocess.run(
        ["sha256sum", "--check", "--strict", SUMS],  # noqa: S607 - the system's own
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout
    assert checked.stdout.count("OK") == len(FILES)


@SHARED_FOLDER
@given(name=st.sampled_from((*FILES, SUMS)), data=st.data())
def test_a_changed_byte_is_refused(folder: Path, name: str, data: st.DataObject) -> None:
    path = folder / name
    whole = path.read_bytes()
    place = data.draw(st.integers(0, len(whole) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda value: value != whole[place]))
    path.write_bytes(whole[:place] + bytes([byte]) + whole[place + 1 :])
    try:
        with pytest.raises(ChecksumError) as caught:
            read_bundle(folder)
        with pytest.raises(ChecksumError) as again:
            read_head(folder)
    finally:
        path.write_bytes(whole)
    assert again.value.message == caught.value.message
    if name != SUMS:
        assert name in caught.value.message


@SHARED_FOLDER
@given(name=st.sampled_from((*FILES, SUMS)), cut=st.integers(1, 50), more=st.binary(min_size=1))
def test_a_shorter_or_longer_file_is_refused(
    folder: Path, name: str, cut: int, more: bytes
) -> None:
    path = folder / name
    whole = path.read_bytes()
    for changed in (whole[:-cut], whole + more):
        path.write_bytes(changed)
        with pytest.raises(ChecksumError):
            read_bundle(folder)
    path.write_bytes(whole)
    verify_bundle(folder)


@pytest.mark.parametrize("name", [*FILES, SUMS])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(ChecksumError, match=name):
        read_bundle(folder)


def test_an_extra_file_is_named(folder: Path) -> None:
    (folder / "notes.txt").write_text("x")
    with pytest.raises(ChecksumError, match=r"notes\.txt"):
        read_bundle(folder)


def test_a_link_to_equal_bytes_is_refused(folder: Path, tmp_path: Path) -> None:
    (folder / "card.md").rename(tmp_path / "card.md")
    (folder / "card.md").symlink_to(tmp_path / "card.md")
    with pytest.raises(ChecksumError, match=r"card\.md"):
        read_bundle(folder)


@pytest.mark.parametrize("name", ["standardizer", "featurizer", "vocabulary", "network_code"])
def test_another_fingerprint_is_refused_by_name(
    tmp_path: Path, contents: BundleContents, name: str
) -> None:
    config = contents.config.model_copy(update={name: "deadbeef"})
    write_bundle(tmp_path / "b", dataclasses.replace(contents, config=config))
    with pytest.raises(FingerprintError, match=name):
        read_head(tmp_path / "b")
    with pytest.raises(FingerprintError, match=name) as caught:
        read_bundle(tmp_path / "b")
    assert "deadbeef" in caught.value.message
    assert getattr(contents.config, name) in caught.value.message
    assert caught.value.cure
    assert read_bundle(tmp_path / "b", check_chemistry=False).config == config


def test_unknown_network_settings_are_refused(tmp_path: Path, contents: BundleContents) -> None:
    network = contents.config.network | {"encoder": "from_the_future"}
    config = contents.config.model_copy(update={"network": network})
    write_bundle(tmp_path / "b", dataclasses.replace(contents, config=config))
    with pytest.raises(FingerprintError, match="from_the_future"):
        read_bundle(tmp_path / "b")


def test_a_bundle_is_never_overwritten(folder: Path, contents: BundleContents) -> None:
    before = verify_bundle(folder)
    with pytest.raises(FileExistsError, match="immutable"):
        write_bundle(folder, contents)
    assert verify_bundle(folder) == before
    assert [f.name for f in folder.parent.iterdir()] == ["1"]


def test_a_file_in_the_way_is_a_storage_error(tmp_path: Path, contents: BundleContents) -> None:
    (tmp_path / "demo").write_text("a file where a folder belongs")
    with pytest.raises((StorageError, FileExistsError)):
        write_bundle(tmp_path / "demo" / "1", contents)


def test_a_failed_write_leaves_nothing(
    tmp_path: Path, contents: BundleContents, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(StorageError, match="No space left"):
        write_bundle(tmp_path / "demo" / "1", contents)
    assert list((tmp_path / "demo").iterdir()) == []


def test_no_bundle_says_so(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="nowhere"):
        read_bundle(tmp_path / "nowhere")


def test_an_unknown_member_says_how_many_there_are(contents: BundleContents) -> None:
    with pytest.raises(NotFoundError, match="no member 5"):
        contents.member(5)
