"""What the project changes of vagrant-libvirt's description of a guest."""

import xml.etree.ElementTree as ET
from pathlib import Path

from tests.functional.vagrant.tools import VAGRANT, require, run

# vagrant-libvirt and Vagrant, as far as the file needs them; its own template is used below.
STAND_INS = """
module Vagrant; module Errors; class VagrantError < StandardError; end; end; end
module VagrantPlugins; module ProviderLibvirt; module Action
  class CreateDomain
    def initialize(xml) = (@name, @xml = "server1", xml)
    def to_xml(template_name = nil, _data = binding) = template_name == "domain" ? @xml : "<other/>"
  end
end; end; end
$LOADED_FEATURES << "vagrant-libvirt/action.rb"
module Kernel
  alias plain_require require
  def require(name) = name == "vagrant-libvirt/action" ? true : plain_require(name)
end
module Hvlab; module Kvm; LOGS = "/logs"; end; end
"""
DOMAIN = """<domain><devices>
    <serial type='pty'>
      <target port='0'/>
    </serial>
    <graphics type='vnc' port='-1' websocket='-1' listen='127.0.0.1' keymap='en-us'/>
</devices></domain>"""


def described(domain: str, tmp_path: Path, template: str = "domain") -> tuple[str, str]:
    """Return what is made of a description, and the error."""
    require("ruby")
    (tmp_path / "domain.xml").write_text(domain)
    program = f"""{STAND_INS}
plain_require "{VAGRANT}/lib/hvlab/kvm/private_devices.rb"
action = VagrantPlugins::ProviderLibvirt::Action::CreateDomain.new(File.read("{tmp_path}/domain.xml"))
begin
  print action.to_xml("{template}")
rescue Vagrant::Errors::VagrantError => e
  warn e.error_message
end
"""
    (tmp_path / "try.rb").write_text(program)
    done = run(["ruby", str(tmp_path / "try.rb")], {})
    return done.stdout, done.stderr


def test_the_screen_is_on_a_unix_socket_and_the_serial_line_is_kept(tmp_path: Path) -> None:
    text, errors = described(DOMAIN, tmp_path)
    assert errors == ""
    domain = ET.fromstring(text)
    (screen,) = domain.findall("devices/graphics")
    assert (screen.attrib, [dict(each.attrib) for each in screen]) == (
        {"type": "vnc", "keymap": "en-us"},
        [{"type": "socket"}],
    )
    log = domain.find("devices/serial/log")
    assert log is not None
    assert log.get("file") == "/logs/server1-console.log"


def test_another_template_is_left_alone(tmp_path: Path) -> None:
    assert described(DOMAIN, tmp_path, template="volume") == ("<other/>", "")


def test_a_description_that_has_changed_is_an_error_and_no_open_port(tmp_path: Path) -> None:
    text, errors = described(DOMAIN.replace("type='vnc'", 'type="vnc"'), tmp_path)
    assert text == ""
    assert "no VNC screen" in errors
