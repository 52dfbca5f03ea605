"""The published reviews of each tool, counted."""

from django.db import models
from django.db.models import Case, F, Value, When
from django.db.models.functions import NullIf
from django.db.models.lookups import GreaterThanOrEqual

from catalog.models import Tool
from reviews.panel import MIXED_FROM, SHIP_FROM, PanelCount

_TOTAL = F("ship") + F("skip")
# Half up, in whole numbers, exactly as reviews.panel says it.
_PERCENT = (F("ship") * 200 + _TOTAL) / NullIf(_TOTAL * 2, Value(0))


class Panel(models.Model):
    """The published reviews of one tool, counted. Every tool has its row, kept by the database."""

    tool = models.OneToOneField(Tool, primary_key=True, on_delete=models.CASCADE, related_name="panel")
    ship = models.PositiveIntegerField(default=0, db_default=0)
    skip = models.PositiveIntegerField(default=0, db_default=0)
    total = models.GeneratedField(expression=_TOTAL, output_field=models.IntegerField(), db_persist=True)
    percent = models.GeneratedField(
        expression=_PERCENT, output_field=models.IntegerField(null=True), db_persist=True
    )
    call = models.GeneratedField(
        expression=Case(
            When(ship=0, skip=0, then=Value("unreviewed")),
            When(GreaterThanOrEqual(_PERCENT, SHIP_FROM), then=Value("ship")),
            When(GreaterThanOrEqual(_PERCENT, MIXED_FROM), then=Value("mixed")),
            default=Value("skip"),
        ),
        output_field=models.CharField(max_length=16),
        db_persist=True,
    )

    class Meta:
        verbose_name_plural = "panels"

    def __str__(self) -> str:
        return f"{self.ship} of {self.total} ship"

    @property
    def count(self) -> PanelCount:
        return PanelCount(ship=self.ship, skip=self.skip)
