"""What may name a model."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from hitsieve.errors import HitsieveError
from hitsieve.registry.names import RESERVED, check_name, is_model


@given(st.text(max_size=80))
def test_a_legal_name_stays_inside_the_registry(name: str) -> None:
    try:
        check_name(name)
    except HitsieveError:
        return
    root = Path("/registry")
    assert (root / name).parent == root
    assert name.isascii()


def test_a_folder_of_recipes_and_a_file_are_no_models(tmp_path: Path) -> None:
    (tmp_path / "bace").mkdir()
    (tmp_path / "README").write_text("x")
    for name in RESERVED:
        (tmp_path / name).mkdir()
    assert [path.name for path in sorted(tmp_path.iterdir()) if is_model(path)] == ["bace"]
