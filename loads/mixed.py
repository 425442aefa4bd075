"""Load `mixed`: memory, CPU, disk and network at once, as a small server has them."""

from loads import cpu, disk, memory, network
from loads.base import Load

LOAD = Load(
    "mixed",
    "mixed",
    tuple(part.PROGRAM for part in (memory, cpu, disk, network)),
    (memory.MEMORY, cpu.CPU, disk.FILE, disk.RATE, network.RATE),
    memory.LOAD.holds,
)
