# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Guests: the lab's own small program (guest.asm) on a disk that the rack serves, with its serial line at a recorder.
#
# LAB_DIR/guests/NAME holds guest.conf, NAME.xml, serial.log (hvc-lab-recorder's) and, unless the guest is
# file-backed (then it is in the folder that all nodes share), disk.img.

DISK_SIZE=1M

guest_usage() {
    cat <<USAGE
usage: tests/lab/lab guest VERB ...

  create NAME [--memory MIB] [--disk nbd|file] [--dirty RATE] [--deaf]
        Makes the guest's disk, its recorder, and /etc/hvcluster/guests/NAME.xml in every node (also for nodes that have
        no power). It is not defined or started anywhere. --memory: 64. --disk file: a file in a folder that all nodes
        share, with image locks and without libvirt's consent to migrate it. --dirty: see rate. --deaf: see deaf.
  rm NAME|all
        Ends the guest's emulators, undefines it and removes all that create made.
  list  The guests, and which node runs which.
  xml NAME
        Prints the definition.
  marks NAME [--json] [--since SECONDS]
        What the guest's serial line and disk prove: where it ran and when, its longest gap between two ticks of 10 ms
        (the blackout of a move), the longest outage between two boots. Ends with 1 if ever two copies ran, 2 if it
        cannot tell. --since (Unix time, date +%s.%N): only gaps, outages and overlaps that ended later.
  rate NAME RATE
        Memory that the guest dirties, KiB/s, or with k, m, g for KiB, MiB, GiB a second. It reads this order and the
        next ones about twice a second; they hold for its next boots, too.
  deaf NAME on|off
        Whether it ignores the power button.
  order NAME poweroff|reset
        The running copy switches itself off or resets, without anybody having asked libvirt.
USAGE
}

