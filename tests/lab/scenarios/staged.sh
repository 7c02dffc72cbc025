# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# shellcheck disable=SC2154 # lab comes from lib.sh
# Staged moves under faults, for the scenarios named staged*: a move is brought to a step and held fast there, one fault comes, is taken back, and what must be true after any of them is asked. A scenario has, beside
# lib.sh, agent.sh and this:
#
#     rows=("hold none 0" ...)    # STEP FAULT BOOTS: how often the fault itself makes the guest boot, at most
#     inject FAULT                # functions; what the cluster does not bring back itself, the undoing brings back
#     undo FAULT
#     before; ahead FAULT; after FAULT    # or not: before the first row; before each row's move; when its job has ended
#     staged "$@"                 # all rows; --list prints them as the document has them (tests/lab/staged_table)
#
# While they run: $guest, $from, $to, $asker (a node that has no part in it), $dc, $job, $step. The name of a fault ends with the part of the
# node that it befalls (node_of).

guest=${guest:-web}
STAGED_TABLE=build/tests/staged.md
move_options=() # of hvcluster move
frozen=() # NODE PROCESS pairs that are stopped
job='' place='' step='' dc=''
given_up='' # not empty: the cluster's state was taken back to one without the job
# Both for lib.sh. What is waited for stays, and a look costs the other labs on the machine more than it gains here. A killed hvclusterd is
# back in three seconds; the default of its agent is ten.
# shellcheck disable=SC2034
PAUSE=0.3 service_options=(op monitor interval=3s timeout=20s)

# --- what stands ---
configuration() { on "$asker" cibadmin --query --scope configuration; }
marks_of_ours() { configuration | grep -o 'id="hvcluster-job-[0-9]*-[a-z]*"' | sort -u; }
nothing_left() {
    local now
    now=$(configuration) && [ -n "$now" ] && ! grep -q 'id="hvcluster-job-' <<<"$now"
}
field() { on "$1" hvcluster jobs show "$job" --output-as=json --timeout=5 2>/dev/null | jq -r ".data|(.$2 // .job.$2 // empty)" 2>/dev/null; } # field NODE NAME
# how_is NODE: the phase of the job there; "given-up" where it has to be so, and that node knows no such job
how_is() {
    if [ -n "$given_up" ]; then
        on "$1" hvcluster jobs show "$job" --timeout=5 2>&1 | grep -q "the cluster knows no job $job;" && echo given-up
    else
        field "$1" phase
    fi
}
phase_is() { [ "$(how_is "$asker")" = "$1" ]; }
step_is() { [ "$(field "$asker" step)" = "$1" ]; }
ended() { if [ -n "$given_up" ]; then phase_is given-up; else [ "$(field "$asker" ended)" = true ]; fi; }
has_mark() { marks_of_ours | grep -q -- "job-$job-$1\""; } # has_mark hold|here|pin
all_agree() {
    local node phase
    phase=$(how_is "$asker")
    [ -n "$phase" ] || return 1
    for node in n1 n2 n3; do [ "$(how_is "$node")" = "$phase" ] || return 1; done # also of one that is being fenced now
}
all_up() { [ "$(n1 crm_mon --one-shot --output-as=xml 2>/dev/null | grep -cE '<node name="n[1-3]" .*online="true".*pending="false"')" = 3 ]; }
runs_somewhere() { place=$(located "$guest") && [ -n "$place" ] && runs_here "$place" "$guest"; }
other_than() { # other_than NODE...: a node that is none of these
    local node
    for node in n1 n2 n3; do
        [[ " $* " = *" $node "* ]] || { echo "$node" && return; }
    done
}
node_of() { # node_of FAULT: whom it befalls, when it is one node
    case $1 in
    *-source | *-source-dc) echo "$from" ;;
    *-target | *-target-dc) echo "$to" ;;
    *-third) echo "$asker" ;;
    *-dc) echo "$dc" ;;
    esac
}
everywhere() { # everywhere COMMAND...: with each node as its last word, at once
    local node begun=() failed=0
    for node in n1 n2 n3; do "$@" "$node" & begun+=($!); done
    for node in "${begun[@]}"; do wait "$node" || failed=1; done
    return "$failed"
}
dc_of() { crmadmin_says=$(n1 crmadmin --dc_lookup 2>/dev/null) && sed -n 's/.*is: *\(n[0-9]\).*/\1/p' <<<"$crmadmin_says"; }

