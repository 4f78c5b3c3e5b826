#include "base/dispatch.h"

attr_cpu attr_cpu_limit = ATTR_CPU_V4;
