# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# shellcheck disable=SC2154 # lab comes from lib.sh
# What the scenarios of the replicated state (state_*) share. Source lib.sh first.
#
# The migration service is a clone under Pacemaker, looked at every two seconds, or, with "state_begin hand", started
# and stopped by the scenario through the agent. Fencing is off unless the scenario wants it, so that a part without
# quorum can be looked at; the cluster is told to freeze then. The store loses at a power loss what was not synced.

STATE_DAEMON=/run/hvc-lab/lab/machine/hvclusterd # hvclusterd with tests/lab/unsynced.h
STATE_WRITER=$PWD/$HVC_BUILD/tests/lab/tools/hvc-writer
STATE_LISTS=build/tests/state-$HVC_LAB # the writers' own lists, outside the cluster
STATE_SETTING=bandwidth       # what the writers change
STATE_MODE=clone
STATE_NODES=3
nodes=(n1 n2 n3)
declare -A writers=() # by node: the process outside the lab

# ---- the service ----

by_hand() { service_agent "$1" "$2" "binary=$STATE_DAEMON"; } # by_hand NODE start|stop|monitor
up_by_hand() {
    local node
    for node; do by_hand "$node" start >>build/tests/state-agent.log 2>&1 || return 1; done
}
down_by_hand() {
    local node
    for node; do by_hand "$node" stop >>build/tests/state-agent.log 2>&1 || return 1; done
}
forget_stores() { # of nodes whose service is stopped
    local node
    for node; do on "$node" find /var/lib/hvcluster /var/lib/hvc-lab-unsynced -mindepth 1 -delete; done
}

# ---- what a node says ----

