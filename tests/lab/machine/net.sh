# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# The networks of a lab. Sourced by the rack's scripts and by the lab command; the functions that touch the switch must
# run in the rack's network and PID namespaces.
#
# Three networks, each a bridge in the rack's network namespace. Node N has N in each, the rack itself 254 in the third:
#   ring       10.77.1.N   corosync; what the host name nN means
#   migration  10.77.2.N   live migration; the host name nN-mig; also fd77:2::N
#   storage    10.77.3.N   the guests' disks and serial lines, served by the rack
# A node's port on the switch is called <node>-<first letter of the network>, its interface like the network.

# shellcheck disable=SC2034 # used by those who source this
NETWORKS=(ring migration storage)

net_number() {
    case $1 in
    ring) echo 1 ;;
    migration) echo 2 ;;
    storage) echo 3 ;;
    *) return 1 ;;
    esac
}

net_address() { # net_address NETWORK HOST-NUMBER
    echo "10.77.$(net_number "$1").$2"
}

net_address6() { # net_address6 NETWORK HOST-NUMBER
    echo "fd77:$(net_number "$1")::$2"
}

# Hardware addresses are given, as a machine keeps its cards'. Left alone, a node would have others after each boot, and a bridge takes
# the lowest of its ports': the neighbours' tables would be wrong for up to a minute after a node went or came.
net_hardware_address() { # net_hardware_address NETWORK HOST-NUMBER
    printf '02:77:00:00:%02x:%02x\n' "$(net_number "$1")" "$2"
}

net_port() { echo "$1-${2:0:1}"; }

# The state of a node's cable, kept in a file, so that it is there again when the node has been off:
# "cut=none|full|out|in" and "rate=none|RATE" (a rate of tc, e.g. 10mbit).
net_state() { # net_state FOLDER NODE NETWORK: sets cut and rate
    cut=none rate=none
    # shellcheck source=/dev/null
    [ ! -e "$1/nodes/$2/net/$3" ] || . "$1/nodes/$2/net/$3"
}

net_shape() { # net_shape INTERFACE RATE
    if [ "$2" = none ]; then
        tc qdisc del dev "$1" root 2>/dev/null || true
    else
        # Less than 64 kB of burst and tbf drops what TCP sends in one piece.
        tc qdisc replace dev "$1" root tbf rate "$2" burst 128kb latency 400ms
    fi
}

# One at a time plugs a node's cables in or changes them (to the caller's end): else a change of one that is just being
# plugged in would be written, and never made.
net_lock() { # net_lock FOLDER NODE
    exec 8>>"$1/nodes/$2/cables.lock"
    flock 8
}

# Writes how a cable is ("keep" keeps one of both) and makes it so. A node without power has none; "plug" finds the state
# when it is switched on.
net_set() { # net_set FOLDER NODE NETWORK CUT RATE
    local cut rate pid file=$1/nodes/$2/net/$3
    net_lock "$1" "$2"
    net_state "$1" "$2" "$3"
    [ "$4" = keep ] || cut=$4
    [ "$5" = keep ] || rate=$5
    if [ "$cut $rate" = "none none" ]; then
        rm -f "$file"
    else
        echo "cut=$cut rate=$rate" >"$file"
    fi
    { read -r pid <"$1/nodes/$2/plugged"; } 2>/dev/null && [ -e "/proc/$pid/ns/net" ] || return 0
    net_apply "$1" "$2" "$3" "$pid" || [ ! -e "/proc/$pid/ns/net" ] # it lost its power meanwhile
}

# Makes the switch's port (and, given the pid of the node's init, the node's end) what the state says.
net_apply() { # net_apply FOLDER NODE NETWORK INIT-PID
    local cut rate port table
    net_state "$1" "$2" "$3"
    port=$(net_port "$2" "$3")
    table=${port//-/_}
    nft delete table netdev "$table" 2>/dev/null || true
    case $cut in
    full) ip link set "$port" down ;;
    out) nft "add table netdev $table; add chain netdev $table c { type filter hook ingress device $port priority 0; policy drop; }" ;;
    in) nft "add table netdev $table; add chain netdev $table c { type filter hook egress device $port priority 0; policy drop; }" ;;
    esac
    [ "$cut" = full ] || ip link set "$port" up
    net_shape "$port" "$rate"
    nsenter --net --target "$4" bash -c ". '${BASH_SOURCE[0]}'; net_shape $3 $rate"
}
