/* json_kernel.c - which of the compiled kernels this processor can run. */
#include "json_extract.h"

const eqlc_json_kernel *const *eqlc_json_kernels(void)
{
#if defined(__x86_64__)
    static const eqlc_json_kernel *const all[] = { &eqlc_json_kernel_v3, &eqlc_json_kernel_baseline, NULL };
    __builtin_cpu_init();
    /* clang 14 knows no more names; processors with these have the rest of x86-64-v3 too. */
    bool v3 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
              __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("fma") &&
              __builtin_cpu_supports("popcnt") && __builtin_cpu_supports("pclmul");
    return v3 ? all : all + 1;
#else
    static const eqlc_json_kernel *const all[] = { &eqlc_json_kernel_baseline, NULL };
    return all;
#endif
}
