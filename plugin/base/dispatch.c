#include "base/dispatch.h"

#if defined(__x86_64__) && defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

attr_cpu attr_cpu_limit = ATTR_CPU_AMX;

/* Linux keeps the registers of matrix units for programs that have asked for them
 * (docs.kernel.org/arch/x86/xstate.html). */
static int ask_for_matrix_units(void) {
#if defined(ATTR_EMULATED_AMX) /* tests/amx_emulation.h */
    return 1;
#elif defined(ATTR_CPU_GENERATIONS) && defined(__linux__)
    enum { request_permission = 0x1023, tile_data = 18 };
    return __builtin_cpu_supports("amx-tile") && __builtin_cpu_supports("amx-bf16") &&
           syscall(SYS_arch_prctl, request_permission, tile_data) == 0;
#else
    return 0;
#endif
}

int attr_cpu_has_matrix_units(void) {
    static int answer = -1; /* two threads may both ask: the answer is the same */
    int known = __atomic_load_n(&answer, __ATOMIC_RELAXED);
    if (known < 0) {
        known = ask_for_matrix_units();
        __atomic_store_n(&answer, known, __ATOMIC_RELAXED);
    }
    return known;
}
