"""Screens: a library scored with models into sorted, committed Parquet shards.

:func:`~hitsieve.screen.run.run_screen` runs or continues one,
:func:`~hitsieve.screen.status.screen_status` says how far it is, and
:func:`~hitsieve.screen.top.top_hits` reads the best compounds, at any time.
"""

from hitsieve.screen.config import ScreenConfig
from hitsieve.screen.plan import ScreenPlan, load_plan
from hitsieve.screen.planning import plan_screen
from hitsieve.screen.run import run_screen
from hitsieve.screen.status import ScreenStatus, screen_status
from hitsieve.screen.summary import Progress, ScreenSummary
from hitsieve.screen.top import top_hits

__all__ = [
    "Progress",
    "ScreenConfig",
    "ScreenPlan",
    "ScreenStatus",
    "ScreenSummary",
    "load_plan",
    "plan_screen",
    "run_screen",
    "screen_status",
    "top_hits",
]
