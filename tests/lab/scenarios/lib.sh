# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# What the scenarios share. A scenario is a program that is run from the project's root, uses one lab that it leaves as
# clean as it found it, and prints "ok - TEXT" and "not ok - TEXT" lines:
#
#     . tests/lab/scenarios/lib.sh
#     scenario_begin          # a healthy, clean lab with the migration service running as a clone; HVC_LAB_NODES: of
#                             # another size than three nodes; service_options: of its resource, for pcs
#     ...
#     scenario_end            # everything of the scenario removed; a lab that is not clean then is taken down
#
# Nothing waits for a fixed time: "within SECONDS TEXT COMMAND" polls, and gives a result line.

# shellcheck source=tests/lib/group.sh
. tests/lib/group.sh
export HVC_LAB=${HVC_LAB:-test}
lab=tests/lab/lab
HVC_AGENT=ocf:hvcluster:VirtualSystem
export HVC_BUILD=${HVC_BUILD:-build/dev}

on() { $lab exec "$@"; } # on NODE COMMAND...
n1() { $lab exec n1 "$@"; }

# poll SECONDS COMMAND...: true as soon as the command is, false after that time. PAUSE between two looks.
poll() {
    local deadline=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ "$SECONDS" -lt "$deadline" ] || return 1
        sleep "${PAUSE:-0.1}"
    done
}
# within SECONDS TEXT COMMAND...: the same as a result; false when it is none in time.
within() {
    local seconds=$1 text=$2
    shift 2
    if poll "$seconds" "$@"; then
        ok "$text"
    else
        "$@"
        not_ok "$text (not within $seconds s: $*)"
        return 1
    fi
}
# is TEXT HAVE WANT: equal strings.
is() {
    if [ "$2" = "$3" ]; then ok "$1"; else not_ok "$1 (it is '$2', not '$3')"; fi
}
# says TEXT PATTERN COMMAND...: what it prints, on either stream, matches the extended expression.
says() {
    local text=$1 pattern=$2 output
    shift 2
    output=$("$@" 2>&1)
    if grep -qE -- "$pattern" <<<"$output"; then
        ok "$text"
    else
        printf '%s\n' "$output"
        not_ok "$text (nothing matches: $pattern)"
    fi
}

idle() { n1 crm_resource --wait --timeout=120 >/dev/null 2>&1; } # until the cluster has nothing to do
# The same, looked at at once: crm_resource --wait sleeps for two seconds before each look.
at_rest() { poll 120 eval 'plans_nothing && plans_nothing'; }
plans_nothing() { n1 crm_simulate --simulate --live-check --output-as=xml 2>/dev/null | grep -q '<transition/>'; }
all_nodes_of_lab() { $lab exec n1 crm_node -l | awk '$3 == "member" { print $2 }' | sort; }
node_up() { n1 crm_mon --one-shot --output-as=xml 2>/dev/null | grep -qE "<node name=\"$1\" .*online=\"true\".*pending=\"false\""; } # node_up NODE, by Pacemaker's word
located() { n1 crm_resource --resource "$1" --locate 2>/dev/null | sed -n 's/.*running on: *\([^ ]*\).*/\1/p' | head -n 1; }
located_on() { [ "$(located "$1")" = "$2" ]; }
stopped() { [ -z "$(located "$1")" ]; }
domain_state() { on "$1" virsh domstate "$2" 2>/dev/null | head -n 1; } # domain_state NODE GUEST
runs_here() { [ "$(domain_state "$1" "$2")" = running ]; }
# copies GUEST: its move has a rate; until then libvirt may not even have been asked for it
copies() { n1 hvcluster jobs list --output-as=json 2>/dev/null | jq -e ".data.jobs[]|select(.guest == \"$1\" and ([..|.rate_bytes?|numbers]|max) > 0)"; }
no_emulator() { ! on "$1" pgrep -f "guest=$2," >/dev/null; } # no_emulator NODE GUEST, by the kernel's word

# A certificate of another authority for a node's libvirtd, which the node itself takes for good; and its own again.
foreign_certificate() {
    on "$1" sh -eu <<'PKI' >/dev/null 2>&1 && $lab service "$1" libvirtd restart
cd /etc/pki
mkdir -m 700 other
cp CA/cacert.pem other/ca.kept
cp libvirt/servercert.pem other/cert.kept
printf 'cn = "another authority"\nca\ncert_signing_key\nexpiration_days = 1\n' >other/ca.tmpl
printf 'cn = "'"$(hostname)"'"\ndns_name = "'"$(hostname)"'"\ntls_www_server\nencryption_key\nsigning_key\nexpiration_days = 1\n' >other/cert.tmpl
certtool --generate-privkey --outfile other/ca.key
certtool --generate-self-signed --load-privkey other/ca.key --template other/ca.tmpl --outfile CA/cacert.pem
certtool --generate-certificate --load-privkey libvirt/private/serverkey.pem --load-ca-certificate CA/cacert.pem \
    --load-ca-privkey other/ca.key --template other/cert.tmpl --outfile libvirt/servercert.pem
PKI
}
own_certificate() {
    on "$1" sh -c 'cd /etc/pki && mv other/ca.kept CA/cacert.pem && mv other/cert.kept libvirt/servercert.pem && rm -rf other'
    $lab service "$1" libvirtd restart
}

