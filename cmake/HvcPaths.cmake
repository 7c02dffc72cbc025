# SPDX-License-Identifier: GPL-2.0-or-later
# Places and names of an installation that programs, units and agents share.
set(HVC_RUNTIME_DIRECTORY "/run/hvcluster" CACHE STRING "Made at start, owned by the user hvclusterd runs as")
set(HVC_STATE_DIRECTORY "/var/lib/hvcluster" CACHE STRING "What hvclusterd keeps over a restart")
set(HVC_CONFIG_DIRECTORY "/etc/hvcluster" CACHE STRING "Where hvclusterd.conf is")
set(HVC_DAEMON_USER "hvcluster" CACHE STRING "User and primary group of hvclusterd")
set(HVC_WBEM_USER "hvcluster-wbem" CACHE STRING "User and primary group of hvcluster-wbemd")
# not below HVC_RUNTIME_DIRECTORY, which belongs to the user of hvclusterd
set(HVC_AUTH_SOCKET "/run/hvcluster-auth.socket" CACHE STRING "Where hvcluster-auth is asked about passwords")
