# Run by Packer in the guest, as root: what the paper prints about it; what the build leaves behind goes.
cat /etc/redhat-release
uname -r
rpm -q kernel kernel-xen openssh-server sysstat acpid gnome-session
free -m
/sbin/swapon -s
yum clean all
rm -f /root/anaconda-ks.cfg /root/install.log*
sync
