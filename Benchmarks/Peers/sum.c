// The two sums of `natsbridge-bench arrow` in C, over as many values.
//     clang -O2 -o /tmp/sum Benchmarks/Peers/sum.c && /tmp/sum 10000000
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static int compare(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    return a < b ? -1 : a > b;
}

__attribute__((noinline)) static int64_t sum_int(const int64_t *values, size_t count) {
    int64_t total = 0;
    for (size_t i = 0; i < count; i++) total += values[i];
    return total;
}

__attribute__((noinline)) static double sum_float(const double *values, size_t count) {
    double total = 0;
    for (size_t i = 0; i < count; i++) total += values[i];
    return total;
}

int main(int argc, char **argv) {
    size_t count = argc > 1 ? (size_t)atoll(argv[1]) : 10000000;
    int64_t *ids = malloc(count * sizeof *ids);
    double *measures = malloc(count * sizeof *measures);
    if (!ids || !measures) return 1;
    for (size_t i = 0; i < count; i++) {
        ids[i] = (int64_t)i;
        measures[i] = (double)i * 0.5;
    }
    double ints[7], floats[7], kept = 0;
    for (int run = 0; run < 7; run++) {
        double start = now();
        kept += (double)sum_int(ids, count);
        ints[run] = now() - start;
        start = now();
        kept += sum_float(measures, count);
        floats[run] = now() - start;
    }
    qsort(ints, 7, sizeof *ints, compare);
    qsort(floats, 7, sizeof *floats, compare);
    printf("{\"benchmark\":\"c.sum.int64\",\"n\":%zu,\"median_s\":%g,\"best_s\":%g}\n", count * 8,
           ints[3], ints[0]);
    printf("{\"benchmark\":\"c.sum.float64\",\"n\":%zu,\"median_s\":%g,\"best_s\":%g}\n", count * 8,
           floats[3], floats[0]);
    return kept == 0;
}
