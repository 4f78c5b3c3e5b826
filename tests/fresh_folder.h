/* An empty folder as working folder: TestSuite(name, .init = enter_fresh_folder, .fini = leave_fresh_folder). Criterion
 * runs each test in a process of its own. */
#ifndef TESTS_FRESH_FOLDER_H
#define TESTS_FRESH_FOLDER_H

void enter_fresh_folder(void);
void leave_fresh_folder(void); /* removes it */

#endif