# tells NODE FILTER: of its cluster state, by its own status; empty when it does not answer
tells() { on "$1" hvcluster status --output-as=json --timeout=4 2>/dev/null | jq -r ".data.cluster_state$2" 2>/dev/null; }
health() { tells "$1" .health; }
is_health() { [ "$(health "$1")" = "$2" ]; } # is_health NODE WORD
votes_here() { tells "$1" '|[.health, .view.primary|tostring]|join(" ")' | grep -qx 'voting true'; }
all_vote() { # all_vote [NODE...]
    local node
    [ $# -gt 0 ] || set -- "${nodes[@]}"
    for node; do votes_here "$node" || return 1; done
}
waits_for() { [ "$(tells "$1" .waits.for)" = "$2" ]; } # waits_for NODE WORD
stale_at() { [ "$(tells "$1" .stale)" = true ]; }
show_states() {
    local node
    for node in "${nodes[@]}"; do
        echo "-- $node: $(on "$node" hvcluster status --output-as=json --timeout=4 2>&1 | jq -c '.data.cluster_state // . |
            [.health, .summary, .view.epoch, .log.commit, .log.applied, .log.digest, .store.condition]' 2>&1)"
    done
}
state_of() { tells "$1" '.log|[.cluster_id, (.applied|tostring), .digest]|join(" ")'; }
# same_state [NODE...]: the same history, the same applied index, the same digest, and not an empty answer
same_state() {
    local node first='' this
    [ $# -gt 0 ] || set -- "${nodes[@]}"
    for node; do
        this=$(state_of "$node")
        [[ $this =~ ^[0-9a-f]{32}\ [0-9]+\ [0-9a-f]{16}$ ]] || return 1
        [ -z "$first" ] || [ "$this" = "$first" ] || return 1
        first=$this
    done
}
# in_service SECONDS TEXT [NODE...]: they vote in a primary view and, when nobody writes, hold the same state; what they
# say when not
in_service() {
    local seconds=$1 text=$2
    shift 2
    if poll "$seconds" all_vote "$@" && { [ "${#writers[@]}" -gt 0 ] || poll 10 same_state "$@"; }; then
        ok "$text"
    else
        show_states
        not_ok "$text (not within $seconds s)"
    fi
}

# ---- settings ----

put_setting() { on "$1" hvcluster settings set "$2" "$3" --timeout="${4:-10}"; } # put_setting NODE NAME VALUE [SECONDS]
setting() { on "$1" hvcluster settings show --output-as=json --timeout=5 2>/dev/null | jq -r ".data.settings[]|select(.name == \"$2\").value" 2>/dev/null; }
has_setting() { [ "$(setting "$1" "$2")" = "$3" ]; } # has_setting NODE NAME VALUE
# takes_writes NODE: a change is acknowledged there, and read at every node of the scenario that serves
takes_writes() { put_setting "$1" deadline-s "$((RANDOM + 1))"; }
# refused_there NODE TEXT: a change is refused in time, with the exit code of "no quorum" and words that say so
refused_there() {
    local begin=$SECONDS output code
    output=$(put_setting "$1" deadline-s 4242 6 2>&1)
    code=$?
    if [ "$code" = 6 ] && grep -qiE 'quorum|not here|fenced|votes' <<<"$output" && [ $((SECONDS - begin)) -le 9 ]; then
        ok "$2"
    else
        echo "$output"
        show_states
        not_ok "$2 (exit code $code after $((SECONDS - begin)) s)"
    fi
}

# ---- writers ----

writers_begin() { # writers_begin NODE...: on each one a client that writes as fast as it is answered, with a breath
    local node
    mkdir -p "$STATE_LISTS"
    for node; do
        touch "$STATE_LISTS/$node"
        on "$node" "$STATE_WRITER" "${node#n}" "$STATE_SETTING" 20 90 <"$STATE_LISTS/$node" >>"$STATE_LISTS/$node" 2>>"$STATE_LISTS/$node.err" &
        writers[$node]=$!
    done
}
answered() { grep -c '^done ' "$STATE_LISTS/$1"; } # answered NODE: how many writes so far
# goes_on SECONDS NODE: its writer gets answers
answers_grow() { [ "$(answered "$1")" -gt "$2" ]; }
go_on() { # go_on SECONDS TEXT NODE...
    local seconds=$1 text=$2 node before
    shift 2
    for node; do
        before=$(answered "$node")
        if ! poll "$seconds" answers_grow "$node" "$((before + 2))"; then
            show_states
            tail -n 3 "$STATE_LISTS/$node"
            not_ok "$text (no answer at $node within $seconds s)"
            return
        fi
    done
    ok "$text"
}
writers_end() { # every writer gets the answer to its last write
    local node failed=
    for node in "${!writers[@]}"; do $lab kill "$node" hvc-writer TERM >/dev/null 2>&1; done
    for node in "${!writers[@]}"; do wait "${writers[$node]}" || failed+=" $node"; done
    writers=()
    [ -z "$failed" ] || show_states
    is "every writer is answered in the end" "$failed" ""
}
# The lists against each other: one index for each acknowledged write, epochs that never fall, and whoever read a state
# found in it the newest acknowledged write up to its index, no older and no other one.
judge_lists() {
    local node
    for node in "${nodes[@]}"; do sed "s/^/${node#n} /" "$STATE_LISTS/$node"; done | awk '
        $2 == "try" { value[$1, $3] = $5; tries[$1] = $3 }
        $2 == "done" {
            if (($1, $3) in index_of) wrong("write " $3 " of writer " $1 " was answered twice")
            index_of[$1, $3] = $4
            if ($4 + 0 == 0) wrong("write " $3 " of writer " $1 " was acknowledged without an index")
            if ($4 in at) wrong("index " $4 " was given to two writes")
            if ($4 + 0 <= last[$1] + 0) wrong("index " $4 " of writer " $1 " follows " last[$1])
            last[$1] = $4; at[$4] = value[$1, $3]; epoch[$4] = $5; count++; answered[$1] = $3
            if ($4 + 0 > top) top = $4 + 0
            if ($6 + 0 > worst) worst = $6 + 0
        }
        $2 == "not" { not_done++ }
        $2 == "unknown" { unknown++ }
        $2 == "read" { reads++; read_at[reads] = $3; read_value[reads] = $5; read_by[reads] = $1; stale += $6 == "stale" }
        function wrong(words) { print "WRONG: " words; bad++ }
        END {
            for (w in tries) if (answered[w] != tries[w]) wrong("write " tries[w] " of writer " w " has no answer")
            seen = ""; before = 0
            for (i = 1; i <= top; i++) {
                if (i in at) {
                    seen = at[i]
                    # 0: of a repeated request whose entry has been compacted
                    if (epoch[i] + 0 && epoch[i] + 0 < before + 0) wrong("epoch " epoch[i] " at " i " follows " before)
                    if (epoch[i] + 0) before = epoch[i]
                }
                in_force[i] = seen
            }
            for (r = 1; r <= reads; r++) {
                i = read_at[r] > top ? top : read_at[r]
                if (in_force[i] != "" && in_force[i] != read_value[r])
                    wrong("writer " read_by[r] " read " read_value[r] " at " read_at[r] ", not " in_force[i])
            }
            printf "# %d writes acknowledged, worst answer %d ms, %d refused, %d of unknown outcome repeated, %d reads, %d stale\n", \
                count, worst, not_done, unknown, reads, stale
            if (!count) wrong("nothing was acknowledged")
            print "top " top " " at[top]
            exit bad > 0
        }'
}
# Each acknowledged write stands at its index in the log of each node, as a copy of the node's store shows it.
judge_logs() {
    local node list copy=/tmp/judged.db checked bad=0
    for node in "${nodes[@]}"; do
        on "$node" rm -f "$copy"
        on "$node" hvcluster backup "$copy" --timeout=20 >/dev/null || { echo "WRONG: no copy of the store of $node" && return 1; }
        on "$node" sqlite3 -separator ' ' "$copy" 'SELECT idx, lower(hex(token)) FROM entry' >"$STATE_LISTS/$node.log"
        on "$node" rm -f "$copy"
        checked=0
        for list in "${nodes[@]}"; do
            awk '$1 == "try" { token[$2] = substr($3, 1, 32) } $1 == "done" { print $3, token[$2] }' "$STATE_LISTS/$list"
        done >"$STATE_LISTS/acknowledged"
        checked=$(awk -v node="$node" '
            NR == FNR { entry[$1] = $2; next }
            $1 in entry { checked++; if (entry[$1] != $2 && bad++ < 5) print "WRONG: " node " has another entry at " $1 > "/dev/stderr" }
            END { print checked + 0; exit bad > 0 }' "$STATE_LISTS/$node.log" "$STATE_LISTS/acknowledged") || bad=1
        echo "# $node: $checked acknowledged writes found in its log"
        [ "$checked" -gt 0 ] || bad=1
    done
    [ "$bad" = 0 ]
}
# The end of a scenario with writers: nothing lost, nothing twice, the same everywhere.
judge() {
    local top output node
    writers_end
    in_service 30 "all nodes hold the same state"
    if output=$(judge_lists); then
        ok "every acknowledged write has one place in the order, and nobody read anything else"
    else
        not_ok "every acknowledged write has one place in the order, and nobody read anything else"
    fi
    grep -v '^top' <<<"$output"
    check "every acknowledged write is in the log of every node" judge_logs
    top=$(awk '$1 == "top" { print $3 }' <<<"$output")
    for node in "${nodes[@]}"; do is "$node shows the last acknowledged value" "$(setting "$node" "$STATE_SETTING")" "${top:-none}"; done
}

# ---- begin and end ----

state_begin() { # state_begin [hand] [fencing]
    local word fencing=false
    for word; do
        case $word in
        hand) STATE_MODE=hand ;;
        fencing) fencing=true ;;
        esac
    done
    mkdir -p build/tests
    rm -rf "$STATE_LISTS"
    if ! $lab up --nodes "$STATE_NODES" >"build/tests/lab-up-$HVC_LAB.log" 2>&1; then
        cat "build/tests/lab-up-$HVC_LAB.log"
        not_ok "the lab comes up"
        group_end
    fi
    trap scenario_abort EXIT
    forget_stores "${nodes[@]}"
    n1 pcs property set "stonith-enabled=$fencing" no-quorum-policy=freeze
    [ "$STATE_MODE" = clone ] || return 0
    n1 pcs resource create migration-service ocf:hvcluster:MigrationService "binary=$STATE_DAEMON" \
        op monitor interval=2s timeout=20s clone interleave=true || {
        not_ok "the migration service is configured"
        group_end
    }
    within 30 "the migration service runs on every node" service_runs
    in_service 30 "the nodes, all empty, make a history by themselves"
}
state_end() {
    local node
    for node in "${!writers[@]}"; do $lab kill "$node" hvc-writer >/dev/null 2>&1; done
    for node in "${nodes[@]}"; do
        $lab power unjam "$node"
        poll 60 eval "$lab power status $node | grep -qx on || $lab power on $node"
    done
    $lab heal all >/dev/null 2>&1
    poll 60 eval '[ "$(all_nodes_of_lab | wc -l)" = "$STATE_NODES" ]'
    [ "$STATE_MODE" = clone ] || down_by_hand "${nodes[@]}"
    n1 pcs resource delete --force migration-service >/dev/null 2>&1
    n1 pcs property set stonith-enabled=true no-quorum-policy= >/dev/null 2>&1
    poll 30 eval '! on n1 pgrep -x hvclusterd'
    forget_stores "${nodes[@]}"
    scenario_end
}
