/* The kit sees its own faults: each register broken in each way that the probe's table knows is named, and nothing else is. */
#include "kit.h"
#include <stdio.h>
#include <string.h>

static unsigned lost(int side) {
  unsigned n = 0;
  for (unsigned i = 0; i < register_count(); i++) n += noted.lost[side][i] != 0;
  return n;
}

int self_test(void) {
  static const uint64_t none[4];
  unsigned named = 0, wrong = 0;
  for (int side = BODY; side <= RESUMER; side++)
    for (unsigned k = 0; k < clobber_count(); k++) {
      const probe_clobber *clobber = &gobuf_probe_clobbers[k];
      memset(&noted, 0, sizeof noted);
      watched(side, (char *)gobuf_probe_clobber_code + CLOBBER_SIZE * k, none);
      if (lost(side) == 1 && noted.lost[side][clobber->reg]) {
        named++;
        continue;
      }
      wrong++;
      printf("not named: %s of %s\n", clobber->what, gobuf_probe_registers[clobber->reg].name);
    }
  memset(&noted, 0, sizeof noted);
  watched(RESUMER, (void *)gobuf_probe_clobber_caller_saved, none);
  unsigned falsely = lost(RESUMER);
  if (falsely) printf("%u registers that a callee may change were named\n", falsely);
  printf("self-test: %u of %u broken registers named, %u falsely\n", named, 2 * clobber_count(), falsely);
  return named == 0 || wrong != 0 || falsely != 0;
}