# What the guest itself left behind (tests/lab/README.md).
mark() { $lab guest marks "$1" --json | sed -n "s/.*\"$2\": *\"\\{0,1\\}\\([^\",}]*\\).*/\\1/p" | head -n 1; }
counts() { # the guest's own count goes on
    local before
    before=$(mark "$1" count)
    poll 10 eval "[ \"\$(mark $1 count)\" -gt $before ]"
}
# works GUEST RATE: it dirties memory at that rate from now on. It reads its orders twice a second, and a guest that
# still idles has moved before that.
works() {
    $lab guest rate "$1" "$2"
    poll 30 dirties "$1" $(($(numfmt --from=iec "${2^^}") / 1024)) || not_ok "$1 dirties $2 a second"
}
dirties() { [ "$(mark "$1" rate_kib)" = "$2" ]; }
one_copy() { # one_copy GUEST [TEXT]: no moment with two copies, by disk and by serial line
    check "${2:-one copy of $1 throughout}" $lab guest marks "$1"
}

# managed GUEST [PARAMETER=VALUE...] [-- PCS-ARGUMENTS...]: makes the guest (of guest_mib MiB, if that is set) and a
# resource of that name, and starts it.
managed() {
    $lab guest create "$1" ${guest_mib:+--memory "$guest_mib"} && resource_of "$@" && poll 60 counts_at_all "$1"
}
resource_of() { # resource_of GUEST ...: the resource alone, as above
    local guest=$1 parameters=() rest=()
    shift
    while [ $# -gt 0 ] && [ "$1" != -- ]; do
        parameters+=("$1")
        shift
    done
    [ $# = 0 ] || { shift && rest=("$@"); }
    n1 pcs resource create "$guest" "$HVC_AGENT" "config=/etc/hvcluster/guests/$guest.xml" "${parameters[@]}" \
        op start timeout=60s stop timeout=60s monitor interval=10s timeout=20s migrate_to timeout=120s \
        migrate_from timeout=60s meta allow-migrate=true "${rest[@]}" || return 1
    # as the operator guide has it: neither a failed service nor one that stops first costs a guest anything
    n1 pcs constraint order start migration-service-clone "then" start "$guest" symmetrical=false || return 1
    n1 pcs constraint order stop "$guest" "then" stop migration-service-clone symmetrical=false
}
counts_at_all() { [ "$(mark "$1" count)" -gt 0 ]; }
unmanaged() { # removes resource and guest
    n1 pcs resource delete --force "$1" >/dev/null 2>&1
    idle
    $lab guest rm "$1"
}

service_options=()
scenario_begin() {
    mkdir -p build/tests
    if ! $lab up --nodes "${HVC_LAB_NODES:-3}" >"build/tests/lab-up-$HVC_LAB.log" 2>&1; then
        cat "build/tests/lab-up-$HVC_LAB.log"
        not_ok "the lab comes up"
        group_end
    fi
    trap scenario_abort EXIT
    local node # what an earlier scenario recorded of its guests is not said of those that have their names now
    for node in $(all_nodes_of_lab); do on "$node" sh -c 'rm -rf /var/lib/hvcluster/*'; done
    n1 pcs resource create migration-service ocf:hvcluster:MigrationService "${service_options[@]}" clone interleave=true || {
        not_ok "the migration service is configured"
        group_end
    }
    within 30 "the migration service runs on every node" service_runs
    fencings_before=$(fencings)
}
# A lab that is used again remembers what was fenced before.
fencings() { n1 stonith_admin --history '*' 2>/dev/null | grep -cE 'reboot|off'; }
none_was_fenced() { is "no node was fenced for any of it" "$(fencings)" "$fencings_before"; }
# service_agent NODE start|stop|monitor [PARAMETER=VALUE...]: the agent of the migration service by hand, as Pacemaker's executor runs it
service_agent() {
    local node=$1 action=$2
    shift 2
    on "$node" env OCF_ROOT=/usr/lib/ocf OCF_RA_VERSION_MAJOR=1 OCF_RA_VERSION_MINOR=1 OCF_RESOURCE_INSTANCE=migration-service \
        OCF_RESOURCE_TYPE=MigrationService OCF_RESOURCE_PROVIDER=hvcluster OCF_RESKEY_CRM_meta_timeout=60000 \
        "${@/#/OCF_RESKEY_}" /usr/lib/ocf/resource.d/hvcluster/MigrationService "$action"
}
service_runs() { [ "$(n1 crm_resource --resource migration-service-clone --locate 2>/dev/null | grep -c 'running on')" = "$(all_nodes_of_lab | wc -l)" ]; }

scenario_end() {
    trap - EXIT
    local resource
    $lab heal all >/dev/null 2>&1
    for resource in $(n1 crm_resource --list-raw 2>/dev/null | sed 's/:.*//' | sort -u); do
        case $resource in
        lab-* | fencing | migration-service) ;;
        *) n1 pcs resource delete --force "$resource" >/dev/null 2>&1 ;;
        esac
    done
    idle
    $lab guest rm all >/dev/null 2>&1
    n1 pcs resource delete --force migration-service >/dev/null 2>&1
    idle
    n1 crm_resource --cleanup >/dev/null 2>&1
    idle
    if ! $lab status --clean >"build/tests/lab-status-$HVC_LAB.log" 2>&1; then
        cat "build/tests/lab-status-$HVC_LAB.log"
        not_ok "the scenario leaves the lab clean"
        $lab down >/dev/null 2>&1
    fi
    group_end
}
scenario_abort() {
    trap - EXIT
    $lab down >/dev/null 2>&1
    exit 1
}
