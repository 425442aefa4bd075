"""A study on disk: the only definition of its form. `study` writes it, `report` and researchers read it.

    from pathlib import Path
    from dataset import load, load_sweep

    study = load(Path("studies/latest"))
    study.measurements          # pandas: one row per number
    study.derived("machine_free")  # pandas: free memory of the whole machine, by hypervisor, repeat and stage
    study.titles                # {name: title}, in the order of print
    study.study.parameters.guests

    sweep = load_sweep(Path("studies/sweep-20261201-120000"))
    sweep.measurements()        # pandas: the same of all cells, with a column for each axis

docs/reference/dataset.md is the contract.
"""

from dataset.descriptors import DerivedInfo, FactorInfo, HypervisorInfo, MeterInfo, Term
from dataset.measurements import Measurement
from dataset.models import StudyInfo
from dataset.reader import Dataset, load
from dataset.sweep import SweepInfo
from dataset.sweep_reader import Sweep, load_sweep

__all__ = [
    "Dataset",
    "DerivedInfo",
    "FactorInfo",
    "HypervisorInfo",
    "Measurement",
    "MeterInfo",
    "StudyInfo",
    "Sweep",
    "SweepInfo",
    "Term",
    "load",
    "load_sweep",
]
