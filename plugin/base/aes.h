/* AES-128, the block cipher of FIPS 197 (doi.org/10.6028/NIST.FIPS.197-upd1), as a source of random words: blocks that
 * are counted upwards and encrypted. By instructions of the CPU where there are any, by a table of 1 kB elsewhere; the
 * words are the same. Not for secrets: a table's access times tell the key.
 *
 * A block or key is four words; byte 0 is the lowest of word 0, whatever the CPU's order of bytes. */
#ifndef ATTR_BASE_AES_H
#define ATTR_BASE_AES_H

#include <stddef.h>
#include <stdint.h>

enum { ATTR_AES_ROUNDS = 10 };

typedef struct {
    uint32_t rounds[ATTR_AES_ROUNDS + 1][4]; /* the keys of all rounds */
} attr_aes_key;

attr_aes_key attr_aes_expand(const uint32_t key[4]);

/* out[4 i] .. out[4 i + 3] become the block {first + i, top}, encrypted, for i < blocks; of the 64-bit numbers the low
 * word comes first, and first + i wraps around. Needs no alignment. Fast for multiples of 32. */
void attr_aes_count(uint32_t *out, const attr_aes_key *key, uint64_t first, uint64_t top, size_t blocks);

#endif
