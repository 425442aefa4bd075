# shellcheck shell=sh
# Run by Packer in the guest, as root: what the paper prints about it; what the build leaves behind goes.
# Red Hat's own tools are called only where they are: the kit's installer puts another system there.
uname -r
if [ -e /etc/redhat-release ]; then
    cat /etc/redhat-release
    rpm -q kernel kernel-xen openssh-server sysstat acpid gnome-session
    yum clean all
fi
free -m
/sbin/swapon -s
rm -f /root/anaconda-ks.cfg /root/install.log*
sync
