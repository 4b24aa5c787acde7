"""What a chemist reads: one self-contained HTML page with pictures, reasons and provenance.

:func:`~hitsieve.report.assemble.screen_report` gathers what a screen's report says,
:func:`~hitsieve.report.html.write_report` writes it.
"""

from hitsieve.report.assemble import screen_report
from hitsieve.report.content import Check, Report, TargetSection
from hitsieve.report.html import render, write_report

__all__ = ["Check", "Report", "TargetSection", "render", "screen_report", "write_report"]
