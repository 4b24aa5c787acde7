"""Questions across screens, each one call: who is selective, who is agreed on, how scores lie.

SQL runs in DuckDB over the committed files, so a question takes the memory of its answer and a
join, and not of the screens. Histograms go through Dask, a shard at a time, on the threads of
this process or on the Ray cluster that is there.
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from hitsieve.errors import UsageError
from hitsieve.metrics.running import Histogram
from hitsieve.schema import SCORES
from hitsieve.store import open_parquet
from hitsieve.store.queries import fold, sql

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import pyarrow as pa

    from hitsieve.screen.scores import Scores

_NAME: Final = re.compile(r"[A-Za-z_]\w*")
_MIN_SCREENS: Final = 2


def ask(query: str, **screens: Scores) -> pa.Table:
    """Answer an SQL query over the scores of any screens, by the names they are given here.

    Each name is a view with the columns of SCORES.

    Raises
    ------
    UsageError
        If the query is refused; the message says where.

    Examples
    --------
    ``ask("select count(*) from a join b using (compound_id)", a=first, b=second)``
    """
    for name in screens:
        if not _NAME.fullmatch(name):
            raise UsageError(f"{name!r} cannot name a table", cure="use letters and digits")
    return sql(query, **{name: scores.dataset() for name, scores in screens.items()})


def selectivity(on: Scores, off: Scores, *, k: int = 100, margin: float = 0.0) -> pa.Table:
    """Find compounds strong on one target and weak on another.

    Compared are places: the share of the screen that is better, 0 for the best. So endpoints
    of any unit and direction can be set against each other.

    Parameters
    ----------
    on, off
        Where a compound is to be strong, and where it is to be weak.
    k
        How many to return.
    margin
        Smallest difference of the two places.

    Returns
    -------
    pa.Table
        ``compound_id, score_on, score_off, place_on, place_off, selectivity``, most selective
        first, ties by id; only compounds scored in both.

    Raises
    ------
    UsageError
        If ``k`` or ``margin`` is negative.
    """
    if k < 0 or margin < 0:
        raise UsageError(f"k = {k}, margin = {margin}: must not be negative")
    return ask(
        f"""
        with x as ({_placed("a", on)}), y as ({_placed("b", off)})
        select x.compound_id, x.score as score_on, y.score as score_off,
               x.place as place_on, y.place as place_off, y.place - x.place as selectivity
        from x join y using (compound_id)
        where y.place - x.place >= {float(margin)!r}
        order by selectivity desc, x.compound_id limit {int(k)}
        """,  # noqa: S608 - numbers and names made in this module
        a=on,
        b=off,
    )


def consensus(scores: Sequence[Scores], *, k: int = 100) -> pa.Table:
    """Find compounds that several models or screens place high.

    Parameters
    ----------
    scores
        Two or more.
    k
        How many to return.

    Returns
    -------
    pa.Table
        ``compound_id, mean_place, worst_place``, best mean place first, ties by id; only
        compounds scored in all.

    Raises
    ------
    UsageError
        If fewer than two are given, or ``k`` is negative.
    """
    if len(scores) < _MIN_SCREENS or k < 0:
        raise UsageError(f"{len(scores)} score lists, k = {k}: at least 2, and k at least 0")
    tables = {f"s{n}": each for n, each in enumerate(scores)}
    parts = " union all ".join(_placed(name, each) for name, each in tables.items())
    return ask(
        f"""
        select compound_id, avg(place) as mean_place, max(place) as worst_place
        from ({parts}) group by compound_id having count(*) = {len(tables)}
        order by mean_place, compound_id limit {int(k)}
        """,  # noqa: S608 - numbers and names made in this module
        **tables,
    )


def histogram(
    scores: Scores,
    edges: Sequence[float],
    *,
    scheduler: Callable[..., Any] | str = "threads",
) -> Histogram:
    """Count scores between edges, through Dask.

    Parameters
    ----------
    scores
        Whose.
    edges
        Rising; a bin holds its lower edge, the last one both.
    scheduler
        Of Dask: ``threads``, ``synchronous``, or what
        :func:`hitsieve.engine.ray_executor.dask_on_ray` returns.

    Returns
    -------
    Histogram
        With what fell below and above the edges, and how many rows had no score.

    Raises
    ------
    InputError
        If the edges do not rise.
    """
    empty = Histogram.empty(edges)
    return fold(list(scores.files.values()), partial(_counted, empty), Histogram.merge, scheduler)


def _counted(empty: Histogram, path: Path) -> Histogram:
    with open_parquet(path, SCORES) as opened:
        return empty.update(opened.read(columns=["score"]).column("score").to_numpy())


def _placed(name: str, scores: Scores) -> str:
    """Return SQL for compound_id, score and place: the share of the screen that is better."""
    order = "desc" if scores.higher_is_better else "asc"
    return (
        f"select compound_id, score, percent_rank() over (order by score {order}) as place "  # noqa: S608 - names made in this module
        f"from {name} where score is not null"
    )
