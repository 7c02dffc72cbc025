# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# For scenarios with clients of CIM: the server on each node, requests by wbemcli and by curl.
# shellcheck disable=SC2034 # who sources it uses them
GOLDEN=$PWD/tests/golden/wbem
# shellcheck disable=SC2034
SERVICE_CLASS=Msvm_VirtualSystemMigrationService
# shellcheck disable=SC2034
WORK=$(mktemp -d)

# make_clients NODE: an authority for clients that the server of the node trusts, and two certificates of it. Leaves the
# subject of one, as roles want it, in a file.
make_clients() {
    on "$1" sh -eu <<'PKI' >/dev/null 2>&1
mkdir -p /etc/hvcluster/wbem /root/clients
cd /root/clients
printf 'cn = "clients"\nca\ncert_signing_key\nexpiration_days = 2\n' >ca.tmpl
certtool --generate-privkey --key-type ecdsa --curve secp256r1 --outfile ca.key
certtool --generate-self-signed --load-privkey ca.key --template ca.tmpl --outfile /etc/hvcluster/wbem/clients.pem
chmod 0644 /etc/hvcluster/wbem/clients.pem
for name in monitor stranger; do
    printf 'dn = "CN=%s,OU=IT,O=Example"\ntls_www_client\nsigning_key\nexpiration_days = 2\n' $name >$name.tmpl
    certtool --generate-privkey --key-type ecdsa --curve secp256r1 --outfile $name.key
    certtool --generate-certificate --load-privkey $name.key --load-ca-certificate /etc/hvcluster/wbem/clients.pem \
        --load-ca-privkey ca.key --template $name.tmpl --outfile $name.pem
done
openssl x509 -in monitor.pem -noout -subject -nameopt RFC2253 | sed 's/^subject=//' >monitor.subject
PKI
}
start_server() { # start_server NODE: as its unit would, as its own user
    on "$1" sh -c 'HVC_WBEM_FOLDER=/etc/hvcluster/wbem hvcluster-wbem-certificate >/dev/null &&
        sed "s/@SUBJECT@/$(cat /root/clients/monitor.subject)/" >/etc/hvcluster/hvcluster-wbemd.conf' <<'CONF' || return 1
[http]
address=127.0.0.1
[https]
address=::
client_ca=/etc/hvcluster/wbem/clients.pem
[access]
anonymous=read
# longer than the attempts below take
password_cache_ms=60000
[roles]
read_groups=hvc-viewers
operate_groups=haclient
[certificate monitoring]
subject=@SUBJECT@
role=read
CONF
    on "$1" sh -c 'setsid setpriv --reuid hvcluster-wbem --regid hvcluster-wbem --clear-groups hvcluster-wbemd >/dev/null 2>&1 & echo $! >/run/wbemd.pid'
}
# start_auth NODE: hvcluster-auth with the rights of its socket unit
start_auth() {
    on "$1" sh -c 'setsid hvcluster-auth --socket /run/hvcluster-auth.socket --idle 0 >>/var/log/hvcluster-auth.log 2>&1 & echo $! >/run/auth.pid'
    poll 20 on "$1" sh -c 'test -S /run/hvcluster-auth.socket && chgrp hvcluster-wbem /run/hvcluster-auth.socket && chmod 0660 /run/hvcluster-auth.socket'
}
stop_auth() { on "$1" sh -c 'kill "$(cat /run/auth.pid)"' && poll 20 on "$1" test ! -e /run/hvcluster-auth.socket; }
stop_server() { on "$1" sh -c 'kill "$(cat /run/wbemd.pid)"'; }
serves() { on "$1" curl -s -o /dev/null http://127.0.0.1:5988/cimom; }
wbem() { local node=$1 && shift && on "$node" wbemcli -nl "$@"; } # wbem NODE VERB URL...
cluster_class() { echo "http://127.0.0.1:5988/root/HyperVCluster/v2:$1"; }
# post NODE FILE [CURL OPTIONS]: a request by curl
post() {
    local node=$1 file=$2
    shift 2
    on "$node" curl -sk -H 'Content-Type: application/xml' -H 'CIMOperation: MethodCall' "$@" --data-binary @- \
        "${URL:-http://127.0.0.1:5988/cimom}" <"$file"
}
status() { post "$@" -o /dev/null -w '%{http_code}\n'; } # status NODE FILE [CURL OPTIONS]
