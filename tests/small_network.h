/* Networks for tests: described by a line of text, parsed by Darknet, with random parameters. */
#ifndef ATTR_TESTS_SMALL_NETWORK_H
#define ATTR_TESTS_SMALL_NETWORK_H

#include "darknet.h"

/* Parses a cfg whose lines are separated by spaces, without Darknet's chatter. Parameters are random, from a generator
 * that starts anew with each network: variances from 0.5 to 2, weights so that a layer keeps the size of its input,
 * times `gain`. Stock Darknet can run it, also where it forgets to allocate. */
network *make_test_network(const char *cfg, double gain);
void free_test_network(network *net);

/* The next value of that generator, uniform from low to high. */
double test_uniform(double low, double high);

#endif
