/* yjs-adapter: the program. Reads its configuration, runs the departments named there, ends on SIGTERM or SIGINT. */
#include <curl/curl.h>
#include <getopt.h>
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include "base/log.h"
#include "host_inside.h"

enum { OPTION_CHECK = 256, OPTION_LIST, OPTION_HELP, OPTION_SETTINGS, OPTION_VERSION };
static const struct option options[] = {
    {"config", required_argument, NULL, 'c'},        {"check-config", no_argument, NULL, OPTION_CHECK},
    {"list-drivers", no_argument, NULL, OPTION_LIST}, {"help", optional_argument, NULL, OPTION_HELP},
    {"settings", no_argument, NULL, OPTION_SETTINGS}, {"version", no_argument, NULL, OPTION_VERSION}, {0},
};

static int usage(FILE *out) {
    fputs("usage: yjs-adapter --config FILE [--check-config]\n"
          "       yjs-adapter --list-drivers | --help DRIVER | --settings | --version\n\n"
          "Runs adapters of departments: reads their tasks from Kafka, has a driver do the work, posts the answers.\n",
          out);
    return out == stderr ? 2 : 0;
}

static int list_drivers(void) {
    for (size_t i = 0; yjs_drivers[i]; i++)
        printf("%-10s %s\n", yjs_drivers[i]->name, yjs_drivers[i]->help);
    return 0;
}

static int help_driver(const char *name) {
    const struct yjs_driver *d = driver_find(name);
    if (!d) {
        fprintf(stderr, "yjs-adapter: no driver is named %s; see --list-drivers\n", name);
        return 2;
    }
    printf("%s: %s\n\ndriver:\n", d->name, d->help);
    settings_print(stdout, d->settings, "  ");
    if (d->step_settings) {
        printf("steps: <step>:   (next to request, answer, require)\n");
        settings_print(stdout, d->step_settings, "  ");
    }
    return 0;
}

static void wait_for_signal(struct host_config *c) {
    (void)c;
    sigset_t set;
    int got;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigwait(&set, &got);
}

static int run(const char *path, bool check_only) {
    struct faults faults = {0};
    buffer_init(&faults.text, 1024 * 1024);
    struct host_config *c = host_config_read(path, &faults);
    if (!c) {
        faults_sort(&faults);
        fprintf(stderr, "%s%zu fault%s in %s\n", buffer_text(&faults.text).at, faults.count, faults.count == 1 ? "" : "s", path);
        buffer_free(&faults.text);
        return 2;
    }
    buffer_free(&faults.text);
    int verdict = 0;
    if (check_only) {
        printf("%s is good: %zu department%s\n", path, c->host_count, c->host_count == 1 ? "" : "s");
    } else {
        log_setup(2, (enum log_level)c->log_level, (enum log_format)c->log_format, "yjs-adapter");
        verdict = host_config_run(c, wait_for_signal);
    }
    host_config_free(c);
    return verdict;
}

int main(int count, char **arguments) {
    const char *config = NULL;
    bool check_only = false;
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    mallopt(M_TRIM_THRESHOLD, 64 * 1024 * 1024);     /* a batch's memory is not given back only to be asked for again */
    mallopt(M_MMAP_THRESHOLD, 64 * 1024 * 1024);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    for (int option; (option = getopt_long(count, arguments, "c:h", options, NULL)) != -1;) {
        switch (option) {
        case 'c': config = optarg; break;
        case OPTION_CHECK: check_only = true; break;
        case OPTION_LIST: return list_drivers();
        case OPTION_SETTINGS: host_config_print_settings(stdout); return 0;
        case OPTION_VERSION: puts(YJS_VERSION); return 0;
        case 'h':
        case OPTION_HELP:
            if (optarg || optind < count)
                return help_driver(optarg ? optarg : arguments[optind]);
            return usage(stdout);
        default: return usage(stderr);
        }
    }
    return config && optind == count ? run(config, check_only) : usage(stderr);
}
