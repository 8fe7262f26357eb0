/* The probe: one call with every preserved register under observation, and the locals of the frame that makes it. */
#include "kit.h"
#include <string.h>

int clobber_first;
tally noted;

static uint64_t state = 1;

void seed(uint64_t s) { state = s; }

/* SplitMix64. */
uint64_t draw(void) {
  uint64_t z = (state += 0x9E3779B97F4A7C15u);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

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

/* As registers.zig fills them: a value carries its slot and its side, and the parity of a control word's bits is the side. */
static void fill(uint64_t *values, int side) {
  uint64_t now[VALUES];
  gobuf_probe_look(now);
  for (unsigned i = 0; i < register_count(); i++) {
    const probe_register *r = &gobuf_probe_registers[i];
    if (r->class >= CLASS_STACK_BASE) {
      values[r->slot] = now[r->slot];
      continue;
    }
    if (r->class == CLASS_PLAIN) {
      for (unsigned w = 0; w < r->words; w++)
        values[r->slot + w] = (draw() & ~63ull) | (r->slot + w) | (uint64_t)side << 5;
      continue;
    }
    uint64_t drawn = draw();
    uint32_t bits = (uint32_t)drawn & r->random;
    if ((__builtin_popcount(bits) & 1) != side) bits ^= r->random & (~r->random + 1);
    bits |= r->below & (bits >> 1) & (uint32_t)(drawn >> 32);
    values[r->slot] = r->base | bits;
  }
}

static int same(const probe_register *r, const uint64_t *want, const uint64_t *found) {
  for (unsigned w = 0; w < r->words; w++) {
    uint64_t differs = want[r->slot + w] ^ found[r->slot + w];
    if (r->class == CLASS_CONTROL) differs &= r->compare;
    if (differs) return 0;
  }
  return 1;
}

/* Between the probe and the subject: what it needs itself waits on the stack, which a switch must keep. */
static uint64_t clobbering(void *fn, uint64_t a, uint64_t b) {
  void *volatile f = fn;
  volatile uint64_t first = a, second = b;
  gobuf_probe_clobber_caller_saved();
  return ((uint64_t(*)(uint64_t, uint64_t))f)(first, second);
}

__attribute__((noinline)) uint64_t watched(int side, void *fn, const uint64_t args[4]) {
  probe_call call;
  volatile uint64_t locals[8];
  uint64_t base = draw();
  memset(&call, 0, sizeof call);
  for (int i = 0; i < 8; i++) locals[i] = base * (unsigned)(i + 1);
  call.func = clobber_first ? (uint64_t)(uintptr_t)clobbering : (uint64_t)(uintptr_t)fn;
  if (clobber_first) {
    call.args[0] = (uint64_t)(uintptr_t)fn;
    call.args[1] = args[0];
    call.args[2] = args[1];
  } else memcpy(call.args, args, sizeof call.args);
  fill(call.want, side);
  gobuf_probe_call(&call);
  noted.calls[side]++;
  for (unsigned i = 0; i < register_count(); i++) {
    const probe_register *r = &gobuf_probe_registers[i];
    if (same(r, call.want, call.found) || noted.lost[side][i]++) continue;
    noted.want[side][i] = call.want[r->slot];
    noted.found[side][i] = call.found[r->slot];
  }
  for (int i = 0; i < 8; i++)
    if (locals[i] != base * (unsigned)(i + 1)) noted.locals++;
  return call.result;
}

static void watched_switch(int side, conform_ctx *ctx, int (*raw_of)(conform_ctx *, conform_raw *), void *fn) {
  conform_raw raw = {fn, {(uint64_t)(uintptr_t)ctx, 0, 0, 0}};
  conform_raw given;
  memset(&given, 0, sizeof given);
  if (!clobber_first && raw_of && raw_of(ctx, &given)) raw = given;
  watched(side, raw.fn, raw.args);
}

void watched_resume(conform_ctx *ctx) { watched_switch(RESUMER, ctx, subject->raw_resume, (void *)subject->resume); }
void watched_yield(conform_ctx *ctx) { watched_switch(BODY, ctx, subject->raw_yield, (void *)subject->yield); }

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
