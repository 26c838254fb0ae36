"""What the pump's bench measures, and what comes out. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

MOST_MEMORY = 350  # MiB that one drain may take, whatever the backlog
#: Least share of a bare COPY, by whether all paths are tracked; then the same with the fold.
LEAST = {False: 0.25, True: 0.22}
LEAST_WITH_FOLD = {False: 0.20, True: 0.13}


@dataclass(frozen=True, slots=True)
class Case:
    """So many records, drained by so many processes."""

    records: int
    drains: int
    all_paths: bool

    def __str__(self) -> str:
        return f"{self.records:>9,}  {self.drains:>6}  {'all' if self.all_paths else 'tracked':>7}"


@dataclass(frozen=True, slots=True)
class Run:
    """Seconds of one run (``cpu``: of all drains' own work), the most memory of one drain and of the fold in MiB."""

    bare: float
    drain: float
    cpu: float
    fold: float
    memory: float
    fold_memory: float

    def __str__(self) -> str:
        seconds = (
            f"bare COPY {self.bare:.2f} s, drain {self.drain:.2f} s (CPU {self.cpu:.2f} s), fold {self.fold:.2f} s"
        )
        return f"{seconds}, drain {self.memory:.0f} MiB, fold {self.fold_memory:.0f} MiB"


@dataclass(frozen=True, slots=True)
class Result:
    """Medians of the runs of a case: records per second, and shares of the bare COPY. Most MiB of all runs."""

    case: Case
    bare: float
    drained: float
    share: float
    folded: float
    folded_share: float
    memory: float
    fold_memory: float

    @classmethod
    def of(cls, case: Case, runs: Sequence[Run]) -> Result:
        """Sum up; each share is of the bare COPY that was measured around it."""
        return cls(
            case=case,
            bare=median(case.records / run.bare for run in runs),
            drained=median(case.records / run.drain for run in runs),
            share=median(run.bare / run.drain for run in runs),
            folded=median(case.records / (run.drain + run.fold) for run in runs),
            folded_share=median(run.bare / (run.drain + run.fold) for run in runs),
            memory=max(run.memory for run in runs),
            fold_memory=max(run.fold_memory for run in runs),
        )

    @property
    def missed(self) -> list[str]:
        """The targets that are missed."""
        met = {
            "drain": self.share >= LEAST[self.case.all_paths],
            "with fold": self.folded_share >= LEAST_WITH_FOLD[self.case.all_paths],
            "memory": self.memory <= MOST_MEMORY,
        }
        return [name for name, reached in met.items() if not reached]

    def __str__(self) -> str:
        speeds = f"{self.bare:>9,.0f}  {self.drained:>8,.0f}  {self.share:>5.3f}  {self.folded:>9,.0f}"
        memory = f"{self.folded_share:>5.3f}  {self.memory:>6.0f}  {self.fold_memory:>8.0f}"
        return f"{self.case}  {speeds}  {memory}  {', '.join(self.missed) or '–'}"


HEADER = "  records  drains    paths  bare COPY   drained  share  with fold  share     MiB  fold MiB  missed"
EXPLANATION = f"""
Records per second; share: of the bare COPY of the same rows around it; MiB: most memory of one drain.
Targets: share {LEAST[False]:.2f} (all paths {LEAST[True]:.2f}), with fold {LEAST_WITH_FOLD[False]:.2f} \
({LEAST_WITH_FOLD[True]:.2f}), {MOST_MEMORY} MiB.
"""
