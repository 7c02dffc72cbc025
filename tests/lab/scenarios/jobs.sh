# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # lab comes from lib.sh; the scenarios use what is set here
# Moves of guests that no resource manages, as jobs asked on n3, for the scenarios named job_*. Source lib.sh,
# hypervisor.sh and kinds.sh first.

hvc() { on n3 hvcluster "$@"; }
# exits TEXT CODE PATTERN ARGUMENTS...: hvcluster on n3 ends with CODE and says PATTERN on either stream.
exits() {
    local text=$1 code=$2 pattern=$3 have
    shift 3
    said=$(hvc "$@" 2>&1)
    have=$?
    if [ "$have" = "$code" ] && grep -qE -- "$pattern" <<<"$said"; then
        ok "$text"
    else
        printf '%s\n' "$said"
        tell_job
        not_ok "$text (exit status $have, not $code; or not: $pattern)"
    fi
}
# tell_job: the newest job as n3 has it, and what the ends have logged of it
tell_job() {
    local node id
    id=$(hvc history --json --limit=1 | jq -r '.data.jobs[0].id // empty' 2>/dev/null)
    [ -z "$id" ] || hvc jobs show "$id"
    for node in n1 n2; do on "$node" sh -c "grep -hE 'HVC13|HVC17' /var/log/syslog | tail -n 6"; done
}
# ask GUEST OPTION...: a move without waiting; sets job
ask() {
    said=$(hvc move "$@" --no-wait --json 2>&1)
    job=$(jq -r '.data.id // empty' <<<"$said" 2>/dev/null)
    if [ -n "$job" ]; then ok "asked for: $*"; else printf '%s\n' "$said" && not_ok "asked for: $*"; fi
}
in_service() { hvc service --fresh >/dev/null 2>&1; }
field() { hvc jobs show "$1" --json 2>/dev/null | jq -r "$2"; } # field JOB FILTER
is_phase() { [ "$(field "$1" .data.phase)" = "$2" ]; }
has_ended() { [[ $(field "$1" .data.phase) =~ ^(completed|failed|cancelled|needs-operator)$ ]]; }
copies() { [ "$(field "$1" '.data.progress.percent // 0')" -gt 0 ]; } # its progress is told, on n3
begin_new() { $lab guest create "$1" && begin_at "$1" n1; } # begin_new GUEST
# begin_at GUEST NODE: what /etc/hvcluster/guests has of it
begin_at() { on "$2" "$HV" start "/etc/hvcluster/guests/$1.xml" "" && poll 60 counts_at_all "$1"; }
unmarked() { ! on "$1" virsh -q dumpxml "$2" | grep -q 'xmlns/transit'; } # unmarked NODE GUEST
# state_is NODE GUEST STATE: as libvirt says it
state_is() { [ "$(domain_state "$1" "$2")" = "$3" ]; }
gone() { ! on "$1" virsh dominfo "$2" >/dev/null 2>&1; } # gone NODE GUEST: not even defined there