guest_names() {
    local dir
    for dir in "$LAB_DIR"/guests/*/; do
        [ ! -e "$dir/guest.conf" ] || basename "$dir"
    done
}

need_guest() {
    [[ ${1-} =~ ^[a-z][a-z0-9-]{0,30}$ ]] || die "which guest? (a name is a letter, then letters, digits and dashes)"
    [ -e "$LAB_DIR/guests/$1/guest.conf" ] || die "there is no guest '$1' in this lab; 'guest list' names them"
}

# Sets INDEX, UUID, MEMORY, DISK (nbd or file), IMAGE (the file on this machine).
load_guest() {
    # shellcheck source=/dev/null
    . "$LAB_DIR/guests/$1/guest.conf"
    IMAGE=$LAB_DIR/guests/$1/disk.img
    [ "$DISK" = nbd ] || IMAGE=$LAB_DIR/shared/$1.img
}

disk_port() { echo $((10000 + INDEX)); }
serial_port() { echo $((11000 + INDEX)); }

kib() { # 250, 64k, 16m, 1g: KiB
    [[ $1 =~ ^([0-9]{1,8})([kmg]?)$ ]] || die "a rate is a number, KiB/s or with k, m, g; not '$1'"
    case ${BASH_REMATCH[2]} in
    '' | k) echo "${BASH_REMATCH[1]}" ;;
    m) echo $((BASH_REMATCH[1] * 1024)) ;;
    g) echo $((BASH_REMATCH[1] * 1024 * 1024)) ;;
    esac
}

guest_xml() { # guest_xml NAME
    local address
    address=$(net_address storage 254)
    cat <<XML
<domain type='qemu'>
  <name>$1</name>
  <uuid>$UUID</uuid>
  <memory unit='MiB'>$MEMORY</memory>
  <vcpu>1</vcpu>
  <os>
    <type arch='x86_64' machine='pc'>hvm</type>
    <boot dev='hd'/>
    <bootmenu enable='no'/>
  </os>
  <features><acpi/></features>
  <on_poweroff>destroy</on_poweroff>
  <on_reboot>restart</on_reboot>
  <on_crash>destroy</on_crash>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
XML
    if [ "$DISK" = nbd ]; then
        cat <<XML
    <disk type='network' device='disk'>
      <driver name='qemu' type='raw' cache='none'/>
      <source protocol='nbd' name='$1'><host name='$address' port='$(disk_port)'/></source>
XML
    else
        cat <<XML
    <disk type='file' device='disk'>
      <driver name='qemu' type='raw' cache='none'/>
      <source file='/run/hvc-lab/shared/$1.img'/>
XML
    fi
    cat <<XML
      <target dev='hda' bus='ide'/>
    </disk>
    <serial type='tcp'>
      <source mode='connect' host='$address' service='$(serial_port)'/>
      <protocol type='raw'/>
      <target port='0'/>
    </serial>
    <controller type='usb' model='none'/>
    <memballoon model='none'/>
  </devices>
</domain>
XML
}

guest_tool() { "$LAB_DIR/lab/hvc-lab-guest" "$@"; }

recorder_runs() { in_rack pgrep -f "^[^ ]*/hvc-lab-recorder [^ ]* $(serial_port) " >/dev/null; }
disk_server_runs() { in_rack pgrep -f "^qemu-nbd .* --port=$(disk_port) " >/dev/null; }
guest_services_run() { recorder_runs && { [ "$DISK" != nbd ] || disk_server_runs; }; }

# The disk's server and the serial line's recorder live in the rack; both return when they take connections.
start_guest_services() {
    local name=$1 address dir=$LAB_DIR/guests/$1
    address=$(net_address storage 254)
    if ! recorder_runs; then
        in_rack "$LAB_DIR/lab/hvc-lab-recorder" "$address" "$(serial_port)" "$dir/serial.log" >>"$dir/services.log" 2>&1 </dev/null || {
            warn "the recorder of $name did not start: $(tail -n 1 "$dir/services.log")"
            return 1
        }
    fi
    [ "$DISK" = nbd ] || return 0
    if ! disk_server_runs; then
        in_rack qemu-nbd --fork --persistent --format=raw --shared=0 --cache=writeback --export-name="$name" \
            --bind="$address" --port="$(disk_port)" "$IMAGE" >>"$dir/services.log" 2>&1 </dev/null || {
            warn "the disk server of $name did not start: $(tail -n 1 "$dir/services.log")"
            return 1
        }
    fi
}

stop_guest_services() {
    in_rack pkill -KILL -f "^qemu-nbd .* --port=$(disk_port) " || true
    in_rack pkill -KILL -f "^[^ ]*/hvc-lab-recorder [^ ]* $(serial_port) " || true
}

restart_guest_services() {
    local name
    for name in $(guest_names); do
        load_guest "$name"
        start_guest_services "$name" || return 1
    done
}

# A file in every node's /etc/hvcluster/guests: in the node when it runs, on its disk when it has no power.
in_every_node() { # in_every_node NAME put|remove
    local node target
    for node in $(all_nodes); do
        target=$LAB_DIR/nodes/$node/disk/etc/up/hvcluster/guests/$1.xml
        if [ "$2" = put ] && node_pid "$node"; then
            in_node "$node" install -D -m 644 /dev/stdin "/etc/hvcluster/guests/$1.xml" <"$LAB_DIR/guests/$1/$1.xml" || return 1
        elif [ "$2" = put ]; then
            install -D -m 644 "$LAB_DIR/guests/$1/$1.xml" "$target" || return 1
        elif node_pid "$node"; then
            in_node "$node" rm -f "/etc/hvcluster/guests/$1.xml"
        else
            rm -f "$target"
        fi
    done
}

next_index() {
    local index=1
    while grep -qsx "INDEX=$index .*" "$LAB_DIR"/guests/*/guest.conf; do index=$((index + 1)); done
    echo "$index"
}

guest_create() {
    local name=${1-} rate=0 deaf=off
    [[ $name =~ ^[a-z][a-z0-9-]{0,30}$ ]] || die "guest create NAME: a name is a letter, then letters, digits and dashes"
    shift
    MEMORY=64 DISK=nbd
    while [ $# -gt 0 ]; do
        case $1 in
        --memory) need_value "$@" && MEMORY=$2 && shift ;;
        --disk) need_value "$@" && DISK=$2 && shift ;;
        --dirty) need_value "$@" && rate=$2 && shift ;;
        --deaf) deaf=on ;;
        *) die "guest create: what is '$1'?" ;;
        esac
        shift
    done
    [[ $MEMORY =~ ^[0-9]{2,5}$ ]] && [ "$MEMORY" -ge 32 ] || die "--memory wants MiB, at least 32, not '$MEMORY'"
    [[ $DISK =~ ^(nbd|file)$ ]] || die "--disk wants nbd or file, not '$DISK'"
    rate=$(kib "$rate") || exit 2
    [ ! -e "$LAB_DIR/guests/$name" ] || fail "there is a guest '$name' already"
    INDEX=$(next_index)
    UUID=$(</proc/sys/kernel/random/uuid)
    mkdir -p "$LAB_DIR/guests/$name"
    echo "INDEX=$INDEX UUID=$UUID MEMORY=$MEMORY DISK=$DISK" >"$LAB_DIR/guests/$name/guest.conf"
    load_guest "$name"
    guest_xml "$name" >"$LAB_DIR/guests/$name/$name.xml"
    cp "$LAB_DIR/lab/guest.bin" "$IMAGE" && truncate -s "$DISK_SIZE" "$IMAGE" || fail "the disk of $name could not be made"
    guest_tool set "$IMAGE" rate "$rate" deaf "$deaf" && start_guest_services "$name" && in_every_node "$name" put || fail "guest $name could not be made"
}

guest_rm_one() {
    local name=$1 node
    load_guest "$name"
    for node in $(all_nodes); do
        node_pid "$node" || continue
        in_node "$node" timeout 20 virsh -q destroy "$name" >/dev/null 2>&1
        in_node "$node" timeout 20 virsh -q undefine "$name" >/dev/null 2>&1
    done
    stop_guest_services
    in_every_node "$name" remove
    rm -rf "${LAB_DIR:?}/guests/$name" "$IMAGE"
}

guest_rm() {
    local name
    if [ "${1-}" = all ]; then
        for name in $(guest_names); do guest_rm_one "$name"; done
        return
    fi
    need_guest "${1-}"
    guest_rm_one "$1"
}

guest_marks() {
    local name=${1-}
    need_guest "$name"
    load_guest "$name"
    shift
    guest_tool marks "$name" "$LAB_DIR/guests/$name/serial.log" "$IMAGE" "$@"
}

guest_rate() {
    local rate
    need_guest "${1-}"
    [ $# = 2 ] || die "guest rate NAME RATE"
    rate=$(kib "$2") || exit 2
    load_guest "$1"
    guest_tool set "$IMAGE" rate "$rate"
}

guest_deaf() {
    need_guest "${1-}"
    [[ ${2-} =~ ^(on|off)$ ]] || die "guest deaf NAME on|off"
    load_guest "$1"
    guest_tool set "$IMAGE" deaf "$2"
}

guest_order() {
    need_guest "${1-}"
    [[ ${2-} =~ ^(poweroff|reset)$ ]] || die "guest order NAME poweroff|reset"
    load_guest "$1"
    guest_tool order "$IMAGE" "$2"
}

guest_xml_of() {
    need_guest "${1-}"
    cat "$LAB_DIR/guests/$1/$1.xml"
}

guest_list() {
    local name node where states
    states=$(for node in $(all_nodes); do
        # shellcheck disable=SC2016 # awk's
        ! node_pid "$node" || in_node "$node" timeout 10 virsh -q list --all 2>/dev/null |
            awk -v node="$node" 'NF { name = $2; $1 = $2 = ""; sub(/^ +/, ""); print name, node ":" $0 }'
    done)
    for name in $(guest_names); do
        load_guest "$name"
        where=$(awk -v name="$name" '$1 == name { $1 = ""; print }' <<<"$states" | tr '\n' ';')
        echo "$name ${MEMORY}MiB $DISK:${where:- not defined}"
    done
}

verb_guest() {
    local verb=${1-}
    case $verb in
    -h | --help) guest_usage && return 0 ;;
    create | rm | list | xml | marks | rate | deaf | order) ;;
    *) guest_usage >&2 && exit 2 ;;
    esac
    shift
    load_lab
    need_rack
    case $verb in
    create | rm) lock_lab ;;
    xml) verb=xml_of ;;
    esac
    "guest_$verb" "$@"
}
