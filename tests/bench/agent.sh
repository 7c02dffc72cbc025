# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# The resource agents' cost. Sourced by tests/bench/run.

export HVC_LAB=${HVC_LAB:-bench}
lab=tests/lab/lab
measure=$PWD/build/release/tests/bench/hvc-measure
ours=/usr/lib/ocf/resource.d/hvcluster/VirtualSystem
theirs=/usr/lib/ocf/resource.d/heartbeat/VirtualDomain
guests=(b1 b2 b3 b4 b5 b6 b7 b8)
log=build/bench-agent.log

quietly() { "$@" >>"$log" 2>&1; }
give_up() {
    echo "tests/bench/run: $*; the end of $log:" >&2
    tail -n 20 "$log" >&2
    return 1
}
# in_node NODE: runs the rest there as Pacemaker would run an agent for guest b1.
as_agent() {
    local node=$1 timeout_s=$2 type=VirtualSystem provider=hvcluster
    shift 2
    case $* in
    *"$theirs"*) type=VirtualDomain provider=heartbeat ;; # its functions are found by its type
    esac
    $lab exec "$node" env OCF_ROOT=/usr/lib/ocf OCF_RA_VERSION_MAJOR=1 OCF_RA_VERSION_MINOR=1 OCF_RESOURCE_INSTANCE=b1 \
        OCF_RESOURCE_PROVIDER=$provider OCF_RESOURCE_TYPE=$type HA_RSCTMP=/run/resource-agents \
        OCF_RESKEY_config=/etc/hvcluster/guests/b1.xml OCF_RESKEY_hypervisor=qemu:///system \
        OCF_RESKEY_migration_transport=tls OCF_RESKEY_CRM_meta_timeout=$((timeout_s * 1000)) \
        OCF_RESKEY_CRM_meta_interval=10000 OCF_RESKEY_CRM_meta_on_node="$node" \
        OCF_RESKEY_CRM_meta_migrate_source="${source_node-}" OCF_RESKEY_CRM_meta_migrate_target="${target_node-}" "$@"
}
timed() { # milliseconds of a command, which must succeed
    local begin
    begin=$(now_ms)
    "$@" >>"$log" 2>&1 || return 1
    echo $(($(now_ms) - begin))
}
programs_of() { # programs that an agent's monitor starts
    as_agent n1 30 strace -f -qq -e trace=execve -o /tmp/bench-strace "$1" monitor >>"$log" 2>&1
    $lab exec n1 grep -c ' = 0$' /tmp/bench-strace
    $lab exec n1 rm -f /tmp/bench-strace
}

bench_monitor() {
    local a b
    as_agent n1 60 $ours start >>"$log" 2>&1 || give_up "the guest b1 does not start" || return 1
    a=$(as_agent n1 30 "$measure" -n 40 -- $ours monitor) || give_up "our monitor failed" || return 1
    b=$(as_agent n1 30 "$measure" -n 40 -- $theirs monitor) || give_up "VirtualDomain's monitor failed" || return 1
    local a_cpu b_cpu
    a_cpu=$(field cpu_ms <<<"$a")
    b_cpu=$(field cpu_ms <<<"$b")
    row "monitor, CPU with children" "$a_cpu" "$b_cpu" "ms" "$(calc "$b_cpu / $a_cpu" 1)" ">= 40, ours <= 3 ms"
    row "monitor, wall" "$(field wall_ms <<<"$a")" "$(field wall_ms <<<"$b")" ms \
        "$(calc "$(field wall_ms <<<"$b") / $(field wall_ms <<<"$a")" 1)" ""
    row "monitor, programs started" "$(programs_of $ours)" "$(programs_of $theirs)" programs "" "ours 1"
    figure monitor_cpu_ms "$a_cpu"
    figure monitor_ratio "$(calc "$b_cpu / $a_cpu")"
}

# Ours and bare virsh in turn, there and back, so that both see the same machine.
bench_migrate() {
    local to=() bare=() from=() source_node=n1 target_node=n2 uuid swap ms
    uuid=$($lab exec n1 virsh domuuid b1 | tr -d '[:space:]')
    for _ in 1 2 3 4 5 6 7; do
        ms=$(timed as_agent "$source_node" 120 $ours migrate_to) || give_up "migrate_to failed" || return 1
        to+=("$ms")
        ms=$(timed as_agent "$target_node" 60 $ours migrate_from) || give_up "migrate_from failed" || return 1
        from+=("$ms")
        swap=$source_node source_node=$target_node target_node=$swap
        ms=$(timed $lab exec "$source_node" virsh migrate --live --p2p --tls "$uuid" "qemu+tls://$target_node/system") ||
            give_up "virsh migrate failed" || return 1
        bare+=("$ms")
        swap=$source_node source_node=$target_node target_node=$swap
    done
    local to_ms bare_ms from_ms
    to_ms=$(printf '%s\n' "${to[@]}" | median)
    bare_ms=$(printf '%s\n' "${bare[@]}" | median)
    from_ms=$(printf '%s\n' "${from[@]}" | median)
    row "migrate_to beside a bare virsh migrate" "$to_ms" "$bare_ms" ms "$(calc "$to_ms / $bare_ms")" "ours - bare <= 100 ms"
    row "migrate_from" "$from_ms" "" ms "" "<= 50 ms"
    figure migrate_to_overhead_ms "$(calc "$to_ms - $bare_ms")"
    figure migrate_from_ms "$from_ms"
    as_agent n1 120 $ours stop >>"$log" 2>&1 || give_up "the guest b1 does not stop" || return 1
}

