/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tables: every command and every option. */
#include "command.h"
#include "render.h"

#define GUEST .operands = {{HVC_CLI_GUEST, "GUEST", NULL, "a guest: its UUID, its name, or a path"}}
#define MOVE  .operands = {{HVC_CLI_WORD, "ID", "id", "the id of a move: see 'hvcluster move list'"}}
#define ANY_GUEST                                                                                                      \
    {                                                                                                                  \
        HVC_CLI_ANY_GUEST, "GUEST", "guest", "a guest: its name, its UUID, or the path of its definition"              \
    }
#define JOB .operands = {{HVC_CLI_NUMBER, "ID", "id", "the number of a job: see 'hvcluster jobs'"}}
#define SETTING                                                                                                        \
    {                                                                                                                  \
        HVC_CLI_WORD, "NAME", "name", "the name of a setting: see 'hvcluster settings'"                                \
    }
#define NETWORK                                                                                                        \
    {                                                                                                                  \
        HVC_CLI_NUMBER, "ID", "id", "the number of a network: see 'hvcluster network'"                                 \
    }
#define NEW_FILE                                                                                                       \
    {                                                                                                                  \
        HVC_CLI_FILE, "FILE", "path", "a file"                                                                         \
    }

static const struct hvc_cli_command commands[] = {
    {.words = "status",
     .operation = "status",
     .render = hvc_render_status,
     .help = "what this node's daemon sees and does",
     .description = "Whether the cluster can decide here, what it waits for and since when, quorum, members, the "
                    "store, the hypervisor, moves under way and load of the daemon. What is wrong is told with the "
                    "words of the program that said it, and with what to do."},
    {.words = "guest list",
     .operation = "guest.list",
     .fixed = {{"with", "foreign"}},
     .render = hvc_render_guests,
     .help = "the guests of this node",
     .description =
         "Every guest that the hypervisor of this node knows, running or only defined, and the resource of Pacemaker's "
         "that it belongs to, whichever agent that has."},
    {.words = "guest show",
     GUEST,
     .operation = "guest.inspect",
     .fixed = {{"with", "foreign"}},
     .render = hvc_render_members,
     .help = "one guest on this node",
     .description =
         "The physical truth about one guest on this node: from libvirt, or from the kernel when libvirt is "
         "silent. Below record what the cluster keeps of it: node, version and hash of the definition, job."},
    {.words = "guest locate",
     GUEST,
     .operation = "guest.locate",
     .render = hvc_render_locations,
     .help = "where a guest is, as every node answers",
     .description = "Asks the hypervisor of every configured node, tells who did not answer and why, and what a start "
                    "here would do."},
    {.words = "guest add",
     .operands = {ANY_GUEST},
     .options = HVC_CLI_OF_WRITE | HVC_CLI_OF_RESOURCE,
     .operation = "guest.add",
     .help = "let the cluster keep a guest's definition",
     .description = "From a file (anything with a slash), or of a guest by name or UUID from the node where it runs. "
                    "Every node keeps it, with a hash and a version; once more with another definition makes the next "
                    "version."},
    {.words = "guest definition",
     .operands = {ANY_GUEST},
     .operation = "guest.definition",
     .render = hvc_render_definition,
     .help = "the definition that the cluster keeps",
     .description = "As it was added, byte by byte. It may hold passwords: the right to operate is needed."},
    {.words = "guest diff",
     .operands = {ANY_GUEST},
     .options = HVC_CLI_OF_NODE,
     .operation = "guest.diff",
     .render = hvc_render_diff,
     .help = "what a node's definition says otherwise",
     .description = "Compares what libvirt keeps where the guest runs, or on --node, with what the cluster keeps: by "
                    "meaning, not by how it is written. - only the cluster says it, + only the node does."},
    {.words = "guest remove",
     .operands = {ANY_GUEST},
     .options = HVC_CLI_OF_WRITE,
     .operation = "guest.remove",
     .help = "let the cluster forget a guest",
     .description = "Its record and its definition. The guest itself, where it runs or is defined, is not touched."},
    {.words = "adopt",
     .operands = {{HVC_CLI_WORD, "RESOURCE", "resource", "Pacemaker's resource of a guest: see 'pcs resource'"}},
     .options = HVC_CLI_OF_ADOPT,
     .work = HVC_CLI_ADOPT,
     .operation = "guest.adopt",
     .render = hvc_render_adoption,
     .shows_no = true,
     .help = "make a VirtualDomain resource ours while its guest runs",
     .description =
         "The agent of the resource becomes ocf:hvcluster:VirtualSystem, with --back ocf:heartbeat:VirtualDomain "
         "again. "
         "Its name, constraints and meta attributes stay, the guest is neither stopped nor started nor moved, and the "
         "cluster keeps its definition from then on. Look with --dry-run first: it tells what becomes of each "
         "parameter "
         "and operation, what is changed in the CIB and what Pacemaker does. What cannot be kept is refused with what "
         "to do; --without gives parameters up. Needs the file in the resource's config here. Control-C does not "
         "interrupt it, and what a daemon that died left half done any member finishes or undoes; the same command "
         "again goes on with it."},
    {.words = "history archive",
     .options = HVC_CLI_OF_ENDED,
     .operation = "job.archive",
     .render = hvc_render_history,
     .help = "ended jobs from this node's files, the newest first",
     .description = "Also those that the cluster keeps no more: every node writes each ended job to archive below its "
                    "state directory, one JSON object a line, and keeps that for archive_days of hvclusterd.conf. "
                    "What has ended and was forgotten while hvclusterd of this node was down is not in them."},
    {.words = "history",
     .options = HVC_CLI_OF_READ | HVC_CLI_OF_ENDED,
     .operation = "job.list",
     .fixed = {{"state", "ended"}},
     .render = hvc_render_history,
     .help = "jobs that have ended, the newest first",
     .description = "As the cluster keeps them (settings retention-s and retention-count); the same from every node."},
    {.words = "events",
     .options = HVC_CLI_OF_EVENTS,
     .work = HVC_CLI_EVENTS,
     .operation = "event.list",
     .render = hvc_render_events,
     .help = "what has happened, as this node saw it",
     .description = "Phases of jobs, nodes that come and go, the service started or stopped: the newest ones since "
                    "hvclusterd started here. With --follow what comes next, until Control-C."},
    {.words = "move list",
     .operation = "move.list",
     .render = hvc_render_moves,
     .help = "moves from and to this node",
     .description = "Moves under way and those that ended lately."},
    {.words = "move show",
     MOVE,
     .operation = "move.show",
     .render = hvc_render_members,
     .help = "one move",
     .description = "Everything known about one move."},
    {.words = "move cancel",
     MOVE,
     .operation = "move.cancel",
     .render = hvc_render_members,
     .help = "end a move; the guest stays where it runs",
     .description = "Asks for the end of a move and waits until its outcome is proven."},
    {.words = "move",
     .operands = {ANY_GUEST, {HVC_CLI_WORD, "TARGET", "target", NULL}},
     .options = HVC_CLI_OF_MOVE | HVC_CLI_OF_RATE,
     .work = HVC_CLI_MOVE,
     .operation = "job.create",
     .help = "move a guest; waits for the end",
     .description =
         "Makes a job of the move, from whatever node, and follows it to its end with a progress bar on a terminal. "
         "TARGET is a node; without it the best one is chosen. On success one line tells the job. Control-C, and a "
         "--wait that has passed, leave the job alone: it goes on, and what is printed says how to follow it and how "
         "to end it. A limit that is reached refuses nothing, the job waits in the queue."},
    {.words = "check",
     .operands = {ANY_GUEST, {HVC_CLI_WORD, "TARGET", "target", NULL}},
     .options = HVC_CLI_OF_CHECK,
     .operation = "guest.check",
     .render = hvc_render_checks,
     .shows_no = true,
     .help = "could a guest move, and where to",
     .description =
         "Looks at everything that a move needs and changes nothing: the guest, both nodes, their libvirts, CPU, "
         "machine "
         "type, disks, networks and devices, limits and room, quorum, Pacemaker. Without TARGET every other node is "
         "checked. For each node a line with the worst finding, then all findings with what to do. An error is in the "
         "way "
         "of the move; a warning is what it would cost, or what nobody could tell. Ends with 0 when the guest can move "
         "to "
         "TARGET, or to one of the nodes; otherwise as busy (it may go away by itself), as refused, or as not found."},
    {
        .words = "balance",
        .options = HVC_CLI_OF_READ | HVC_CLI_OF_BALANCE,
        .work = HVC_CLI_BALANCE,
        .operation = "balance.plan",
        .render = hvc_render_balance,
        .shows_no = true,
        .help = "how unequally the nodes are loaded, and what would help",
        .description =
            "Gives the cluster a score, 0 when memory and load are shared alike, and proposes few moves that lower it. "
            "A "
            "move is proposed only when the checks before a move find nothing against it: rules of Pacemaker's "
            "(locations, colocations, stickiness) are asked of its scheduler, one move behind the other; what they "
            "forbid is told. Guests that moved within the hold time stay. Nothing is changed; with --do each proposal "
            "becomes a job of low priority, which is checked once more, and the jobs are followed to their ends as by "
            "'jobs watch'. With --output-as json the hints are one line, then a line for each job that was asked for, "
            "then those of the following. The answer may take a second for each move that is looked at; --timeout is "
            "120 "
            "here. Ends with 0 also when there is nothing to move; with --do as the worst job, or as the first request "
            "for one that was refused.",
    },
    {.words = "jobs list",
     .options = HVC_CLI_OF_READ | HVC_CLI_OF_JOBS,
     .short_form = true,
     .operation = "job.list",
     .render = hvc_render_jobs,
     .help = "the cluster's jobs, ended ones last",
     .description = "Moves that wait, run or have ended, the same from every node. Unfinished jobs come first, then "
                    "the newest ended ones."},
    {.words = "jobs show",
     JOB,
     .options = HVC_CLI_OF_READ,
     .operation = "job.show",
     .render = hvc_render_job,
     .help = "everything about one job",
     .description = "Where from and to, options, when it came into each phase, how far it is, and what was said about "
                    "it: the hypervisor's own words are kept."},
    {.words = "jobs watch",
     .operands = {{HVC_CLI_NUMBERS, "ID...", "ids", NULL}},
     .work = HVC_CLI_WATCH,
     .operation = "job.wait",
     .help = "follow jobs until they have ended",
     .description =
         "Those jobs, or without a number all that are unfinished now. On a terminal the bars are drawn in place, "
         "elsewhere there is a line for each change; with --output-as json an answer a line. Ends when they have "
         "ended, with the exit status of the worst. Control-C ends the watching, not the jobs."},
    {.words = "jobs cancel",
     .operands = {{HVC_CLI_JOB, "ID|GUEST", "id", "the number of a job, or its guest: see 'hvcluster jobs'"}},
     .options = HVC_CLI_OF_WRITE | HVC_CLI_OF_REASON,
     .operation = "job.cancel",
     .help = "end a job; the guest stays where it runs",
     .description = "By its number, or by the name or UUID of its guest. Once more is no mistake. Where the "
                    "switch-over has begun the answer is that it is too late: the "
                    "job then tells how it ended."},
    {.words = "jobs set",
     JOB,
     .options = HVC_CLI_OF_WRITE | HVC_CLI_OF_JOB | HVC_CLI_OF_RATE,
     .operation = "job.modify",
     .help = "other options for an unfinished job",
     .description = "--priority while it waits in the queue; the others also while it runs."},
    {.words = "jobs resolve",
     JOB,
     .options = HVC_CLI_OF_WRITE | HVC_CLI_OF_REASON | HVC_CLI_OF_PLACE,
     .operation = "job.resolve",
     .help = "say where the guest of a job runs",
     .description = "For a job that nothing else can end (needs-operator, unknown): look at the nodes first, for what "
                    "is said here is believed. --node NODE, or --nowhere."},
    {.words = "jobs forget",
     JOB,
     .options = HVC_CLI_OF_WRITE,
     .operation = "job.forget",
     .help = "drop an ended job",
     .description = "Ended jobs go by themselves (settings retention-s and retention-count); this one at once."},
    {.words = "settings show",
     .options = HVC_CLI_OF_READ | HVC_CLI_OF_NODE,
     .short_form = true,
     .operation = "settings.show",
     .render = hvc_render_settings,
     .help = "settings of the cluster",
     .description = "The settings of the migration service, the same on every node; with --node those in force there."},
    {.words = "settings set",
     .operands = {SETTING, {HVC_CLI_WORD, "VALUE", "value", "a value: see 'hvcluster settings'"}},
     .options = HVC_CLI_OF_WRITE | HVC_CLI_OF_NODE,
     .operation = "settings.set",
     .help = "change a setting",
     .description = "Changes a setting of the cluster; with --node a value of its own for that node. Answers when a "
                    "majority of the nodes has it on disk; without quorum nothing is done."},
    {.words = "settings reset",
     .operands = {SETTING},
     .options = HVC_CLI_OF_WRITE | HVC_CLI_OF_NODE,
     .operation = "settings.reset",
     .help = "a setting back to its default",
     .description = "With --node: that node has no value of its own any more."},
    {.words = "service show",
     .options = HVC_CLI_OF_READ,
     .short_form = true,
     .operation = "service.show",
     .render = hvc_render_members,
     .help = "the cluster's migration service",
     .description = "Started or not, its owner, how many nodes, guests and jobs it knows."},
    {.words = "service set",
     .operands = {{HVC_CLI_WORD, "NAME", "name",
                   "what to set: started, state, enabled-default, owner-name or owner-contact"},
                  {HVC_CLI_WORD, "VALUE", "value", "a value"}},
     .options = HVC_CLI_OF_WRITE,
     .operation = "service.set",
     .help = "start or stop it, or set a property",
     .description = "started yes or no (moves that are under way finish); state enabled, disabled or quiesce; "
                    "enabled-default, owner-name, owner-contact: the writable CIM properties."},
    {.words = "service start",
     .options = HVC_CLI_OF_WRITE,
     .operation = "service.set",
     .fixed = {{"name", "state"}, {"value", "enabled"}},
     .help = "accept moves",
     .description = "The same as service set state enabled."},
    {.words = "service stop",
     .options = HVC_CLI_OF_WRITE,
     .operation = "service.set",
     .fixed = {{"name", "state"}, {"value", "disabled"}},
     .help = "refuse new moves",
     .description =
         "Moves that run finish, those that wait stay in the queue. The same as service set state disabled."},
    {.words = "service quiesce",
     .options = HVC_CLI_OF_WRITE,
     .operation = "service.set",
     .fixed = {{"name", "state"}, {"value", "quiesce"}},
     .help = "let moves wait in the queue",
     .description = "Moves that run finish, new ones are taken and wait. The same as service set state quiesce."},
    {.words = "node list",
     .options = HVC_CLI_OF_READ,
     .short_form = true,
     .operation = "node.list",
     .render = hvc_render_nodes,
     .help = "the nodes of the cluster",
     .description = "Nodes as the cluster has agreed on them: members, confirmed fenced, accepting moves, load."},
    {.words = "node set",
     .operands = {{HVC_CLI_WORD, "NODE", "node", "a node: see 'hvcluster node'"}},
     .options = HVC_CLI_OF_WRITE | HVC_CLI_OF_FLAGS,
     .operation = "node.set",
     .help = "whether a node takes part in moves",
     .description = "--accepting no: new moves from and to it are refused. --maintenance yes: nothing moves there."},
    {.words = "network list",
     .options = HVC_CLI_OF_READ,
     .short_form = true,
     .operation = "network.list",
     .render = hvc_render_networks,
     .help = "networks for migration traffic",
     .description =
         "The networks over which guests move; of those that reach the target the lowest metric is preferred."},
    {.words = "network add",
     .operands = {{HVC_CLI_WORD, "SUBNET", "subnet", "a subnet, such as 10.0.7.0/24"}},
     .options = HVC_CLI_OF_WRITE | HVC_CLI_OF_NETWORK | HVC_CLI_OF_NODE,
     .operation = "network.add",
     .help = "add a network",
     .description = "Adds a network of the cluster, or with --node of that node only."},
    {.words = "network modify",
     .operands = {NETWORK},
     .options = HVC_CLI_OF_WRITE | HVC_CLI_OF_NETWORK | HVC_CLI_OF_SUBNET,
     .operation = "network.modify",
     .help = "change a network",
     .description = "Changes what the options name and leaves the rest."},
    {.words = "network remove",
     .operands = {NETWORK},
     .options = HVC_CLI_OF_WRITE,
     .operation = "network.remove",
     .help = "remove a network",
     .description = "Moves under way keep the network they use."},
    {.words = "init",
     .options = HVC_CLI_OF_INIT,
     .operation = "state.init",
     .help = "create the cluster's history",
     .description = "Needed only when not all nodes of corosync's node list will come up for the first start; with all "
                    "of them the history is created by itself. Refused where there is one already. With --force: the "
                    "history of this node is the one that survives, all other nodes give theirs up; only for a cluster "
                    "that has lost a majority of its stores. See the operator guide before."},
    {.words = "digest",
     .operation = "state.digest",
     .render = hvc_render_members,
     .help = "digest of the replicated state here",
     .description = "Two nodes that have applied the same entries have the same digest."},
    {.words = "backup",
     .operands = {NEW_FILE},
     .operation = "state.backup",
     .help = "a checked copy of this node's store",
     .description = "hvclusterd writes it as its own user, to a file that does not exist. It holds the definitions of "
                    "guests with their secrets."},
    {.words = "restore",
     .operands = {NEW_FILE},
     .options = HVC_CLI_OF_RESTORE | HVC_CLI_OF_STORE,
     .work = HVC_CLI_RESTORE,
     .help = "put a copy in the place of this node's store",
     .description = "hvclusterd must be stopped here. The present store is put aside. At the next start the node takes "
                    "definitions and history from the copy and refills the rest from the other nodes. With "
                    "--authoritative the copy's log counts: only for a cluster that has lost a majority of its stores, "
                    "and followed by 'hvcluster init --force'."},
    {.words = "forget",
     .options = HVC_CLI_OF_STORE,
     .work = HVC_CLI_FORGET,
     .help = "empty this node's store",
     .description = "hvclusterd must be stopped here. The next start is that of a new node: it refills from the "
                    "others. What was put aside is removed, too."},
};

