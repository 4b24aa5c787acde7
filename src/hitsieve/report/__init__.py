"""What a chemist reads: one self-contained HTML page with pictures, reasons and provenance."""

from hitsieve.report.content import Check, Report, TargetSection
from hitsieve.report.html import render, write_report

__all__ = ["Check", "Report", "TargetSection", "render", "write_report"]
