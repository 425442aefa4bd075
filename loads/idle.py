"""No load: the guests are there and do nothing, as in the study of 2011."""

from loads.base import Load

LOAD = Load("idle", "idle")
