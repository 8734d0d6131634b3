"""The manager's figures about repairs, by when they ended: how many, how long, by whom, with what.

`choice`: which repairs are asked about. `rows`: what stands behind each figure. `counting`: the figures, each by one
query whatever the number of repairs. `names`: what people call steps and outcomes. `report`: all of it in order.
"""

from apps.workflows.figures.choice import Choice
from apps.workflows.figures.report import Line, Section, report
from apps.workflows.figures.rows import Drill, behind

__all__ = ["Choice", "Drill", "Line", "Section", "behind", "report"]