static const struct hvc_cli_option options[] = {
    {"--output-as", "text|json", "text for people (default) or the answer as one line of JSON", 0, HVC_CLI_NONE, NULL},
    {"--json", NULL, "the same as --output-as json", 0, HVC_CLI_NONE, NULL},
    {"--timeout", "SECONDS", "how long to wait for the answer (30)", 0, HVC_CLI_NONE, NULL},
    {"--help", NULL, "this help", 0, HVC_CLI_NONE, NULL},
    {"--version", NULL, "the version", 0, HVC_CLI_NONE, NULL},
    {"--manual", NULL, "the manual page as roff source", 0, HVC_CLI_NONE, NULL},
    {"--completion", NULL, "the completion of bash as a script", 0, HVC_CLI_NONE, NULL},
    {"--fresh", NULL, "nothing older than this question; refused without quorum", HVC_CLI_OF_READ, HVC_CLI_SET,
     "fresh"},
    {"--node", "NODE", "of this node only, by name or id", HVC_CLI_OF_NODE, HVC_CLI_WORD, "node"},
    {"--kind", "live|storage|live-storage|staged|quick|restart|definition", "what is moved, and how (live)",
     HVC_CLI_OF_MOVE | HVC_CLI_OF_CHECK, HVC_CLI_WORD, "kind"},
    {"--gain", "NUMBER", "thousandths by which a move lowers the score at least (10)", HVC_CLI_OF_BALANCE,
     HVC_CLI_NUMBER, "gain"},
    {"--low", "NUMBER", "thousandths; such a score is left alone (50)", HVC_CLI_OF_BALANCE, HVC_CLI_NUMBER, "low"},
    {"--moves", "NUMBER", "at most (5)", HVC_CLI_OF_BALANCE, HVC_CLI_NUMBER, "moves"},
    {"--hold", "SECONDS", "for which a guest stays after a move (1800)", HVC_CLI_OF_BALANCE, HVC_CLI_NUMBER, "hold_s"},
    {"--memory-weight", "NUMBER", "of memory in the score; 0: not looked at (2)", HVC_CLI_OF_BALANCE, HVC_CLI_NUMBER,
     "memory_weight"},
    {"--load-weight", "NUMBER", "of load in the score; 0: not looked at (1)", HVC_CLI_OF_BALANCE, HVC_CLI_NUMBER,
     "load_weight"},
    {"--do", NULL, "make jobs of the moves", HVC_CLI_OF_BALANCE, HVC_CLI_NONE, NULL},
    {"--wait", "[=SECONDS]", "for the end of the job, or so long at most; 0: not at all (to the end)",
     HVC_CLI_OF_MOVE | HVC_CLI_OF_BALANCE, HVC_CLI_NONE, NULL},
    {"--no-wait", NULL, "the same as --wait=0", HVC_CLI_OF_MOVE | HVC_CLI_OF_BALANCE, HVC_CLI_NONE, NULL},
    {"--dry-run", NULL, "say what would be done and what stands against it; make no job", HVC_CLI_OF_MOVE, HVC_CLI_SET,
     "dry_run"},
    {"--back", NULL, "from VirtualSystem to VirtualDomain", HVC_CLI_OF_ADOPT, HVC_CLI_SET, "back"},
    {"--without", "NAME,...", "parameters that are given up", HVC_CLI_OF_ADOPT, HVC_CLI_WORD, "without"},
    {"--dry-run", NULL, "say what would be changed and done; change nothing", HVC_CLI_OF_ADOPT, HVC_CLI_SET, "dry_run"},
    {"--bandwidth", "BYTES", "a second, of this move; 0: as set for the cluster", HVC_CLI_OF_RATE, HVC_CLI_NUMBER,
     "bandwidth"},
    {"--priority", "NUMBER", "in the queue, lower is sooner; without: the setting's, less Pacemaker's",
     HVC_CLI_OF_MOVE | HVC_CLI_OF_JOB, HVC_CLI_NUMBER, "priority"},
    {"--downtime", "MS", "longest pause at the switch-over", HVC_CLI_OF_MOVE | HVC_CLI_OF_JOB, HVC_CLI_NUMBER,
     "downtime_ms"},
    {"--deadline", "SECONDS", "from now, until the end action; 0: none", HVC_CLI_OF_MOVE | HVC_CLI_OF_JOB,
     HVC_CLI_NUMBER, "deadline_s"},
    {"--end-action", "abort|force|post-copy", "at the deadline", HVC_CLI_OF_MOVE | HVC_CLI_OF_JOB, HVC_CLI_WORD,
     "end_action"},
    {"--restart", "shutdown|force|turn-off", "how a restart ends the guest", HVC_CLI_OF_MOVE, HVC_CLI_WORD, "restart"},
    {"--parallel", "STREAMS", "connections for the copy; 0: by the link", HVC_CLI_OF_MOVE, HVC_CLI_NUMBER, "parallel"},
    {"--storage", "FILE", "storage plan: roots and paths of disks at the target", HVC_CLI_OF_MOVE, HVC_CLI_TEXT_FILE,
     "document"},
    {"--root", "FOLDER", "at the target, for the disks of a move with storage", HVC_CLI_OF_MOVE, HVC_CLI_WORD, "root"},
    {"--tls", "yes|no", "encrypt the memory stream (as set)", HVC_CLI_OF_MOVE, HVC_CLI_YES_NO, "tls"},
    {"--compress", "yes|no", "compress what is sent (as set)", HVC_CLI_OF_MOVE, HVC_CLI_YES_NO, "compress"},
    {"--auto-converge", NULL, "throttle a guest that writes too fast", HVC_CLI_OF_MOVE, HVC_CLI_SET, "auto_converge"},
    {"--post-copy", NULL, "may be switched to post-copy", HVC_CLI_OF_MOVE, HVC_CLI_SET, "post_copy"},
    {"--pin", NULL, "keep it there although Pacemaker would move it back", HVC_CLI_OF_MOVE | HVC_CLI_OF_CHECK,
     HVC_CLI_SET, "pin"},
    {"--with-others", NULL, "although Pacemaker stops, starts or moves other resources with it",
     HVC_CLI_OF_MOVE | HVC_CLI_OF_CHECK, HVC_CLI_SET, "with_others"},
    {"--unsafe", NULL, "although libvirt holds it for unsafe", HVC_CLI_OF_MOVE, HVC_CLI_SET, "unsafe"},
    {"--retain", NULL, "keep the disk files of the source", HVC_CLI_OF_MOVE, HVC_CLI_SET, "retain_copies"},
    {"--overwrite", NULL, "disk files at the target may be overwritten", HVC_CLI_OF_MOVE, HVC_CLI_SET, "overwrite"},
    {"--resource", "RESOURCE", "of Pacemaker, which manages it", HVC_CLI_OF_RESOURCE, HVC_CLI_WORD, "resource"},
    {"--follow", NULL, "and what comes next", HVC_CLI_OF_EVENTS, HVC_CLI_NONE, NULL},
    {"--after", "NUMBER", "only events with greater numbers", HVC_CLI_OF_EVENTS, HVC_CLI_NUMBER, "after"},
    {"--limit", "NUMBER", "of events (50)", HVC_CLI_OF_EVENTS, HVC_CLI_NUMBER, "limit"},
    {"--state", "active|ended", "only those", HVC_CLI_OF_JOBS, HVC_CLI_WORD, "state"},
    {"--guest", "GUEST", "of this guest only", HVC_CLI_OF_JOBS | HVC_CLI_OF_ENDED, HVC_CLI_WORD, "guest"},
    {"--node", "NODE", "from or to this node only", HVC_CLI_OF_JOBS | HVC_CLI_OF_ENDED, HVC_CLI_WORD, "node"},
    {"--limit", "NUMBER", "of ended jobs (20)", HVC_CLI_OF_JOBS | HVC_CLI_OF_ENDED, HVC_CLI_NUMBER, "limit"},
    {"--before", "ID", "ended jobs with smaller numbers", HVC_CLI_OF_JOBS | HVC_CLI_OF_ENDED, HVC_CLI_NUMBER, "before"},
    {"--after", "ID", "unfinished jobs with greater numbers", HVC_CLI_OF_JOBS, HVC_CLI_NUMBER, "after"},
    {"--reason", "TEXT", "why; kept with the job", HVC_CLI_OF_REASON, HVC_CLI_WORD, "reason"},
    {"--node", "NODE", "on which the guest runs", HVC_CLI_OF_PLACE, HVC_CLI_WORD, "node"},
    {"--nowhere", NULL, "the guest runs on no node", HVC_CLI_OF_PLACE, HVC_CLI_SET, "nowhere"},
    {"--wait", NULL, "wait for quorum until the timeout instead of refusing", HVC_CLI_OF_WRITE, HVC_CLI_SET, "wait"},
    {"--token", "TOKEN", "of a former request: what it did is not done a second time",
     HVC_CLI_OF_WRITE | HVC_CLI_OF_MOVE, HVC_CLI_WORD, "token"},
    {"--accepting", "yes|no", "the node takes part in new moves", HVC_CLI_OF_FLAGS, HVC_CLI_YES_NO, "accepting"},
    {"--maintenance", "yes|no", "the node is in maintenance", HVC_CLI_OF_FLAGS, HVC_CLI_YES_NO, "maintenance"},
    {"--subnet", "SUBNET", "another subnet for the network", HVC_CLI_OF_SUBNET, HVC_CLI_WORD, "subnet"},
    {"--metric", "NUMBER", "lower is preferred (0)", HVC_CLI_OF_NETWORK, HVC_CLI_NUMBER, "metric"},
    {"--bandwidth", "BYTES", "a second, of all moves on the network; 0: not limited", HVC_CLI_OF_NETWORK,
     HVC_CLI_NUMBER, "bandwidth"},
    {"--limit", "NUMBER", "of moves over the network at one time, from a node and to a node each; 0: not limited",
     HVC_CLI_OF_NETWORK, HVC_CLI_NUMBER, "limit"},
    {"--name", "TEXT", "of the network, for people", HVC_CLI_OF_NETWORK, HVC_CLI_WORD, "name"},
    {"--tags", "TEXT,...", "of the network, separated by commas", HVC_CLI_OF_NETWORK, HVC_CLI_WORD, "tags"},
    {"--force", NULL, "this node's history survives, the others give theirs up", HVC_CLI_OF_INIT, HVC_CLI_SET, "force"},
    {"--authoritative", NULL, "the copy's log counts again", HVC_CLI_OF_RESTORE, HVC_CLI_SET, "authoritative"},
    {"--config", "FILE", "configuration of hvclusterd, which names the store's place", HVC_CLI_OF_STORE, HVC_CLI_NONE,
     NULL},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

const struct hvc_cli_command *hvc_cli_command_at(size_t index)
{
    return index < COUNT(commands) ? &commands[index] : NULL;
}

const struct hvc_cli_option *hvc_cli_option_at(size_t index)
{
    return index < COUNT(options) ? &options[index] : NULL;
}
