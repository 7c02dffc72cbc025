# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # lab comes from lib.sh; the scenarios use what is set here
# Guests with disks and files of their nodes, for the scenarios of the kinds of moves. Source lib.sh and hypervisor.sh first.

images=/var/lib/libvirt/images other=/var/lib/libvirt/other saves=/var/lib/libvirt/qemu/save

# plan LINE...: n3's /tmp/plan
plan() { printf '%s\n' version=1 "$@" | on n3 tee /tmp/plan >/dev/null; }
has() { on "$1" test -e "$2"; } # has NODE FILE
lacks() { ! has "$@"; }
disk_at() { on "$1" virsh -q domblklist "$2" | awk -v disk="$3" '$1 == disk { print $2 }'; } # disk_at NODE GUEST DISK
sum_of() { on "$1" sha256sum "$2" 2>/dev/null | cut -d' ' -f1; }                              # sum_of NODE FILE
no_saves() { ! on "$1" ls "$saves" /run/hvc-lab/shared 2>/dev/null | grep -q 'hvcluster-.*save'; }
no_pools() { ! on "$1" virsh -q pool-list --all --name | grep -q hvcluster-; }
# A guest whose disk was moved leaves its marks where the lab does not look; its serial line tells as much.
talks() { [ "$(mark "$1" silent_ms | cut -d. -f1)" -lt 1500 ]; }
starts() { $lab guest marks "$1" --json | grep -c '"mark": "[0-9a-f]*", "boots"'; }

# with_data GUEST: it exists everywhere, and runs on n1 with a second disk, 24 MiB in a file there; sets sum
with_data() {
    $lab guest create "$1" || return 1
    on n1 sh -c "dd if=/dev/urandom of=$images/data.img bs=1M count=24 status=none
        sed 's,<controller,<disk type=\"file\" device=\"disk\"><driver name=\"qemu\" type=\"raw\" cache=\"none\"/><source file=\"$images/data.img\"/><target dev=\"hdb\" bus=\"ide\"/></disk>&,' /etc/hvcluster/guests/$1.xml >/tmp/$1.xml"
    sum=$(sum_of n1 "$images/data.img")
    hv n1 define "/tmp/$1.xml" && hv n1 start "/tmp/$1.xml" "${2-}" && poll 60 counts_at_all "$1"
}
# deafen GUEST: it does not hear the power button any more; it reads its orders at every count
deafen() {
    local heard
    $lab guest deaf "$1" on
    heard=$(mark "$1" count)
    poll 20 eval "[ \"\$(mark $1 count)\" -gt $((heard + 20)) ]"
}
