import subprocess

from study.measure.settle import SAMPLER_SH, Settler, SettleRule


def test_sampler_runs_here_and_ends_with_its_reader() -> None:
    with subprocess.Popen(["sh", "-c", SAMPLER_SH], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        settler = Settler(SettleRule(window_s=0.5, give_up_s=1.5))
        for each in process.stdout:
            if settler.feed(each):
                break
        process.stdout.close()
        process.wait(timeout=5)
    assert settler.curve[0].free_kib > 0
    assert 0 <= settler.curve[0].busy_percent <= 100
