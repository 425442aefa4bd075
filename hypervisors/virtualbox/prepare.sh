# shellcheck shell=sh
# VirtualBox: the folder of its machines. Its network is each machine's own NAT.
VBoxManage list systemproperties | grep -q "^Default machine folder: *$HVLAB_FOLDER\$" ||
    VBoxManage setproperty machinefolder "$HVLAB_FOLDER"