# --- what Pacemaker did with the guest, by its own log: "migrate_to@n1 migrate_from@n2 stop@n1" ---
declare -A log_lines=()
log_of() { $lab logs "$1" pacemaker/pacemaker.log 2>/dev/null; }
remember_log() {
    local node
    for node in n1 n2 n3; do log_lines[$node]=$(log_of "$node" | wc -l); done
}
operations() {
    local node
    for node in n1 n2 n3; do log_of "$node" | tail -n "+$((log_lines[$node] + 1))"; done |
        sed -n "s/^\(.*\) n[0-9] .*Initiating \([a-z_]*\) operation ${guest}_\(start\|stop\|migrate_to\|migrate_from\)_0 .*on \(n[0-9]\).*/\1 \3@\4/p" |
        sort | sed 's/.* //' | tr '\n' ' ' | sed 's/ $//'
}
count_of() { tr ' ' '\n' <<<"$2" | grep -c "^$1@"; } # count_of OPERATION OPERATIONS

# --- to the step, and there held fast by a part of Pacemaker that does not answer ---
freeze() { # freeze NODE PROCESS
    $lab kill "$1" "$2" STOP >/dev/null && frozen+=("$1" "$2")
}
thaw() {
    local i
    for ((i = 0; i < ${#frozen[@]}; i += 2)); do $lab kill "${frozen[i]}" "${frozen[i + 1]}" CONT >/dev/null 2>&1; done
    frozen=()
}
begin_move() {
    job=$(on "$asker" hvcluster move "$guest" "$to" "${move_options[@]}" --no-wait --output-as=json --timeout=20 2>/dev/null | jq -r '.data.id // .data.job // empty' 2>/dev/null)
    [ -n "$job" ]
}
slow() { works "$guest" 64m && $lab slow "$from" 20mbit --net migration; }
quick() { $lab slow "$from" off --net migration && $lab guest rate "$guest" 0; }
copies() { slow && begin_move && poll 60 phase_is copying; }
reach() {
    case $step in
    hold) freeze "$from" pacemaker-execd && begin_move && poll 20 has_mark hold ;; # its monitor's end is not told
    copy) copies ;;
    hand-back) copies && freeze "$from" pacemaker-based && quick && poll 90 step_is hand-back ;; # decided, not told
    told) copies && freeze "$to" pacemaker-execd && quick && poll 90 has_mark here ;; # told, and its migrate_from hangs
    release) copies && freeze "$from" pacemaker-based && on "$asker" hvcluster jobs cancel "$job" >/dev/null 2>&1 && poll 60 step_is release ;;
    whole) begin_move && poll 90 ended ;; # the fault stood there before
    *) false ;;
    esac
}

# What an earlier row's fault left in Pacemaker's memory is none of this one's.
forget() {
    n1 crm_mon --one-shot --output-as=xml 2>/dev/null | grep -q '<failure ' || return 0
    n1 crm_resource --cleanup >/dev/null 2>&1
    at_rest
}
bring() { # bring NODE: the guest goes there before the row
    to=$1 asker=$(other_than "$from" "$1")
    begin_move && poll 60 ended && at_rest && [ "$(located "$guest")" = "$1" ] || not_ok "the guest goes to $1"
    from=$1
}
# places FAULT. The DC is the node without a part in it: a part of it that hangs holds up the whole cluster, which is another fault. Where the
# DC itself is lost as the source or the target, it takes with it what hangs.
places() {
    dc=$(dc_of)
    from=$(located "$guest")
    if [[ $1 = *-source-dc ]]; then
        [ "$from" = "$dc" ] || bring "$dc"
    elif [ "$from" = "$dc" ]; then
        bring "$(other_than "$dc")"
    fi
    to=$(other_than "$from" "$dc")
    [[ $1 != *-target-dc ]] || to=$dc
    asker=$(other_than "$from" "$to")
}

# no_more TEXT HAVE MOST
no_more() {
    if [ "$2" -le "$3" ]; then ok "$1"; else not_ok "$1 ($2, not $3 at most)"; fi
}
# What is true after any fault. BOOTS: as often the fault itself boots the guest.
judge() { # judge FAULT BOOTS
    local name="$step, $1" did more
    at_rest
    within 120 "$name: the guest runs where Pacemaker has it" runs_somewhere
    more=$(($(boots "$guest") - booted))
    no_more "$name: no boot that the fault does not demand" "$more" "$2"
    did=$(operations)
    if fences "$1" || recovers "$1" || stops "$1" || [ "$2" -gt 0 ]; then
        no_more "$name: Pacemaker started it no more often than that (${did:-nothing})" "$(count_of start "$did")" 1
    else
        no_more "$name: Pacemaker started it nowhere (${did:-nothing})" "$(count_of start "$did")" 0
        no_more "$name: and stopped it nowhere but where it had left" "$(count_of stop "$did")" "$(count_of migrate_from "$did")"
    fi
    one_copy "$guest" "$name: one copy throughout"
    keep_row "$1" "$more" "$did"
}
# The faults that end a node: what runs there is started elsewhere.
fences() { [[ $1 = power-* || $1 = ring-* ]]; }
# Pacemaker stops what is no resource any more where it has it, also where it has left.
stops() { [ "$1" = deleted ]; }
# Let to watch before it is told, Pacemaker finds the guest gone from its source and starts it there: the agent fetches it back, live. Of a service that
# is found dead between its migrate_to and its migrate_from it makes a stop at the source and a start at the target, where the guest runs already.
recovers() {
    case $step/$1 in
    hand-back/hold-removed | hand-back/older-cib) ;;
    hand-back/daemon-killed-target | told/daemon-killed-target | hand-back/daemon-killed-all | told/daemon-killed-all) ;;
    *) return 1 ;;
    esac
}

