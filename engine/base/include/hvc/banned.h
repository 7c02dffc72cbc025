/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Functions that no file of the project calls, as compile errors. Included before the first line of every source file
 * by the compiler's -include option (cmake/HvcCompiler.cmake), so the headers that declare them come first here.
 * The pure cores are held further by the allow list of undefined symbols (tests/unit/symbols).
 */
#ifndef HVC_BANNED_H
#define HVC_BANNED_H

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define HVC_BANNED(function, use) _Static_assert(0, #function " is banned: use " use)

#undef strcpy
#define strcpy(d, s) HVC_BANNED(strcpy, "hvc_text_copy or snprintf")
#undef strcat
#define strcat(d, s) HVC_BANNED(strcat, "hvc_text_append or snprintf")
#undef strncpy
#define strncpy(d, s, n) HVC_BANNED(strncpy, "hvc_text_copy")
#undef strncat
#define strncat(d, s, n) HVC_BANNED(strncat, "hvc_text_append")
#undef sprintf
#define sprintf(...) HVC_BANNED(sprintf, "snprintf")
#undef vsprintf
#define vsprintf(...) HVC_BANNED(vsprintf, "vsnprintf")
#undef strtok
#define strtok(s, d) HVC_BANNED(strtok, "strtok_r or strchr")
#undef gmtime
#define gmtime(t) HVC_BANNED(gmtime, "gmtime_r")
#undef localtime
#define localtime(t) HVC_BANNED(localtime, "localtime_r")
#undef atoi
#define atoi(s) HVC_BANNED(atoi, "hvc_parse_u64")
#undef atol
#define atol(s) HVC_BANNED(atol, "hvc_parse_u64")
#undef signal
#define signal(n, h) HVC_BANNED(signal, "sigaction")

#endif
