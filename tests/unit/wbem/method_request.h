/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A call of a method in a short form: OBJECT|METHOD|PARAMETERS|WHAT HVCLUSTERD SAYS
 *
 * OBJECT is "cluster" or "host" for the service there, "there" for that of host n2, "planned" for that of a cluster
 * with a planned system of its second guest on n1, "placed" for one whose disks lie elsewhere there, "stale" for that
 * of a cluster without quorum, or the InstanceID of a job. PARAMETERS, with # between, are "F name=value": F is S for a
 * text, E for an embedded instance (class!property=value!property*=array of one), U and I for one that is not escaped,
 * in VALUE and without, R for a reference (class!key!value), N for a null; a second letter A says an array, its entries
 * with + between. What hvclusterd says to the last order is a word of hvc/results.h and its data.
 */
#ifndef METHOD_REQUEST_H
#define METHOD_REQUEST_H

#include "method_talk.h"

/* Sends it; puts the two lines of method_talk.h. facts NULL: those of OBJECT. */
void method_line(struct hvc_cim_server *server, const struct hvc_cim_facts *facts, const char *line,
                 struct hvc_text_buffer *out);

struct method_row {
    const char *line;
    const char *orders, *answer; /* both stand in the two lines */
};

void method_rows(const struct hvc_cim_facts *facts, const struct method_row *rows, size_t count);

#define GUEST(number) "R ComputerSystem=Msvm_ComputerSystem!Name!0A000000-0000-4000-8000-00000000000" number
#define NOTHING       ">\n" /* is ordered */
#define VALUE(number) "<RETURNVALUE PARAMTYPE=\"uint32\"><VALUE>" number "</VALUE></RETURNVALUE>"

#endif
