"""The kit's own installer: an ISO that obeys a kickstart file as RHEL 5's anaconda does, and installs Debian 12.

The modules beside `medium.py`, `stage2.py` and `ramdisk.py` run in the machine that is installed; they need only the
standard library and pykickstart.
"""
