# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# The resource agents' cost. Sourced by tests/bench/run.

export HVC_LAB=${HVC_LAB:-bench}
lab=tests/lab/lab
measure=$PWD/build/release/tests/bench/hvc-measure
ours=/usr/lib/ocf/resource.d/hvcluster/VirtualSystem
theirs=/usr/lib/ocf/resource.d/heartbeat/VirtualDomain
guests=(b1 b2 b3 b4 b5 b6 b7 b8)
rounds_monitor=40 rounds_migrate=7 rounds_move=3 rounds_drain=3 rounds_staged=9 rounds_many=5
[ -z "$short" ] || rounds_monitor=10 rounds_migrate=3 rounds_move=1 rounds_drain=1 rounds_staged=2 rounds_many=1
log=build/bench-agent.log

quietly() { "$@" >>"$log" 2>&1; }
give_up() {
    echo "tests/bench/run: $*; the end of $log:" >&2
    tail -n 20 "$log" >&2
    return 1
}
# Every guest has a resource of each agent, ours-GUEST and theirs-GUEST; at most one of the two is enabled at any time.
resources() { printf "$1-%s\n" "${guests[@]:0:${2:-8}}"; } # resources ours|theirs [COUNT]

# as_agent NODE SECONDS COMMAND...: runs it there as Pacemaker would run an agent's operation on the guest b1.
as_agent() {
    local node=$1 timeout_s=$2 type=VirtualSystem provider=hvcluster instance=ours-b1
    shift 2
    case $* in
    *"$theirs"*) type=VirtualDomain provider=heartbeat instance=theirs-b1 ;; # its functions are found by its type
    esac
    $lab exec "$node" env OCF_ROOT=/usr/lib/ocf OCF_RA_VERSION_MAJOR=1 OCF_RA_VERSION_MINOR=1 \
        OCF_RESOURCE_INSTANCE=$instance OCF_RESOURCE_PROVIDER=$provider OCF_RESOURCE_TYPE=$type \
        HA_RSCTMP=/run/resource-agents \
        OCF_RESKEY_config=/etc/hvcluster/guests/b1.xml OCF_RESKEY_hypervisor=qemu:///system \
        OCF_RESKEY_migration_transport=tls OCF_RESKEY_CRM_meta_timeout=$((timeout_s * 1000)) \
        OCF_RESKEY_CRM_meta_interval=10000 OCF_RESKEY_CRM_meta_on_node="$node" \
        OCF_RESKEY_CRM_meta_migrate_source="${source_node-}" OCF_RESKEY_CRM_meta_migrate_target="${target_node-}" "$@"
}
# once NODE COMMAND...: wall milliseconds of one run, measured in the node, where starting a command costs nothing extra.
once() {
    local node=$1
    shift
    as_agent "$node" 120 "$measure" -w 0 -n 1 -- "$@" 2>>"$log" | field wall_ms
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

# One primitive with the operations of the documentation. primitive ours|theirs GUEST PROVIDER:TYPE [NAME=VALUE...]
primitive() {
    local id=$1-$2 provider=${3%:*} type=${3#*:} guest=$2 pair
    shift 3
    echo "<primitive id='$id' class='ocf' provider='$provider' type='$type'><instance_attributes id='$id-parameters'>"
    for pair in "config=/etc/hvcluster/guests/$guest.xml" "$@"; do
        echo "<nvpair id='$id-${pair%%=*}' name='${pair%%=*}' value='${pair#*=}'/>"
    done
    echo "</instance_attributes><operations>"
    for pair in start=90 stop=120 migrate_to=300 migrate_from=90; do
        echo "<op id='$id-${pair%=*}' name='${pair%=*}' interval='0' timeout='${pair#*=}'/>"
    done
    echo "<op id='$id-monitor' name='monitor' interval='10' timeout='30'/></operations><meta_attributes id='$id-meta'>" \
        "<nvpair id='$id-allow' name='allow-migrate' value='true'/>" \
        "<nvpair id='$id-role' name='target-role' value='Stopped'/></meta_attributes></primitive>"
}
configure() {
    local guest
    {
        echo "<resources>"
        for guest in "${guests[@]}"; do
            primitive ours "$guest" hvcluster:VirtualSystem
            primitive theirs "$guest" heartbeat:VirtualDomain migration_transport=tls hypervisor=qemu:///system \
                migrate_options=--tls autoset_utilization_cpu=false autoset_utilization_hv_memory=false \
                autoset_utilization_host_memory=false
        done
        echo "</resources>"
    } | quietly $lab exec n1 cibadmin --modify --scope resources --xml-pipe && until_true 120 they_run 0 n1 n2 n3 && calm 60 ||
        give_up "the resources cannot be configured"
}

bench_monitor() {
    local a b bare without=(env OCF_RESKEY_autoset_utilization_cpu=false OCF_RESKEY_autoset_utilization_host_memory=false
        OCF_RESKEY_autoset_utilization_hv_memory=false)
    as_agent n1 60 $ours start >>"$log" 2>&1 || give_up "the guest b1 does not start" || return 1
    a=$(as_agent n1 30 "$measure" -n $rounds_monitor -- $ours monitor 2>>"$log") || give_up "our monitor failed" || return 1
    b=$(as_agent n1 30 "$measure" -n $rounds_monitor -- $theirs monitor 2>>"$log") ||
        give_up "VirtualDomain's monitor failed" || return 1
    bare=$(as_agent n1 30 "${without[@]}" "$measure" -n $rounds_monitor -- $theirs monitor 2>>"$log") ||
        give_up "VirtualDomain's monitor without utilization failed" || return 1
    local a_cpu b_cpu bare_cpu
    a_cpu=$(field cpu_ms <<<"$a")
    b_cpu=$(field cpu_ms <<<"$b")
    bare_cpu=$(field cpu_ms <<<"$bare")
    row "monitor, CPU with children" "$a_cpu" "$b_cpu" ms "$(calc "$b_cpu / $a_cpu" 1)" "theirs/ours >= 40, ours <= 3 ms"
    row "  theirs with autoset_utilization_*=false" "$a_cpu" "$bare_cpu" ms "$(calc "$bare_cpu / $a_cpu" 1)" ""
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
    for ((i = 0; i < rounds_migrate; i++)); do
        ms=$(once "$source_node" $ours migrate_to) && [ -n "$ms" ] || give_up "migrate_to failed" || return 1
        to+=("$ms")
        ms=$(once "$target_node" $ours migrate_from) && [ -n "$ms" ] || give_up "migrate_from failed" || return 1
        from+=("$ms")
        swap=$source_node source_node=$target_node target_node=$swap
        ms=$(once "$source_node" virsh migrate --live --p2p --tls "$uuid" "qemu+tls://$target_node/system") && [ -n "$ms" ] ||
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

# In n1. "crm_resource --wait" looks every two seconds, too coarse a clock for this: here the scheduler's state is asked
# for ten times a second.
# "empty": and no emulator runs in the node.
# shellcheck disable=SC2016 # for the node's shell
CALM='
deadline=$((SECONDS + $1))
while :; do
    if [ "$2" != empty ] || ! pgrep -x qemu-system-x86 >/dev/null; then
        dc=$(crmadmin -D -q 2>/dev/null) && [ "$(crmadmin -S "$dc" -q 2>/dev/null)" = S_IDLE ] && exit 0
    fi
    [ "$SECONDS" -lt "$deadline" ] || exit 1
    sleep 0.1
done'
calm() { quietly $lab exec n1 bash -c "$CALM" calm "$1" "${2-}"; }
guests_on() { # how many run there, by the kernel's word
    $lab exec "$1" pgrep -c -x qemu-system-x86
}
until_true() { # until_true SECONDS COMMAND...
    local deadline=$((SECONDS + $1))
    shift
    until "$@"; do
        [ "$SECONDS" -lt "$deadline" ] || return 1
        sleep 0.2
    done
}
running() { # running NODE...: sum
    local node sum=0
    for node in "$@"; do sum=$((sum + $(guests_on "$node"))); done
    echo $sum
}
they_run() { # they_run COUNT NODE...
    local count=$1
    shift
    [ "$(running "$@")" = "$count" ]
}
none_runs() { ! guests_on n1 && ! guests_on n2 && ! guests_on n3; } >/dev/null
# enable ours|theirs COUNT: these guests, by that agent, on n1. First every guest is stopped everywhere: to the other
# agent a guest that still runs elsewhere would look like one that must be started.
enable() {
    mapfile -t all < <(resources ours && resources theirs)
    mapfile -t wanted < <(resources "$1" "$2")
    shift
    quietly $lab exec n1 pcs resource disable "${all[@]}" && until_true 120 they_run 0 n1 n2 n3 && calm 60 &&
        quietly $lab exec n1 pcs node unstandby n1 && quietly $lab exec n1 pcs resource enable "${wanted[@]}" &&
        until_true 90 they_run "$@" && calm 60
}
prefer_n1() {
    local resource
    {
        echo "<constraints>"
        for resource in $(resources ours) $(resources theirs); do
            echo "<rsc_location id='$resource-n1' rsc='$resource' node='n1' score='10'/>"
        done
        echo "</constraints>"
    } | quietly $lab exec n1 cibadmin --modify --scope constraints --xml-pipe && calm 30
}
move_once() { # move_once RESOURCE: to n1, or n2 if it is there; pcs waits for the end of it
    local target=n1
    ! they_run 1 n1 || target=n2
    quietly $lab exec n1 pcs resource move "$1" $target && they_run 1 $target
}
drain_once() { quietly $lab exec n1 pcs node standby n1 && calm 240 empty; }

# Both agents in turn, so that both see the same machine.
bench_cluster() {
    local agent i ms ours_moves=() theirs_moves=() ours_drains=() theirs_drains=()
    for agent in ours theirs; do
        local -n moves=${agent}_moves
        enable "$agent" 1 n1 n2 n3 || give_up "b1 does not start ($agent)" || return 1
        for ((i = 0; i < rounds_move; i++)); do
            ms=$(timed move_once "$agent-b1") || give_up "moving b1 failed ($agent)" || return 1
            moves+=("$ms")
        done
    done
    prefer_n1 || give_up "the resources cannot be configured" || return 1
    for ((i = 0; i < rounds_drain; i++)); do
        for agent in ours theirs; do
            local -n drains=${agent}_drains
            enable "$agent" 8 n1 || give_up "the guests do not start on n1 ($agent)" || return 1
            ms=$(timed drain_once) || give_up "draining n1 failed ($agent)" || return 1
            drains+=("$ms")
        done
    done
    local a b
    a=$(printf '%s\n' "${ours_moves[@]}" | median)
    b=$(printf '%s\n' "${theirs_moves[@]}" | median)
    row "pcs resource move, whole" "$a" "$b" ms "$(calc "$a / $b")" ""
    a=$(printf '%s\n' "${ours_drains[@]}" | median)
    b=$(printf '%s\n' "${theirs_drains[@]}" | median)
    row "drain of 8 guests by standby" "$a" "$b" ms "$(calc "$a / $b")" "ours/theirs <= 1.0"
    figure drain8_ratio "$(calc "$a / $b")"
}

# A whole "hvcluster move" of a managed guest, from the order to the end of its job, beside a bare virsh migrate of a guest
# like it that nobody manages, in turn and there and back. The blackout is the longest gap in the guest's own ticks.
blackout() { $lab guest marks "$1" --json --since "$2" | field max_gap_ms | head -n 1; }
# staged_rounds ROUNDS: b1 is started, by Pacemaker; fills the caller's arrays
staged_rounds() {
    local source_node=n1 target_node=n2 uuid swap ms since i
    they_run 1 n1 || { quietly $lab exec n1 hvcluster move b1 n1 && calm 60; } || give_up "b1 does not move to n1" || return 1
    quietly $lab exec n1 virsh create /etc/hvcluster/guests/b2.xml || give_up "b2 does not start" || return 1
    uuid=$($lab exec n1 virsh domuuid b2 | tr -d '[:space:]')
    for ((i = 0; i < $1; i++)); do
        since=$(date +%s.%N)
        ms=$(once "$source_node" hvcluster move b1 "$target_node") && [ -n "$ms" ] || give_up "hvcluster move failed" || return 1
        staged+=("$ms")
        staged_rest+=("$(calc "$ms - $(copied_ms "$target_node" b1)")")
        quietly $lab exec n1 hvcluster jobs --guest b1 --limit 1 --output-as=json
        calm 60
        staged_gap+=("$(blackout b1 "$since")")
        since=$(date +%s.%N)
        ms=$(once "$source_node" virsh migrate --live --p2p --tls "$uuid" "qemu+tls://$target_node/system") && [ -n "$ms" ] ||
            give_up "virsh migrate failed" || return 1
        bare+=("$ms")
        bare_rest+=("$(calc "$ms - $(copied_ms "$target_node" b2)")")
        calm 60
        bare_gap+=("$(blackout b2 "$since")")
        swap=$source_node source_node=$target_node target_node=$swap
    done
    quietly $lab exec "$source_node" virsh destroy b2 || give_up "b2 does not end" || return 1
}
# beside WHAT KEY BAR OURS-ARRAY BARE-ARRAY: a row of two medians, and (KEY) the figure of their difference
beside() {
    local -n ours_values=$4 bare_values=$5
    local a b
    a=$(printf '%s\n' "${ours_values[@]}" | median)
    b=$(printf '%s\n' "${bare_values[@]}" | median)
    row "$1" "$a" "$b" ms "$(calc "$a / $b")" "$3"
    [ -z "$2" ] || figure "$2" "$(calc "$a - $b")"
}
# The only guest that Pacemaker has.
bench_staged() {
    local staged=() bare=() staged_rest=() bare_rest=() staged_gap=() bare_gap=()
    { echo "<resources>" && primitive ours b1 hvcluster:VirtualSystem && echo "</resources>"; } |
        quietly $lab exec n1 cibadmin --modify --scope resources --xml-pipe || give_up "b1 cannot be configured" || return 1
    quietly $lab exec n1 pcs resource create migration-service ocf:hvcluster:MigrationService clone interleave=true && calm 60 &&
        quietly $lab exec n1 pcs resource enable ours-b1 && until_true 90 they_run 1 n1 n2 n3 && calm 60 ||
        give_up "b1 does not start (staged)" || return 1
    staged_rounds $rounds_staged || return 1
    beside "hvcluster move, managed, beside bare virsh" "" "" staged bare
    beside "  without QEMU's own time" staged_overhead_ms "ours - bare <= 500 ms" staged_rest bare_rest
    beside "  blackout of the guest" staged_blackout_ms "ours - bare <= 5 ms" staged_gap bare_gap
}
# Among the fifteen resources of the other guests, which are stopped: each change of the CIB is that much more to check.
bench_staged_many() {
    local staged=() bare=() staged_rest=() bare_rest=() staged_gap=() bare_gap=()
    enable ours 1 n1 n2 n3 || give_up "b1 does not start (staged, many)" || return 1
    # hvcluster does not move what another agent's resource would start again, nor what Pacemaker would take back
    quietly $lab exec n1 pcs resource delete --force theirs-b1 && quietly $lab exec n1 pcs constraint delete ours-b1-n1 && calm 60 ||
        give_up "b1 is not left to hvcluster" || return 1
    staged_rounds $rounds_many || return 1
    beside "hvcluster move among 16 guests' resources" "" "" staged bare
    beside "  without QEMU's own time" staged_many_ms "" staged_rest bare_rest
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
    row "what" ours theirs unit ratio bar
    bench_staged && configure && bench_monitor && bench_migrate && bench_cluster && bench_staged_many || status=1
    return "$status"
}
