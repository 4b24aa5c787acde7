"""Between Arrow columns and numpy arrays, by their buffers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from hitsieve.errors import SchemaError

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MOST_BYTES: Final = 2**31 - 1


def join_numbers(column: pa.ChunkedArray, where: str) -> NDArray[np.int64]:
    """Return an integer column as int64 (n,).

    Raises
    ------
    SchemaError
        If it is no integer column, holds null, or a negative number.
    """
    if not pa.types.is_integer(column.type):
        raise SchemaError(f"{where}: type {column.type}, expected an unsigned integer")
    _refuse_nulls(column, where)
    numbers: NDArray[np.int64] = np.asarray(column.to_numpy()).astype(np.int64)
    if len(numbers) and numbers.min() < 0:
        row = int(np.argmin(numbers))
        raise SchemaError(f"{where}, row {row}: negative count {numbers[row]}")
    return numbers


def join_binary(column: pa.ChunkedArray, where: str) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """Return the byte counts int64 (n,) and the joined bytes uint8 (sum,) of a binary column.

    One chunk without gaps is not copied.

    Raises
    ------
    SchemaError
        If it is no binary column or holds null.
    """
    kind = column.type
    if not (pa.types.is_binary(kind) or pa.types.is_large_binary(kind)):
        raise SchemaError(f"{where}: type {kind}, expected binary")
    _refuse_nulls(column, where)
    offset_type = np.int64 if pa.types.is_large_binary(kind) else np.int32
    lengths, blocks = [], []
    for chunk in column.chunks:
        if len(chunk) == 0:
            continue
        _, offset_buffer, data_buffer = chunk.buffers()
        offsets = np.frombuffer(offset_buffer, dtype=offset_type)[
            chunk.offset : chunk.offset + len(chunk) + 1
        ].astype(np.int64)
        lengths.append(np.diff(offsets))
        if data_buffer is not None:
            data = np.frombuffer(data_buffer, dtype=np.uint8)
            blocks.append(data[offsets[0] : offsets[-1]])
    counts = np.concatenate(lengths) if lengths else np.zeros(0, dtype=np.int64)
    if len(blocks) == 1:
        return counts, blocks[0]
    return counts, np.concatenate(blocks) if blocks else np.zeros(0, dtype=np.uint8)


def join_fixed(column: pa.ChunkedArray, width: int, where: str) -> NDArray[np.uint8]:
    """Return a fixed-size binary column as uint8 (n, width).

    Raises
    ------
    SchemaError
        If it is no fixed-size binary column of that width or holds null.
    """
    if column.type != pa.binary(width):
        raise SchemaError(f"{where}: type {column.type}, expected {pa.binary(width)}")
    _refuse_nulls(column, where)
    blocks = [
        np.frombuffer(chunk.buffers()[1], dtype=np.uint8)[
            chunk.offset * width : (chunk.offset + len(chunk)) * width
        ]
        for chunk in column.chunks
        if len(chunk)
    ]
    joined = np.concatenate(blocks) if blocks else np.zeros(0, dtype=np.uint8)
    return joined.reshape(-1, width)


def binary_array(data: NDArray[np.uint8], offsets: NDArray[np.int64]) -> pa.Array:
    """Make a binary array of n values from their joined bytes and byte offsets (n + 1,).

    Raises
    ------
    SchemaError
        If there are more bytes than 32-bit offsets can address.
    """
    if offsets[-1] > _MOST_BYTES:
        raise SchemaError(
            f"{offsets[-1]} bytes of graph codes do not fit one table",
            cure="use more, smaller shards",
        )
    buffers = [
        None,
        pa.py_buffer(offsets.astype(np.int32)),
        pa.py_buffer(np.ascontiguousarray(data)),
    ]
    return pa.Array.from_buffers(pa.binary(), len(offsets) - 1, buffers)


def _refuse_nulls(column: pa.ChunkedArray, where: str) -> None:
    if column.null_count:
        raise SchemaError(f"{where}: {column.null_count} nulls where there may be none")