where() {
    case $place in
    "$to") echo "at the target" ;;
    "$from") echo "at the source" ;;
    *) echo "at the third node" ;;
    esac
}
keep_row() { # keep_row FAULT BOOTS OPERATIONS: in place of an earlier one of the same step and fault
    local did=$3
    did=${did//@$from/ (source)} did=${did//@$to/ (target)} did=${did//@$asker/ (third)}
    did=${did//) /), }
    [ -f "$STAGED_TABLE" ] || : >"$STAGED_TABLE"
    sed -i "/^| $step | $1 |/d" "$STAGED_TABLE"
    printf '| %s | %s | %s | %s | %s | %s |\n' "$step" "$1" "$(how_is "$asker")" "$(where)" "${did:-nothing}" "$2" >>"$STAGED_TABLE"
}

# The lab goes on to other rows, and its logs with it.
keep_logs() { # keep_logs NAME
    local node kept="build/tests/$HVC_LAB-${1//[ ,]/_}.log"
    for node in n1 n2 n3; do
        echo "==== $node"
        $lab logs "$node" 2>&1
    done >"$kept"
    echo "# the logs of all nodes: $kept"
}

row() { # row STEP FAULT BOOTS
    local fault=$2 booted begin=$SECONDS name failed_before=$group_failed
    group_failed=0
    step=$1
    given_up=
    name="$step, $fault"
    forget
    places "$fault"
    remember_log
    booted=$(boots "$guest")
    ! declare -F ahead >/dev/null || ahead "$fault"
    if ! reach; then
        not_ok "$name: the step is reached"
        on "$asker" hvcluster jobs show "$job"
    fi
    inject "$fault" >/dev/null 2>&1 || not_ok "$name: the fault comes"
    [ "$step" != hold ] || ! has_mark here || echo "# $name: the fault came late: the step had been left"
    [ "$fault" = none ] || poll 2 ended # what it does by itself, before anything is taken back
    thaw
    [ "$step" = copy ] || quick >/dev/null 2>&1
    undo "$fault" >/dev/null 2>&1
    [ "$step" != copy ] || quick >/dev/null 2>&1 # only then: what is taken back in the hand-back is another row
    within 180 "$name: the job ends" ended || on "$asker" hvcluster jobs show "$job"
    within 120 "$name: every node is there" all_up
    within 60 "$name: one result on every node" all_agree
    within 120 "$name: nothing of ours is left in the CIB" nothing_left || marks_of_ours
    ! declare -F after >/dev/null || after "$fault"
    judge "$fault" "$3"
    echo "# $name: $((SECONDS - begin)) s, from $from to $to, DC $dc: $(tail -n 1 "$STAGED_TABLE")"
    [ "$group_failed" = 0 ] || keep_logs "$name"
    group_failed=$((group_failed | failed_before))
}

# staged [--list]: HVC_STAGED_STEPS and HVC_STAGED_FAULTS, lists with spaces: those rows only.
staged() {
    local each
    if [ "${1-}" = --list ]; then
        for each in "${rows[@]}"; do
            # shellcheck disable=SC2086 # three words
            set -- $each
            echo "$1|$2"
        done
        return
    fi
    scenario_begin
    within 60 "the cluster keeps a state" n1 hvcluster settings show --fresh
    managed "$guest" || not_ok "a managed guest runs"
    ! declare -F before >/dev/null || before
    at_rest
    for each in "${rows[@]}"; do
        # shellcheck disable=SC2086
        set -- $each
        [[ " ${HVC_STAGED_STEPS:-$1} " = *" $1 "* && " ${HVC_STAGED_FAULTS:-$2} " = *" $2 "* ]] || continue
        row "$@"
    done
    unmanaged "$guest"
    scenario_end
}
