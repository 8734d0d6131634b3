"""Tables as files that people open in a spreadsheet: CSV and XLSX, in English and in French, a line at a time.

`cells`: what stands in a cell, and how a column takes it. `reading`: files in. `headings`: where a list begins.
`xlsx` and `days`: that format. `writing`: files out.
"""

from apps.core.sheets import cells, headings
from apps.core.sheets.reading import Line, lines
from apps.core.sheets.writing import csv_piece, write_xlsx

CSV, XLSX = "csv", "xlsx"
KINDS = {CSV: "text/csv; charset=utf-8", XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}

__all__ = ["CSV", "KINDS", "XLSX", "Line", "cells", "csv_piece", "headings", "lines", "write_xlsx"]
