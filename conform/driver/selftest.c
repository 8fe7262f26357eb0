/*
 * The kit sees its own faults. Each register broken in each way that the probe's table knows is named, and nothing else is; a switch
 * that is right passes; and of each switch with a fault the property that must find it fails, and says what it must say.
 */
#include "kit.h"
#include <stdio.h>
#include <string.h>

static unsigned lost(int side) {
  unsigned n = 0;
  for (unsigned i = 0; i < register_count(); i++) n += noted.lost[side][i] != 0;
  return n;
}

/* @returns what is wrong */
static unsigned test_probe(void) {
  static const uint64_t none[4];
  unsigned named = 0, wrong = 0;
  for (int side = BODY; side <= RESUMER; side++)
    for (unsigned k = 0; k < clobber_count(); k++) {
      const probe_clobber *clobber = &gobuf_probe_clobbers[k];
      memset(&noted, 0, sizeof noted);
      watched(side, (char *)gobuf_probe_clobber_code + CLOBBER_SIZE * k, none, NULL);
      if (lost(side) == 1 && noted.lost[side][clobber->reg]) {
        named++;
        continue;
      }
      wrong++;
      printf("not named: %s of %s\n", clobber->what, gobuf_probe_registers[clobber->reg].name);
    }
  memset(&noted, 0, sizeof noted);
  watched(RESUMER, (void *)gobuf_probe_clobber_caller_saved, none, NULL);
  unsigned falsely = lost(RESUMER);
  if (falsely) printf("%u registers that a callee may change were named\n", falsely);
  printf("self-test: %u of %u broken registers named, %u falsely\n", named, 2 * clobber_count(), falsely);
  return wrong + falsely + (named == 0);
}

/* What must be said of a switch of toy.c: by which property, and which of the words between `|`. */
typedef struct {
  const char *subject, *property, *says;
} expectation;

#define DIED "the process died"
static const expectation expectations[] = {
#ifdef __aarch64__
  {"below", "storm", "x19 lost"},
#else
  {"below", "step-on-stack", "lost|" DIED},
#endif
#if defined(__x86_64__) && !defined(_WIN32)
  {"within", "step-on-stack", "r15 lost"},
#endif
  {"pointer", "step", "sp is in neither stack|" DIED},
  {"wild", "backtrace", "is no code|no unwind data|" DIED},
  {"misaligned", "entry", "not a multiple of 16|" DIED},
  {"inherits", "entry", " is its creator's ("},
#ifdef __x86_64__
  {"first-words", "registers", "the resumer, after resume: mxcsr lost"},
  {"first-words", "registers", "the resumer, after resume: x87cw lost"},
#else
  {"first-words", "registers", "the resumer, after resume: fpcr lost"},
#endif
  {"one-caller", "nested", "times of 900|it hangs|" DIED},
  {"creators-caller", "migrates", DIED},
  {"creators-caller", "first-elsewhere", DIED},
  {"never-ends", "lives", "resume did not say of 20000 of 20000 bodies that they returned"},
  {"leaks", "lives", "19000 lives leave "},
  {"leaks", "destroyed", "19000 lives leave "},
  {"scribbles", "margins", "something was written beside the stack of context 0"},
  {"no-guard", "overflow", "a body wrote "},
  {"no-guard", "sizes", "a stack of 0 bytes: "},
  {"refuses-late", "lives", "create refused context 5000 of 20000, though all before it were destroyed"},
#ifdef __x86_64__
  {"direction", "entry", "the direction flag is set when the body starts"},
  {"r12", "nested", "r12 lost"},
#else
  {"x19", "nested", "x19 lost"},
#endif
#ifdef _WIN32
  {"shadow", "entry", "the shadow space of the body"},
  {"bounds", "bounds", "StackBase of a body is its resumer's"},
#endif
};

typedef struct {
  unsigned named, of, skipped;
} score;

static const property *property_of(const char *name) {
  for (unsigned k = 0; k < property_count; k++)
    if (!strcmp(properties[k].name, name)) return &properties[k];
  return NULL;
}

/* Whether a text has one of the words between `|`. */
static int has(const char *text, const char *words) {
  char word[128];
  for (size_t n; *words; words += n + (words[n] == '|')) {
    n = strcspn(words, "|");
    snprintf(word, sizeof word, "%.*s", (int)n, words);
    if (strstr(text, word)) return 1;
  }
  return 0;
}

/* Puts one property to the toy that is called, and looks for words; and for more of them, where there are. */
static void expect(score *s, const expectation *e, const char *also) {
  judgement j = put(property_of(e->property), toy_subject_at(called.number)->claims);
  if (!strcmp(j.verdict, "SKIP")) {
    s->skipped++;
    printf("skipped: %s, %s: %s\n", e->subject, e->property, j.text);
    return;
  }
  s->of++;
  int said = has(j.text, e->says) && (also == NULL || has(j.text, also));
  if (!strcmp(j.verdict, "FAIL") && said) s->named++;
  else printf("not named: %s, by %s: %s %s\n", e->subject, e->property, j.verdict, j.text);
}

/* The right one passes all that is not skipped, but for masks of signals, which it does not claim. */
static unsigned test_right(const conform_subject *toy) {
  unsigned passed = 0, skipped = 0, wrong = 0;
  for (unsigned k = 0; k < property_count; k++) {
    judgement j = put(&properties[k], toy->claims);
    passed += !strcmp(j.verdict, "PASS");
    skipped += !strcmp(j.verdict, "SKIP");
    int chosen = !strcmp(j.verdict, "CHOICE") && properties[k].claim == CONFORM_SIGMASK;
    if (strcmp(j.verdict, "PASS") && strcmp(j.verdict, "SKIP") && !chosen) {
      wrong++;
      printf("wrong: %s of a switch that is right: %s %s\n", properties[k].name, j.verdict, j.text);
    }
  }
  printf("self-test: a switch that is right passes %u of %u properties, %u skipped\n", passed, property_count, skipped);
  return wrong;
}

int self_test(void) {
  unsigned wrong = test_probe();
  score s = {0, 0, 0};
  for (called.number = 0; toy_subject_at(called.number) != NULL; called.number++) {
    const conform_subject *toy = toy_subject_at(called.number);
    if (called.number == 0) wrong += test_right(toy);
    for (unsigned i = 0; i < register_count(); i++) {
      const char *name = gobuf_probe_registers[i].name;
      if (strcmp(name, toy->name)) continue;
      char body[64], resumer[64];
      snprintf(body, sizeof body, "the body, after yield: %s lost", name);
      snprintf(resumer, sizeof resumer, "the resumer, after resume: %s lost", name);
      expectation e = {name, "registers", body};
      expect(&s, &e, resumer);
    }
    for (unsigned i = 0; i < sizeof expectations / sizeof *expectations; i++)
      if (!strcmp(expectations[i].subject, toy->name)) expect(&s, &expectations[i], NULL);
    fflush(stdout);
  }
  printf("self-test: %u of %u faults of a switch named, %u skipped\n", s.named, s.of, s.skipped);
  return wrong != 0 || s.named != s.of || s.named == 0;
}
