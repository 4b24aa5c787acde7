from __future__ import annotations

import hashlib

import pyarrow as pa

from hitsieve.schema.teaching import TEACHING_SHARE, may_teach


def test_a_fixed_quarter_teaches() -> None:
    ids = [f"KEY-{hashlib.sha256(str(n).encode()).hexdigest()[:8]}" for n in range(8000)]
    teaches = may_teach(pa.array(ids))
    assert teaches.type == pa.bool_()
    share = sum(teaches.to_pylist()) / len(ids)
    assert abs(share - TEACHING_SHARE) < 0.02
    assert may_teach(pa.array(ids[::-1])).to_pylist() == teaches.to_pylist()[::-1]


def test_chunks_and_nothing() -> None:
    chunked = pa.chunked_array([["A-00000003"], ["A-00000004"]])
    assert may_teach(chunked).to_pylist() == [True, False]
    assert may_teach(pa.array([], pa.string())).to_pylist() == []
