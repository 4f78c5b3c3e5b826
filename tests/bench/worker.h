/* Workers of scripts/bench. Each holds one network and answers requests, so that rivals can be timed in turns.
 *
 * A request is a line on standard input: a command, then words key=value. The answer is a line of JSON on standard
 * output, {"error": "..."} if it cannot be done. The first line comes without a request, when the network is loaded. */
#ifndef ATTR_TESTS_BENCH_WORKER_H
#define ATTR_TESTS_BENCH_WORKER_H

#include <stdio.h>

typedef struct bench_request bench_request;

typedef struct {
    const char *name;
    void (*answer)(FILE *out, const bench_request *request, void *context);
} bench_command;

/* The stream of answers, open once. What else is printed to standard output, Darknet's messages, goes to standard error
 * from now on. */
FILE *bench_open_answers(void);

/* Answers requests until the end of the input. The last command's name is NULL. */
void bench_serve(FILE *out, const bench_command *commands, void *context);

/* The value of a key, `fallback` where the request does not have it. */
const char *bench_text(const bench_request *request, const char *key, const char *fallback);
int bench_number(const bench_request *request, const char *key, int fallback);

void bench_answer_error(FILE *out, const char *message);

/* The largest memory that the process has had at once: Linux's VmHWM. */
void bench_answer_memory(FILE *out);

/* Milliseconds. With clock=cpu in a request, of processor time: the same on a busy machine, but only with one thread
 * does it tell how long something takes. */
double bench_now(void);

/* Times of single layers over several passes. */
typedef struct {
    int layers, passes;
    double *forward, *backward; /* [layers][passes], milliseconds */
} bench_layer_times;

bench_layer_times bench_allocate_times(int layers, int passes);
void bench_free_times(bench_layer_times *times);

/* Writes "forward_ms": [...], "backward_ms": [...] with the median of each layer. Sorts the times. */
void bench_write_medians(FILE *out, bench_layer_times *times);

/* Memory or the end of the process. */
void *bench_allocate(size_t count, size_t size);

#endif
