"""The tools tree: a root file system with the programs that the controller needs, entered with HVLAB_TOOLS=tree.

The shell scripts beside this file build it (build.sh) and enter it (enter.sh, mount.sh), since Python is in the tree.
"""
