"""Checks of kickstart and Packer files that install nothing; `./invoke image.check`."""
