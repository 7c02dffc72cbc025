# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# up and down.

take_up_options() {
    NODES=3 TOKEN=1000 BUILD=${HVC_BUILD:-$(dirname "$(dirname "$LAB_HOME")")/build/dev} FRESH=
    while [ $# -gt 0 ]; do
        case $1 in
        --nodes) need_value "$@" && NODES=$2 && shift ;;
        --token) need_value "$@" && TOKEN=$2 && shift ;;
        --build) need_value "$@" && BUILD=$2 && shift ;;
        --fresh) FRESH=yes ;;
        *) die "up: what is '$1'?" ;;
        esac
        shift
    done
    [[ $NODES =~ ^[1-9]$ ]] || die "--nodes wants 1 to 9, not '$NODES'"
    [[ $TOKEN =~ ^[0-9]{3,5}$ ]] || die "--token wants milliseconds, 100 to 99999, not '$TOKEN'"
    BUILD=$(readlink -f "$BUILD") || die "--build: there is no folder '$BUILD'"
    check_build
}

# Was this lab made with these parameters, and from what the build folder holds now?
same_lab() {
    local nodes=$NODES token=$TOKEN build=$BUILD differ=
    (
        load_lab
        [ "$NODES $TOKEN $BUILD" = "$nodes $token $build" ]
    ) || return 1
    stage_build "$LAB_DIR/stage.new" || return 1
    diff -rq --no-dereference "$LAB_DIR/stage" "$LAB_DIR/stage.new" >/dev/null 2>&1 || differ=yes
    rm -rf "$LAB_DIR/stage.new"
    [ -z "$differ" ]
}

cluster_is_up() {
    local node
    for node in $(all_nodes); do
        node_pid "$node" || continue
        # shellcheck disable=SC2154 # NODES comes from lab.conf
        in_node "$node" crm_mon --one-shot --output-as=xml 2>/dev/null | awk -v nodes="$NODES" '
            /<current_dc present="true".*with_quorum="true"/ { dc = 1 }
            /<node name=.* type="member"/ && / online="true"/ && / pending="false"/ && / unclean="false"/ { online++ }
            /<resource id="fencing".* active="true".*failed="false"/ { fencing = 1 }
            END { exit !(dc && online == nodes && fencing) }'
        return
    done
    return 1
}

libvirt_is_up() {
    local node
    for node in $(all_nodes); do
        in_node "$node" virsh -c "qemu+tls://$node/system" uri || return 1
    done
}

wait_until_up() {
    PAUSE=0.3 poll 60 cluster_is_up || { warn "the cluster did not come up in 60 s; 'logs n1' tells more" && return 1; }
    poll 20 libvirt_is_up || { warn "libvirt does not answer over TLS" && return 1; }
    in_node n1 crm_resource --wait --timeout=30 >/dev/null || { warn "the cluster does not come to rest" && return 1; }
}

power_on_all() {
    local node
    for node in $(all_nodes); do
        node_pid "$node" || power_request on "$node" || return 1
    done
}

# Nodes on, cables whole: what a test or a crash may have left in a lab that was once complete.
repair_lab() {
    local node
    say "not healthy: repairing"
    rm -f "$LAB_DIR"/nodes/*/jammed
    heal_all
    for node in $(all_nodes); do
        node_pid "$node" || say "switching $node on"
    done
    power_on_all && restart_guest_services && wait_until_up
}

clear_lab() {
    end_rack || return 1
    find "$LAB_DIR" -mindepth 1 -maxdepth 1 ! -name lock -exec rm -rf {} +
}

verb_up() {
    local begin=$SECONDS
    take_up_options "$@"
    lock_lab
    if [ -z "$FRESH" ] && [ -e "$LAB_DIR/ready" ] && find_rack && same_lab; then
        load_lab
        if is_healthy; then
            say "is up already"
            return 0
        fi
        if repair_lab; then
            say "repaired in $((SECONDS - begin)) s"
            return 0
        fi
    fi
    [ ! -e "$LAB_DIR/lab" ] || say "another or unfinished lab of this name is replaced"
    clear_lab || fail "the former lab does not go away"
    create_lab || fail "the lab could not be made"
    load_lab
    start_rack "$BUILD" || fail "the rack did not start: $(tail -n 3 "$LAB_DIR/rack.log" 2>/dev/null)"
    need_rack
    power_on_all || fail "the nodes could not be switched on; see $LAB_DIR/rack.log"
    wait_until_up || exit 1
    touch "$LAB_DIR/ready"
    say "$NODES nodes up in $((SECONDS - begin)) s"
}

verb_down() {
    [ $# = 0 ] || die "down takes no argument"
    if [ ! -e "$LAB_DIR" ] && ! find_rack; then
        return 0
    fi
    lock_lab
    clear_lab || exit 1
    rm -f "$LAB_DIR/lock"
    rmdir "$LAB_DIR" || fail "$LAB_DIR could not be removed"
    rmdir /run/hvc-lab 2>/dev/null || true # other labs may be in it
}
