/* measure.h - CPU time and medians for the benchmarks. */
#ifndef MEASURE_H
#define MEASURE_H

#include <stdlib.h>
#include <time.h>

/* CPU seconds of this thread. */
static inline double cpu_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static inline int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The value at `part` (0.5: the median) of n measurements, which are sorted by this. */
static inline double quantile(double *values, size_t n, double part)
{
    qsort(values, n, sizeof values[0], compare_doubles);
    return values[(size_t)((double)(n - 1) * part)];
}

#endif
