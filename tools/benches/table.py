"""Rows with what is aimed at and what was reached."""
from dataclasses import dataclass


@dataclass
class Figure:
    """What one row gave: milliseconds of CPU of the gateway and all it starts, for each message, unless the name says so."""

    name: str
    reached: float
    # What it should be at most; None: there is no aim, the figure is for comparing.
    target: float | None = None
    # How the aim came about, or what else is worth knowing.
    note: str = ""
    least: float | None = None
    most: float | None = None

    @property
    def ratio(self) -> float | None:
        """Of the aim; over one it was missed."""
        return self.reached / self.target if self.target else None


def amount(value: float | None) -> str:
    """Three figures that count."""
    if value is None:
        return ""
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def line(figure: Figure) -> str:
    spread = f"{amount(figure.least)}-{amount(figure.most)}" if figure.least is not None else ""
    ratio = "" if figure.ratio is None else f"{figure.ratio:.2f}{'  MISSED' if figure.ratio > 1 else ''}"
    return f"{figure.name:52} {amount(figure.target):>8} {amount(figure.reached):>9} {spread:>13}  {ratio:14} {figure.note}".rstrip()


HEADING = f"{'CPU, ms for each message':52} {'target':>8} {'reached':>9} {'least-most':>13}  {'ratio':14}"
