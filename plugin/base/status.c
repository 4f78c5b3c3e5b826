#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>

static _Thread_local char last_message[ATTR_MESSAGE_SIZE];

attr_status attr_fail(attr_status status, const char *format, ...) {
    char message[sizeof last_message]; /* the arguments may point into the old message */
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    snprintf(last_message, sizeof last_message, "%s", message);
    return status;
}

const char *attr_error_message(void) {
    return last_message;
}

const char *attr_status_name(attr_status status) {
    switch (status) {
#define ATTR_STATUS_NAME(name, code, text)                                                                             \
    case ATTR_##name:                                                                                                  \
        return #name;
        ATTR_STATUS_LIST(ATTR_STATUS_NAME)
#undef ATTR_STATUS_NAME
    }
    return "unknown";
}

int attr_status_exit_code(attr_status status) {
    switch (status) {
#define ATTR_STATUS_CODE(name, code, text)                                                                             \
    case ATTR_##name:                                                                                                  \
        return code;
        ATTR_STATUS_LIST(ATTR_STATUS_CODE)
#undef ATTR_STATUS_CODE
    }
    return 1;
}
