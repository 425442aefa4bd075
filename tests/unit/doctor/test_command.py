"""`./invoke doctor` as a person calls it; that it changes nothing."""

from core.diagnosis import State
from lab.doctor.finding import Diagnosis, Examined


def test_warnings_do_not_fail() -> None:
    warned = Examined(name="x", state=State.WARN, seen="y", where="controller")
    failed = warned.model_copy(update={"state": State.FAIL})
    assert Diagnosis(host="nested", provider=None, findings=[warned]).healthy
    assert not Diagnosis(host="nested", provider=None, findings=[warned, failed]).healthy
