/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hvc-mofc: from MOF files to tables of C or to documentation, at build time. */
#include <errno.h>
#include <getopt.h>
#include <string.h>

#include "emit.h"

enum { FOLDERS_MAX = 16 };

struct options {
    const char *name, *identifier, *output, *depfile;
    bool doc;
    const char *folders[FOLDERS_MAX];
    size_t folder_count;
};

static int usage(FILE *out)
{
    (void)fputs(
        "usage: hvc-mofc -n NAMESPACE -i IDENTIFIER [-I FOLDER]... [-o FILE] [-M DEPFILE] [--doc] FILE.mof...\n"
        "\n"
        "Checks MOF files (DSP0004) and writes the tables of C for one namespace, or with --doc a page about it.\n"
        "Without -i or --doc: checks only.\n",
        out);
    return out == stderr ? 2 : 0;
}

/* 0, or the exit status plus one. */
static int parse_options(int argc, char **argv, struct options *options)
{
    static const struct option longs[] = {{"doc", no_argument, NULL, 'd'}, {"help", no_argument, NULL, 'h'}, {0}};
    int letter;

    while ((letter = getopt_long(argc, argv, "n:i:I:o:M:h", longs, NULL)) != -1) {
        switch (letter) {
        case 'n':
            options->name = optarg;
            break;
        case 'i':
            options->identifier = optarg;
            break;
        case 'o':
            options->output = optarg;
            break;
        case 'M':
            options->depfile = optarg;
            break;
        case 'd':
            options->doc = true;
            break;
        case 'I':
            if (options->folder_count == FOLDERS_MAX)
                return usage(stderr) + 1;
            options->folders[options->folder_count++] = optarg;
            break;
        case 'h':
            return usage(stdout) + 1;
        default:
            return usage(stderr) + 1;
        }
    }
    if (optind == argc || ((options->identifier != NULL || options->doc) && options->name == NULL))
        return usage(stderr) + 1;
    return 0;
}

static bool close_file(FILE *out, const char *path)
{
    bool failed = ferror(out) != 0;

    if (fclose(out) != 0 || failed) {
        (void)fprintf(stderr, "hvc-mofc: cannot write %s: %s\n", path, strerror(errno));
        (void)remove(path); /* half a file must not be taken for a whole one */
        return false;
    }
    return true;
}

static FILE *open_file(const char *path)
{
    FILE *out = fopen(path, "we");

    if (out == NULL)
        (void)fprintf(stderr, "hvc-mofc: cannot write %s: %s\n", path, strerror(errno));
    return out;
}

/* For make and ninja: the output comes from every file that was read. */
static bool write_depfile(const struct options *options, const struct mof_tree *tree)
{
    FILE *out = open_file(options->depfile);

    if (out == NULL)
        return false;
    (void)fprintf(out, "%s:", options->output);
    for (size_t i = 0; i < tree->file_count; i++)
        (void)fprintf(out, " \\\n  %s", tree->files[i]);
    (void)fputc('\n', out);
    return close_file(out, options->depfile);
}

static bool write_output(struct mof_run *run, const struct options *options, const struct mof_tree *tree)
{
    FILE *out = options->output == NULL ? stdout : open_file(options->output);

    if (out == NULL)
        return false;
    if (options->doc)
        mof_emit_doc(run, tree, options->name, out);
    else
        mof_emit_c(run, tree, options->name, options->identifier, out);
    if (out == stdout)
        return fflush(stdout) == 0;
    return close_file(out, options->output) && (options->depfile == NULL || write_depfile(options, tree));
}

int main(int argc, char **argv)
{
    struct options options = {0};
    struct mof_run run = {.messages = stderr};
    struct mof_tree tree = {0};
    int status = parse_options(argc, argv, &options);

    if (status != 0)
        return status - 1;
    run.folders = options.folders;
    run.folder_count = options.folder_count;
    for (int i = optind; i < argc; i++)
        mof_parse(&run, &tree, argv[i]);
    if (run.errors == 0)
        mof_check(&run, &tree);
    if (run.errors != 0) {
        (void)fprintf(stderr, "hvc-mofc: %u errors\n", run.errors);
        status = 1;
    } else if ((options.doc || options.identifier != NULL) && !write_output(&run, &options, &tree)) {
        status = 2;
    }
    mof_arena_free(&run.arena);
    return status;
}
