# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# status: what each node is, and whether a test would find the lab as "up" left it.

# Runs in a node: "key value" lines.
# shellcheck disable=SC2016 # for the node's shell
PROBE_SCRIPT='
members=$(timeout 5 corosync-quorumtool -s 2>/dev/null | awk "
    /^Nodes:/ { nodes = \$2 } /^Quorate:/ { quorate = \$2 } END { print (nodes ? nodes : 0), (quorate == \"Yes\" ? \"quorate\" : \"inquorate\") }")
echo "ring $members"
pgrep -x pacemakerd >/dev/null && echo "pacemaker runs" || echo "pacemaker stopped"
if ! pgrep -x libvirtd >/dev/null; then
    echo "libvirtd stopped"
elif ! domains=$(timeout 5 virsh -q list --all 2>/dev/null); then
    echo "libvirtd silent"
else
    echo "libvirtd ok"
    awk "NF { name = \$2; \$1 = \$2 = \"\"; sub(/^ +/, \"\"); print \"guest\", name \"=\" \$0 }" <<<"$domains"
fi'

# Sets PROBE_RING, PROBE_PACEMAKER, PROBE_LIBVIRTD, PROBE_GUESTS (one "name=state" a line).
probe_node() {
    local key value
    PROBE_RING='0 inquorate' PROBE_PACEMAKER=stopped PROBE_LIBVIRTD=stopped PROBE_GUESTS=
    while read -r key value; do
        case $key in
        ring) PROBE_RING=$value ;;
        pacemaker) PROBE_PACEMAKER=$value ;;
        libvirtd) PROBE_LIBVIRTD=$value ;;
        guest) PROBE_GUESTS+=$value$'\n' ;;
        esac
    done < <(in_node "$1" bash -c "$PROBE_SCRIPT" 2>/dev/null)
}

# The cluster's own words, from the first node that has some: crm_mon's XML.
read_cluster() {
    local node
    CLUSTER_XML=
    for node in $(all_nodes); do
        node_pid "$node" || continue
        CLUSTER_XML=$(in_node "$node" timeout 10 crm_mon --one-shot --inactive --output-as=xml 2>/dev/null) && return 0
    done
    return 1
}

# online, pending, unclean, offline, standby or maintenance, from read_cluster; "+DC" for the coordinator.
cluster_node_state() {
    awk -v node="$1" '
        $0 ~ "<node name=\"" node "\" id=" && / type="member"/ {
            state = / online="true"/ ? "online" : "offline"
            if (/ unclean="true"/) state = "unclean"
            else if (/ pending="true"/) state = "pending"
            else if (/ maintenance="true"/) state = "maintenance"
            else if (/ standby="true"/) state = "standby"
            print state (/ is_dc="true"/ ? "+DC" : "")
            exit
        }' <<<"$CLUSTER_XML"
}

problem() { PROBLEMS+=("$1"); }

show_cables() {
    local net cut rate words=
    for net in "${NETWORKS[@]}"; do
        net_state "$LAB_DIR" "$1" "$net"
        [ "$cut" = none ] || words+=" $net cut ($cut)"
        [ "$rate" = none ] || words+=" $net slow ($rate)"
    done
    [ ! -e "$LAB_DIR/nodes/$1/jammed" ] || words+=" power switch jammed"
    CABLES=${words# }
    [ -z "$CABLES" ] || problem "$1: $CABLES"
}

check_node() {
    local node=$1 state line
    show_cables "$node"
    if ! node_pid "$node"; then
        problem "$node has no power"
        LINES_OUT+=("$node  off${CABLES:+  [$CABLES]}")
        return
    fi
    probe_node "$node"
    state=$(cluster_node_state "$node")
    [ "$PROBE_RING" = "$NODES quorate" ] || problem "$node: corosync sees $PROBE_RING"
    [ "${state%+DC}" = online ] && [ "$PROBE_PACEMAKER" = runs ] || problem "$node: pacemaker $PROBE_PACEMAKER, ${state:-unknown}"
    [ "$PROBE_LIBVIRTD" = ok ] || problem "$node: libvirtd $PROBE_LIBVIRTD"
    line="$node  on  ring ${PROBE_RING% *}/$NODES ${PROBE_RING#* }  pacemaker ${state:-$PROBE_PACEMAKER}  libvirtd $PROBE_LIBVIRTD"
    if [ -n "$PROBE_GUESTS" ]; then
        line+="  guests $(tr '\n' ' ' <<<"${PROBE_GUESTS%$'\n'}")"
        LEFT+=("$node: $(tr '\n' ' ' <<<"${PROBE_GUESTS%$'\n'}")")
    fi
    LINES_OUT+=("$line${CABLES:+  [$CABLES]}")
}

# What a test may have left in the cluster.
check_left_overs() {
    local node cib word
    for word in $(guest_names); do LEFT+=("guest $word of the lab"); done
    for node in $(all_nodes); do
        node_pid "$node" || continue
        cib=$(in_node "$node" timeout 10 cibadmin --query 2>/dev/null) && break
    done
    while read -r word; do LEFT+=("$word"); done < <(awk '
        function id(line) { sub(/.* id="/, "", line); sub(/".*/, "", line); return line }
        /<configuration/ { inside = 1 } /<\/configuration/ { inside = 0 }
        inside && /<(primitive|group|clone|bundle|template) / && id($0) != "fencing" { print "resource " id($0) }
        inside && /<rsc_(location|colocation|order|ticket) / { print "constraint " id($0) }
        inside && /name="(standby|maintenance)"/ && /value="(on|true|yes|1)"/ { print "node attribute " id($0) }
        inside && /name="(maintenance-mode|stop-all-resources|no-quorum-policy)"/ && !/value="(false|stop)"/ { print "property " id($0) }
        inside && /name="stonith-enabled"/ && !/value="true"/ { print "property " id($0) }
    ' <<<"$cib")
    while read -r word; do LEFT+=("$word"); done < <(awk -F'"' '/<failure / { print "failed operation " $2 }' <<<"$CLUSTER_XML")
}

# Fills LINES_OUT, PROBLEMS and LEFT.
look_at_lab() {
    local node name
    LINES_OUT=() PROBLEMS=() LEFT=()
    read_cluster || problem "no node's pacemaker answers"
    for node in $(all_nodes); do check_node "$node"; done
    grep -q 'resource id="fencing".* active="true".* failed="false"' <<<"$CLUSTER_XML" || problem "the fence device is not running"
    for name in $(guest_names); do
        load_guest "$name"
        guest_services_run || problem "the disk server or recorder of $name does not run"
    done
}

is_healthy() {
    look_at_lab
    [ "${#PROBLEMS[@]}" = 0 ]
}

verb_status() {
    local clean='' line
    case ${1-} in
    '') ;;
    --clean) clean=yes ;;
    *) die "status [--clean]" ;;
    esac
    load_lab
    find_rack || { say "is not running" && exit 1; }
    look_at_lab
    [ -e "$LAB_DIR/ready" ] || problem "'up' never finished"
    say "$NODES nodes, token $TOKEN ms, from $BUILD"
    printf '%s\n' "${LINES_OUT[@]}"
    for line in ${PROBLEMS[@]+"${PROBLEMS[@]}"}; do echo "not healthy: $line"; done
    [ -z "$clean" ] || {
        check_left_overs
        for line in ${LEFT[@]+"${LEFT[@]}"}; do echo "left over: $line"; done
    }
    [ "${#PROBLEMS[@]}" = 0 ] && { [ -z "$clean" ] || [ "${#LEFT[@]}" = 0 ]; }
}
