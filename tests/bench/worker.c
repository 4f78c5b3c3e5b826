#define _GNU_SOURCE
#include "worker.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { most_words = 32 };

struct bench_request {
    char *words[most_words];
    int count;
};

static clockid_t chosen_clock = CLOCK_MONOTONIC;

FILE *bench_open_answers(void) {
    FILE *out = fdopen(dup(STDOUT_FILENO), "w");
    dup2(STDERR_FILENO, STDOUT_FILENO);
    if (!out) {
        perror("standard output");
        exit(1);
    }
    return out;
}

static void answer(FILE *out, const bench_request *request, const bench_command *commands, void *context) {
    int cpu = 0 == strcmp(bench_text(request, "clock", "wall"), "cpu");
    chosen_clock = cpu ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC;
    for (const bench_command *command = commands; command->name; ++command) {
        if (0 != strcmp(request->words[0], command->name)) continue;
        command->answer(out, request, context);
        return;
    }
    bench_answer_error(out, "no such command");
}

void bench_serve(FILE *out, const bench_command *commands, void *context) {
    char line[1024];
    while (fgets(line, sizeof line, stdin)) {
        bench_request request = {.count = 0};
        for (char *word = strtok(line, " \n"); word && request.count < most_words; word = strtok(NULL, " \n"))
            request.words[request.count++] = word;
        if (request.count == 0) continue;
        answer(out, &request, commands, context);
        fflush(out);
    }
}

const char *bench_text(const bench_request *request, const char *key, const char *fallback) {
    size_t n = strlen(key);
    for (int i = 1; i < request->count; ++i)
        if (0 == strncmp(request->words[i], key, n) && request->words[i][n] == '=') return request->words[i] + n + 1;
    return fallback;
}

int bench_number(const bench_request *request, const char *key, int fallback) {
    const char *text = bench_text(request, key, NULL);
    return text ? atoi(text) : fallback;
}

void bench_answer_error(FILE *out, const char *message) {
    fputs("{\"error\": \"", out);
    for (; *message; ++message) fputc(*message == '"' || *message == '\\' ? '\'' : *message, out);
    fputs("\"}\n", out);
    fflush(out);
}

void bench_answer_memory(FILE *out) {
    char line[256];
    long kib = 0;
    FILE *file = fopen("/proc/self/status", "r");
    while (file && fgets(line, sizeof line, file))
        if (sscanf(line, "VmHWM: %ld", &kib) == 1) break;
    if (file) fclose(file);
    if (kib)
        fprintf(out, "{\"peak_kib\": %ld}\n", kib);
    else
        bench_answer_error(out, "this system does not tell the memory used");
}

double bench_now(void) {
    struct timespec now;
    clock_gettime(chosen_clock, &now);
    return 1e3 * (double)now.tv_sec + 1e-6 * (double)now.tv_nsec;
}

void *bench_allocate(size_t count, size_t size) {
    void *memory = calloc(count + !count, size);
    if (!memory) {
        fputs("out of memory\n", stderr);
        exit(1);
    }
    return memory;
}

bench_layer_times bench_allocate_times(int layers, int passes) {
    size_t n = (size_t)layers * (size_t)passes;
    return (bench_layer_times){layers, passes, bench_allocate(n, sizeof(double)), bench_allocate(n, sizeof(double))};
}

void bench_free_times(bench_layer_times *times) {
    free(times->forward);
    free(times->backward);
}

static int compare(const void *a, const void *b) {
    return (*(const double *)a > *(const double *)b) - (*(const double *)a < *(const double *)b);
}

static void write_list(FILE *out, const char *key, double *values, int layers, int passes) {
    fprintf(out, "\"%s\": [", key);
    for (int i = 0; i < layers; ++i, values += passes) {
        qsort(values, (size_t)passes, sizeof *values, compare);
        fprintf(out, "%s%.6g", i ? ", " : "", values[passes / 2]);
    }
    fputs("]", out);
}

void bench_write_medians(FILE *out, bench_layer_times *times) {
    write_list(out, "forward_ms", times->forward, times->layers, times->passes);
    fputs(", ", out);
    write_list(out, "backward_ms", times->backward, times->layers, times->passes);
}
