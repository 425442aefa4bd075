# shellcheck shell=sh
# VirtualBox: the folder of its machines. Its network is each machine's own NAT. Comes after common.sh.
VBoxManage list systemproperties | grep -q "^Default machine folder: *$HVLAB_FOLDER\$" ||
    VBoxManage setproperty machinefolder "$HVLAB_FOLDER"