create_resources() { # create_resources ocf:PROVIDER:TYPE COUNT [PARAMETER...]
    local agent=$1 count=$2 guest
    shift 2
    for guest in "${guests[@]:0:$count}"; do
        quietly $lab exec n1 pcs resource create "$guest" "$agent" "config=/etc/hvcluster/guests/$guest.xml" "$@" \
            op start timeout=90s stop timeout=120s monitor interval=10s timeout=30s migrate_to timeout=300s \
            migrate_from timeout=90s meta allow-migrate=true || return 1
    done
    quietly $lab exec n1 crm_resource --wait --timeout=180
}
prefer_n1() { # after the moves: pcs moves nothing that would come back
    local guest
    for guest in "${guests[@]}"; do
        quietly $lab exec n1 pcs constraint location "$guest" prefers n1=10 || return 1
    done
}
delete_resources() {
    local guest
    for guest in "$@"; do
        quietly $lab exec n1 pcs resource delete "$guest" || return 1
    done
    quietly $lab exec n1 crm_resource --wait --timeout=180
}
all_on() { # all guests run there by libvirt's word
    [ "$($lab exec "$1" virsh list --name 2>>"$log" | grep -c '^b')" = "$2" ]
}
b1_on() { [ "$($lab exec "$1" virsh domstate b1 2>>"$log" | head -n 1)" = running ]; }
move_once() {
    quietly $lab exec n1 pcs resource move b1 "$1" && quietly $lab exec n1 crm_resource --wait --timeout=120 && b1_on "$1"
}
drain_once() {
    quietly $lab exec n1 pcs node standby n1 && quietly $lab exec n1 crm_resource --wait --timeout=240 && all_on n1 0
}
# For one agent: median of whole moves, and of drains, in milliseconds; "MOVE DRAIN".
moves_and_drains() {
    local moves=() drains=() ms target
    create_resources "$@" || return 1
    for _ in 1 2 3 4; do
        target=n1
        ! b1_on n1 || target=n2
        ms=$(timed move_once "$target") || return 1
        moves+=("$ms")
    done
    prefer_n1 || return 1
    for _ in 1 2 3; do
        quietly $lab exec n1 crm_resource --wait --timeout=240
        all_on n1 8 || return 1
        ms=$(timed drain_once) || return 1
        drains+=("$ms")
        quietly $lab exec n1 pcs node unstandby n1 && quietly $lab exec n1 crm_resource --wait --timeout=240
    done
    echo "$(printf '%s\n' "${moves[@]}" | median) $(printf '%s\n' "${drains[@]}" | median)"
    delete_resources "${guests[@]}"
}

bench_cluster() {
    local a b
    a=$(moves_and_drains ocf:hvcluster:VirtualSystem 8) || give_up "moving our resources failed" || return 1
    b=$(moves_and_drains ocf:heartbeat:VirtualDomain 8 migration_transport=tls hypervisor=qemu:///system \
        autoset_utilization_cpu=false autoset_utilization_hv_memory=false autoset_utilization_host_memory=false) ||
        give_up "moving VirtualDomain's resources failed" || return 1
    row "pcs resource move, whole" "${a% *}" "${b% *}" ms "$(calc "${a% *} / ${b% *}")" ""
    row "drain of 8 guests by standby" "${a#* }" "${b#* }" ms "$(calc "${a#* } / ${b#* }")" "<= 1.0"
    figure drain8_ratio "$(calc "${a#* } / ${b#* }")"
}

bench() {
    local guest status=0
    : >"$log"
    trap 'quietly $lab down' EXIT
    trap 'exit 130' INT TERM HUP
    quietly $lab up --build build/release || give_up "the lab does not come up" || return 1
    for guest in "${guests[@]}"; do
        quietly $lab guest create "$guest" || give_up "the guest $guest cannot be made" || return 1
    done
    quietly $lab exec n1 pcs resource create migration-service ocf:hvcluster:MigrationService clone interleave=true
    quietly $lab exec n1 crm_resource --wait --timeout=60
    row "what" ours theirs unit ratio bar
    bench_monitor && bench_migrate && bench_cluster || status=1
    return "$status"
}
