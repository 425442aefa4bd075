"""What differs between guest systems for a login over SSH, and in the X session."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Profile:
    """A guest OS's own settings.

    Attributes:
        ssh_options: Options of ssh_config(5) that OpenSSH's client needs to reach it.
        session: The programs of its X session: X, window manager, terminal.
    """

    ssh_options: dict[str, str] = field(default_factory=dict)
    session: tuple[str, ...] = ("Xorg", "blackbox", "xterm")


# OpenSSH 4.3 (2006): its newest key exchange and its only signatures are SHA-1's, which clients have left out since
# OpenSSH 8.8. Its ciphers (aes128-ctr) and MACs (hmac-sha1) are still among the client's defaults.
OLD_SSH = {
    "KexAlgorithms": "+diffie-hellman-group14-sha1",
    "HostKeyAlgorithms": "+ssh-rsa",
    "PubkeyAcceptedAlgorithms": "+ssh-rsa",
}
_PROFILES = {"centos-5.5": Profile(ssh_options=OLD_SSH, session=("gnome-session", "metacity"))}


def profile(os_name: str) -> Profile:
    """Return a guest OS's profile; the default one if it needs none of its own."""
    return _PROFILES.get(os_name, Profile())


def ssh_config_lines(os_name: str) -> tuple[str, ...]:
    """Return the additional lines of a guest's entry in ssh_config."""
    return tuple(f"{name} {value}" for name, value in profile(os_name).ssh_options.items())


def ssh_arguments(os_name: str) -> list[str]:
    """Return the additional arguments of the `ssh` that Vagrant starts."""
    return [word for name, value in profile(os_name).ssh_options.items() for word in ("-o", f"{name}={value}")]
