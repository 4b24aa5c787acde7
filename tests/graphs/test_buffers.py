from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from hitsieve.errors import SchemaError
from hitsieve.graphs.buffers import binary_array, join_binary, join_fixed, join_numbers


def test_join_binary_reads_only_the_slice() -> None:
    column = pa.chunked_array([pa.array([b"ab", b"", b"cde"]).slice(1), pa.array([b"f"])])
    lengths, data = join_binary(column, "here")
    assert lengths.tolist() == [0, 3, 1]
    assert data.tobytes() == b"cdef"


def test_join_fixed_reads_only_the_slice() -> None:
    array = pa.array([b"ab", b"cd", b"ef"], pa.binary(2))
    joined = join_fixed(pa.chunked_array([array.slice(1, 1), array.slice(2)]), 2, "here")
    assert joined.tobytes() == b"cdef"
    assert joined.shape == (2, 2)
    assert join_fixed(pa.chunked_array([], pa.binary(2)), 2, "here").shape == (0, 2)


def test_join_fixed_refuses_another_width_and_nulls() -> None:
    column = pa.chunked_array([pa.array([b"ab", None], pa.binary(2))])
    with pytest.raises(SchemaError, match=r"fixed_size_binary\[3\]"):
        join_fixed(column, 3, "here")
    with pytest.raises(SchemaError, match="here: 1 nulls"):
        join_fixed(column, 2, "here")


def test_binary_array_inverts_join_binary() -> None:
    values = [b"ab", b"", b"cde"]
    lengths, data = join_binary(pa.chunked_array([pa.array(values)]), "here")
    array = binary_array(data, np.concatenate([[0], np.cumsum(lengths)]))
    array.validate(full=True)
    assert array.to_pylist() == values


def test_binary_array_refuses_what_32_bits_cannot_address() -> None:
    with pytest.raises(SchemaError, match="shards"):
        binary_array(np.zeros(0, np.uint8), np.array([0, 2**31]))


def test_join_numbers_refuses_floats() -> None:
    with pytest.raises(SchemaError, match="double"):
        join_numbers(pa.chunked_array([pa.array([1.5])]), "here")
