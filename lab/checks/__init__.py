"""What can be said of kickstart files and Packer's files without installing anything; `./invoke image.check`."""
