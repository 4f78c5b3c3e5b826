/* The files of `dream`, in <results>/dream/<name of the dream>:
 *
 *   dream.png       the picture, in the size of the network's input; dream.npy its values [channels][height][width]
 *   step<n>.png     what it looked like after so many steps: some, evenly spaced, the first the start, the last the end
 *   progress.png    these side by side
 *   dream.json      settings, the objective before each step and at the end, what the network itself sees in the dream
 *   index.html      all of it with curves; nothing beside it is needed
 *   run.cfg         the options that were given, the command, SHA-256 of cfg and weights
 *
 * Each is whole or not there; all but run.cfg by option output. */
#ifndef ATTR_REPORTS_DREAM_H
#define ATTR_REPORTS_DREAM_H

#include <stdio.h>

#include "session/dreaming.h"

enum { ATTR_DREAM_FRAMES = 9 }; /* that a report wants */

typedef struct {
    const attr_session *session;
    const attr_options *options; /* as given */
    const attr_dream_wish *wish;
    const attr_dreamed *dreamed;
} attr_dream_report;

/* Writes all files into the folder, which is made if need be. */
attr_status attr_write_dream(const attr_dream_report *r, const char *folder);

/* --- its parts -------------------------------------------------------------------------------------------------- */

/* The name of frame i's file, without extension. */
void attr_dream_frame_name(char out[32], const attr_dream *d, int i);

void attr_write_dream_summary(FILE *file, const attr_dream_report *r);
attr_status attr_write_dream_page(FILE *file, const attr_dream_report *r, const char *record_path);
attr_status attr_write_dream_record(FILE *file, const attr_dream_report *r, const char *path);

#endif
