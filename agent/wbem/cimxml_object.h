/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Objects of CIM-XML from elements of a tree: values, paths, instances. */
#ifndef HVC_WBEM_CIMXML_OBJECT_H
#define HVC_WBEM_CIMXML_OBJECT_H

#include "hvc/cim.h"
#include "hvc/error.h"
#include "xml_tree.h"

/* All: -EINVAL with the line and what is wrong, -ENOMEM. */

/* Of a type's name; HVC_CIM_TYPE_COUNT when it is none. */
uint8_t hvc_cimxml_type(const char *name);

/* VALUE, VALUE.ARRAY, VALUE.REFERENCE, VALUE.REFARRAY. */
bool hvc_cimxml_is_value(const struct hvc_xml_node *node);
int hvc_cimxml_value(struct hvc_cim_arena *arena, struct hvc_xml_node *node, uint8_t type, struct hvc_cim_value *ret,
                     struct hvc_error *error);

/* INSTANCENAME, CLASSNAME, INSTANCEPATH, LOCALINSTANCEPATH, CLASSPATH, LOCALCLASSPATH. */
bool hvc_cimxml_is_path(const struct hvc_xml_node *node);
int hvc_cimxml_path(struct hvc_cim_arena *arena, struct hvc_xml_node *node, const struct hvc_cim_path **ret_path,
                    struct hvc_error *error);

/* LOCALNAMESPACEPATH: its names with slashes between them. */
int hvc_cimxml_space(struct hvc_cim_arena *arena, struct hvc_xml_node *node, const char **ret_space,
                     struct hvc_error *error);

/* INSTANCE, VALUE.NAMEDINSTANCE. */
bool hvc_cimxml_is_instance(const struct hvc_xml_node *node);
int hvc_cimxml_instance(struct hvc_cim_arena *arena, struct hvc_xml_node *node,
                        const struct hvc_cim_instance **ret_instance, struct hvc_error *error);

/* -ENOMEM in words, -EINVAL about a node in words. */
int hvc_cimxml_no_memory(struct hvc_error *error);
int hvc_cimxml_wrong(struct hvc_error *error, const struct hvc_xml_node *node, const char *what);
/* An attribute that must be there. */
int hvc_cimxml_want(const struct hvc_xml_node *node, const char *name, const char **ret_value, struct hvc_error *error);

#endif
