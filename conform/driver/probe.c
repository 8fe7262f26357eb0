/* The probe: one call with every preserved register under observation, and the locals of the frame that makes it. */
#include "kit.h"
#include <string.h>

int clobber_first;
tally noted;

static uint64_t run_seed = 1, state = 1;

void seed(uint64_t s) { run_seed = state = s; }

uint64_t draw(void) { return gobuf_probe_draw(&state); }

unsigned register_count(void) {
  unsigned n = 0;
  while (gobuf_probe_registers[n].name[0]) n++;
  return n;
}

unsigned clobber_count(void) {
  unsigned n = 0;
  while (gobuf_probe_clobbers[n].what[0]) n++;
  return n;
}

/* Between the probe and the subject: what it needs itself waits on the stack, which a switch must keep. */
static uint64_t clobbering(void *fn, uint64_t a, uint64_t b) {
  void *volatile f = fn;
  volatile uint64_t first = a, second = b;
  gobuf_probe_clobber_caller_saved();
  return ((uint64_t(*)(uint64_t, uint64_t))f)(first, second);
}

static uint64_t value_of(const uint32_t words[4]) { return words[0] | (uint64_t)words[1] << 32; }

void watched(int side, void *fn, const uint64_t args[4], const coroutine *of) {
  probe_watch ask = {run_seed, noted.begun[side]++, (uint64_t)side, fn, {args[0], args[1], args[2], args[3]}, 0, 0, 0, NULL, 0};
  if (of != NULL && of->stack != NULL) {
    ask.stack = (uint64_t)(uintptr_t)of->stack;
    ask.stack_size = of->size;
  }
  ask.depth = draw() % (DEPTH_MAX + 1);
  if (clobber_first) {
    ask.func = (void *)clobbering;
    ask.args[0] = (uint64_t)(uintptr_t)fn;
    ask.args[1] = args[0];
    ask.args[2] = args[1];
  }
  gobuf_probe_watch(&ask);
  noted.calls[side]++;
  for (uint64_t k = 0; k < ask.count; k++) {
    const probe_report *r = &ask.reports[k];
    if (r->kind == REPORT_LOCAL) {
      noted.locals++;
      continue;
    }
    if (noted.lost[side][r->reg]++) continue;
    noted.want[side][r->reg] = value_of(r->expected);
    noted.found[side][r->reg] = value_of(r->found);
  }
}

static void watched_switch(int side, const coroutine *c, int (*raw_of)(conform_ctx *, conform_raw *), void *fn) {
  conform_raw raw = {fn, {(uint64_t)(uintptr_t)c->ctx, 0, 0, 0}};
  conform_raw given;
  memset(&given, 0, sizeof given);
  if (!clobber_first && raw_of && raw_of(c->ctx, &given)) raw = given;
  watched(side, raw.fn, raw.args, c);
}

void watched_resume(const coroutine *c) { watched_switch(RESUMER, c, subject->raw_resume, (void *)subject->resume); }
void watched_yield(const coroutine *c) { watched_switch(BODY, c, subject->raw_yield, (void *)subject->yield); }

/* AAPCS64 6.1.2 has FPCR as a global register, which is nobody's to keep. */
#ifdef __aarch64__
#define BY_DOCUMENT 0
#else
#define BY_DOCUMENT 1
#endif

static void tell_side(int side) {
  const char *names[] = {"the body, after yield", "the resumer, after resume"};
  if (noted.calls[side] == 0) {
    fail("%s: nothing was compared", names[side]);
    return;
  }
  compared(noted.calls[side] * register_count());
  for (unsigned i = 0; i < register_count(); i++) {
    const probe_register *r = &gobuf_probe_registers[i];
    if (noted.lost[side][i] == 0) continue;
    const char *format = "%s: %s lost %u times of %llu; first: expected %llx, found %llx";
    unsigned long long n = noted.calls[side], want = noted.want[side][i], found = noted.found[side][i];
    if (r->class == CLASS_PLAIN || (BY_DOCUMENT && strict && r->class == CLASS_CONTROL))
      fail(format, names[side], r->name, noted.lost[side][i], n, want, found);
    else if (r->class >= CLASS_STACK_BASE) unlike(CONFORM_BOUNDS, format, names[side], r->name, noted.lost[side][i], n, want, found);
    else
      unlike(side == BODY ? CONFORM_FP_BODY : CONFORM_FP_RESUMER, format, names[side], r->name, noted.lost[side][i], n, want,
        found);
  }
}

void tell_tally(int body, int resumer) {
  if (body) tell_side(BODY);
  if (resumer) tell_side(RESUMER);
  if (noted.locals) fail("%u locals of frames that wait were overwritten", noted.locals);
}
