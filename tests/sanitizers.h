/* The sanitizers look for other things than figures, and take ten times as long: with them a sweep does only some of
 * the cases that run the same code with other numbers. */
#ifndef TESTS_SANITIZERS_H
#define TESTS_SANITIZERS_H

#ifdef __SANITIZE_ADDRESS__
enum { with_sanitizers = 1 };
#else
enum { with_sanitizers = 0 };
#endif

#endif
