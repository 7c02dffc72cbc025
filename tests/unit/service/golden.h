/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef HVC_TEST_SERVICE_GOLDEN_H
#define HVC_TEST_SERVICE_GOLDEN_H

/* Compares text with tests/golden/service/NAME; with HVC_GOLDEN_UPDATE set it is written anew, to be read in the diff.
 */
void golden(const char *name, const char *text);

#endif
