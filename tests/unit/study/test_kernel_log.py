"""New kernel errors mark a run as suspect; those of every boot, and those known to be harmless, do not."""

from study.measure.kernel_log import KernelWatch, complaints
from tests.support.errors import raises_code

# Typed after the form of `dmesg -r` (util-linux 2.38): <level>[seconds] text. The WRMSR line was seen on a lab host.
BOOT = "<3>[    1.966088] calibrate_delay_direct() failed to get a good estimate for loops_per_jiffy.\n"
HARMLESS = "<3>[   94.611953] kvm [342]: vcpu0, guest rIP: 0xffffffff84c7e744 Unhandled WRMSR(0xc0010007) = 0xffff\n"
ERROR = "<3>[  120.000001] EXT4-fs error (device vda): bad extent\n"
WARNING = "<4>[  130.000001] WARNING: CPU: 0 PID: 1 at kernel/x.c:1 x+0x1/0x2\n"
LOCKUP = "<0>[  140.000001] watchdog: BUG: soft lockup - CPU#1 stuck for 26s! [qemu:448]\n"


def test_errors_of_the_boot_do_not_count_but_crashes_do() -> None:
    watch = KernelWatch()
    assert watch.look("booting", BOOT) == []
    assert watch.look("vm-1", BOOT + HARMLESS) == []
    assert watch.look("vm-2", BOOT + HARMLESS + ERROR) == ["vm-2: " + ERROR[3:-1]]
    assert watch.look("vm-3", BOOT + HARMLESS + ERROR) == []
    assert [line[:20] for line in watch.look("vm-4", BOOT + ERROR + WARNING + LOCKUP)] == [
        "vm-4: [  130.000001]",
        "vm-4: [  140.000001]",
    ]
    assert len(watch.suspect) == 3
    assert KernelWatch().look("booting", BOOT + WARNING) == ["booting: " + WARNING[3:-1]]


def test_the_same_error_at_another_time_is_new() -> None:
    watch = KernelWatch()
    watch.look("booting", "")
    assert len(watch.look("vm-1", ERROR)) == 1
    assert len(watch.look("vm-2", ERROR + ERROR.replace("120", "160"))) == 1


def test_a_log_that_cannot_be_read_is_suspect() -> None:
    assert KernelWatch().look("vm-1", None) == ["vm-1: the kernel's log could not be read"]
    with raises_code("unknown-output"):
        complaints("dmesg: read kernel buffer failed", all_errors=True)


def test_real_logs_without_trouble_have_no_complaint() -> None:
    """What lab hosts said under KVM and Xen while all went well, at the level that would count most."""
    said = [
        "[   46.705948] powernow_k8: Power state transitions not supported",
        "[  162.889522] hrtimer: interrupt took 55053880 ns",
        "[   78.347575] kvm: Nested Virtualization enabled",
        "[   15.729275] x86/mm: Checked W+X mappings: passed, no W+X pages found.",
    ]
    assert complaints("".join(f"<6>{line}\n" for line in said), all_errors=True) == []
