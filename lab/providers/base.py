"""What the kit knows of a hypervisor with its manager and tools."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Provider:
    """One hypervisor. Adding one is adding a module to this package that defines `PROVIDER`.

    Attributes:
        name: In data and commands.
        title: In print.
        vagrant: Name of Vagrant's provider.
        box: Name of the box's format.
        boots_xen: Whether the lab host boots Xen and runs Linux as dom0, or Linux alone.
        folder: Where its image files lie on the lab host.
        running_command: Shell line that prints the names of the running guests on the lab host, one a line.
        screenshot_command: Shell line that writes a picture of the screen of the guest "$guest" to the file
            on the lab host, in any of the forms that Pillow reads.
        disk_strategy: How a guest's disk comes from the box.
        version_commands: Component to a shell line that prints its version on the lab host.
    """

    name: str
    title: str
    vagrant: str
    box: str
    boots_xen: bool
    folder: str
    running_command: str
    screenshot_command: str
    disk_strategy: str
    version_commands: dict[str, str] = field(default_factory=dict)
