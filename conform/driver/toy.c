/* The kit's own broken switches, for its self-test. */
#define conform_subject_at toy_subject_at
#include "../subjects/toy.c"
