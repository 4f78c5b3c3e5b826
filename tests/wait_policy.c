/* Tests run side by side: a thread that waits must give its processor away, or those of small networks take a hundred
 * times as long. libgomp reads that when a program starts: Criterion starts each test as a program of its own, with
 * this one's environment. */
#include <stdlib.h>

__attribute__((constructor)) static void have_patient_threads(void) {
    setenv("OMP_WAIT_POLICY", "passive", 0);
}
