from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow.parquet as pq
import pytest

from hitsieve.errors import InputError
from hitsieve.library.product_files import open_writer
from hitsieve.store.files import ROW_GROUP

if TYPE_CHECKING:
    from pathlib import Path


def test_many_rows_go_out_in_groups(tmp_path: Path) -> None:
    path = tmp_path / "p.parquet"
    with open_writer(path) as write:
        for i in range(ROW_GROUP + 3):
            write(("C", f"r:{i}", "r", (str(i),)))
    file = pq.ParquetFile(path)
    assert file.metadata.num_rows == ROW_GROUP + 3
    assert file.num_row_groups == 2
    assert file.read_row_group(1).column("id").to_pylist()[-1] == f"r:{ROW_GROUP + 2}"


@pytest.mark.parametrize("name", ["p.parquet", "p.smi.gz", "p.csv"])
def test_no_products_make_a_readable_file(tmp_path: Path, name: str) -> None:
    with open_writer(tmp_path / name):
        pass
    assert (tmp_path / name).is_file()


def test_other_suffixes_are_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"p\.sdf"), open_writer(tmp_path / "p.sdf"):
        pass
    assert list(tmp_path.iterdir()) == []
