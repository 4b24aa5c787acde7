from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hitsieve.errors import ChecksumError, NotFoundError
from hitsieve.provenance import sha256_bytes
from hitsieve.registry.sealed import SUMS, read_sealed, render_sums, write_sealed

if TYPE_CHECKING:
    from pathlib import Path

FILES = {"a.json": b"{}", "b.bin": b"\x00\x01"}


def test_what_is_written_is_read(tmp_path: Path) -> None:
    digest = write_sealed(tmp_path / "sealed", FILES)
    found = read_sealed(tmp_path / "sealed", list(FILES))
    assert {name: found[name] for name in FILES} == FILES
    assert digest == sha256_bytes(found[SUMS])
    assert [entry.name for entry in tmp_path.iterdir()] == ["sealed"]


def test_a_folder_is_written_once(tmp_path: Path) -> None:
    write_sealed(tmp_path / "sealed", FILES)
    with pytest.raises(FileExistsError, match="immutable"):
        write_sealed(tmp_path / "sealed", {"a.json": b"other", "b.bin": b""})
    assert read_sealed(tmp_path / "sealed", list(FILES))["a.json"] == b"{}"


def test_a_changed_byte_is_told(tmp_path: Path) -> None:
    write_sealed(tmp_path / "sealed", FILES)
    (tmp_path / "sealed" / "b.bin").write_bytes(b"\x00\x02")
    with pytest.raises(ChecksumError, match=r"b\.bin was changed"):
        read_sealed(tmp_path / "sealed", list(FILES))


def test_a_missing_and_a_further_file_are_told(tmp_path: Path) -> None:
    folder = tmp_path / "sealed"
    write_sealed(folder, FILES)
    (folder / "c.txt").write_text("x")
    with pytest.raises(ChecksumError, match=r"c\.txt does not belong"):
        read_sealed(folder, list(FILES))
    (folder / "c.txt").unlink()
    (folder / "a.json").unlink()
    with pytest.raises(ChecksumError, match=r"a\.json is missing"):
        read_sealed(folder, list(FILES))


def test_sums_of_other_files_are_refused(tmp_path: Path) -> None:
    write_sealed(tmp_path / "sealed", FILES)
    with pytest.raises(ChecksumError, match="SHA256SUMS was changed"):
        read_sealed(tmp_path / "sealed", ["a.json"])


def test_no_folder(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="nowhere"):
        read_sealed(tmp_path / "nowhere", list(FILES))


def test_sums_are_sorted_lines() -> None:
    lines = render_sums({"b": "f" * 64, "a": "0" * 64}).decode().splitlines()
    assert [line.split()[1] for line in lines] == ["a", "b"]
