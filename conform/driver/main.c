/*
 * gobuf-conform-driver: puts each property of a context switch to a subject, in a child process of its own, and says PASS, FAIL,
 * CHOICE or SKIP of it.
 *
 *   gobuf-conform-driver [--property P] [--subject S] [--seed N] [--strict] [--json] SUBJECT.so
 *   gobuf-conform-driver --self-test | --list
 *
 * Exit code: 0 nothing failed; 1 something failed; 2 it could not be tried.
 */
#include "kit.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const conform_subject *subject;
int strict;

call called = {NULL, 0, 1};

const property properties[] = {
  {"registers", "every callee-saved register is kept on both sides of a switch", 0, prop_registers, 20},
  {"clobbered", "also when everything that a callee may change has been changed", 0, prop_clobbered, 20},
  {"entry", "a body starts with an aligned sp, in its stack, the direction flag clear, and the ABI's control words", 0, prop_entry,
    5},
  {"nested", "a body resumes another context", CONFORM_NESTS, prop_nested, 2},
  {"storm", "nothing is kept below sp, where a signal's handler writes", 0, prop_storm, 30},
  {"step", "sp is in one of the two stacks at every instruction", 0, prop_step, 20},
  {"step-on-stack", "nothing is kept below sp at any instruction", 0, prop_step_on_stack, 20},
  {"margins", "nothing is written beside a stack, nor into a frame that waits", 0, prop_margins, 10},
  {"overflow", "an overflow of the stack faults", CONFORM_GUARD, prop_overflow, 5},
  {"million", "a million round trips", 0, prop_million, 60},
  {"lives", "20,000 contexts whose bodies return leave nothing behind", CONFORM_RETURNS, prop_lives, 60},
  {"destroyed", "20,000 contexts that are destroyed while suspended leave nothing behind", CONFORM_DESTROYS, prop_destroyed, 60},
  {"sizes", "a stack of any size is refused or served", CONFORM_SIZES, prop_sizes, 30},
  {"migrates", "a context is resumed by other threads", CONFORM_MIGRATES, prop_migrates, 20},
  {"first-elsewhere", "a context is resumed the first time by another thread than its creator's", CONFORM_MIGRATES,
    prop_first_elsewhere, 20},
  {"backtrace", "a backtrace from a body ends by itself", CONFORM_BACKTRACE, prop_backtrace, 10},
  {"sigmask", "each context has a signal mask of its own", CONFORM_SIGMASK, prop_sigmask, 5},
#ifdef _WIN32
  {"bounds", "the TEB names the stack that runs, the body's and then the resumer's", CONFORM_BOUNDS, prop_bounds, 5},
#endif
};
const unsigned property_count = sizeof properties / sizeof *properties;

static const char *const claim_names[] = {"FP_BODY", "FP_RESUMER", "FP_DEFAULT", "OWN_STACK", "GUARD", "MIGRATES", "NESTS",
  "RETURNS", "DESTROYS", "BACKTRACE", "SIGMASK", "SIZES", "BOUNDS"};

/* Loads the subject. @returns what is wrong, NULL when nothing is */
static const char *load(void) {
  const conform_subject *(*at)(unsigned) = toy_subject_at;
  const char *wrong = NULL;
  if (called.path) *(void **)&at = os_symbol(called.path, "conform_subject_at", &wrong);
  if (wrong) return wrong;
  if (at == NULL) return "it exports no conform_subject_at (include/conform.h)";
  subject = at(called.number);
  if (subject == NULL) return "";
  if (subject->abi != CONFORM_ABI || subject->size != sizeof *subject)
    return "its table is of another version of conform.h: compile the adapter again";
  if (!subject->create || !subject->resume || !subject->yield || !subject->destroy || !subject->name || !subject->version)
    return "its table lacks a name, a version, create, resume, yield or destroy";
  return NULL;
}

/* Tells the subject's name, its version and its claims. */
static void look(void) {
  const char *wrong = load();
  if (wrong && wrong[0] == 0) skip("past the last");
  else if (wrong) fail("%s", wrong);
  else note("%s\t%s\t%llx", subject->name, subject->version, (unsigned long long)subject->claims);
}

/* Makes the process ready for contexts, where it is not a copy of one that is. */
static int enter(void) {
  static int entered;
  if (entered) return 1;
  const char *wrong = load();
  if (wrong) {
    fail("%s", wrong);
    return 0;
  }
  seed(called.seed);
  if (subject->thread_enter && subject->thread_enter() != 0) {
    fail("thread_enter failed");
    return 0;
  }
  entered = 1;
  return 1;
}

void run_part(const char *part) {
  if (!strcmp(part, "look")) {
    look();
    return;
  }
  if (!enter()) return;
  if (!strncmp(part, "size ", 5)) part_size((size_t)strtoull(part + 5, NULL, 10));
  else if (!strncmp(part, "deep ", 5)) part_deep(part + 5);
  for (unsigned k = 0; k < property_count; k++)
    if (!strcmp(part, properties[k].name)) properties[k].run();
}

static void json_string(const char *text) {
  putchar('"');
  for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
    if (*c == '"' || *c == '\\') printf("\\%c", *c);
    else if (*c < 32) printf("\\u%04x", *c);
    else putchar(*c);
  }
  putchar('"');
}

static void add(judgement *j, const char *text) {
  size_t n = strlen(j->text);
  snprintf(j->text + n, sizeof j->text - n, "%s%s", n ? "; " : "", text);
}

/* The next of the lines that were told, NULL past the last; *rest is what is left of them. */
static char *next(char **rest, const char *ends) {
  if (**rest == 0) return NULL;
  char *line = *rest;
  *rest += strcspn(line, ends);
  if (**rest) *(*rest)++ = 0;
  return line;
}

/* What the child told, and how it ended, as one verdict. */
judgement put(const property *p, uint64_t claims) {
  static ending e;
  e = in_child(p->name, p->seconds);
  judgement j = {"PASS", "", 0};
  int failed = 0, chose = 0, skipped = 0, optional = p->claim != 0 && (claims & p->claim) == 0;
  char *rest = e.told;
  for (char *line = next(&rest, "\n"); line; line = next(&rest, "\n")) {
    if (line[0] == '#') j.compared += strtoull(line + 2, NULL, 10);
    else if (line[0] == 'F' || line[0] == 'C' || line[0] == 'S' || line[0] == 'N') add(&j, line + 2);
    failed += line[0] == 'F';
    chose += line[0] == 'C';
    skipped += line[0] == 'S';
  }
  char end[100] = "";
  if (e.late) snprintf(end, sizeof end, "it hangs: stopped after %d s of CPU time, or ten times as long", p->seconds);
  else if (e.death) snprintf(end, sizeof end, "the process died: %s", e.death);
  else if (e.code) snprintf(end, sizeof end, "the process ended with exit code %d", e.code);
  if (end[0]) {
    add(&j, end);
    failed++;
  } else if (j.compared == 0 && !failed && !chose && !skipped) {
    add(&j, "nothing was compared");
    failed++;
  }
  if (failed) j.verdict = optional ? "CHOICE" : "FAIL";
  else if (chose) j.verdict = "CHOICE";
  else if (skipped) j.verdict = "SKIP";
  return j;
}

static void print(int json, const char *name, const char *version, const property *p, const judgement *j, uint64_t claims) {
  if (!json) {
    printf("%-6s %-16s %s\n", j->verdict, p->name, j->text);
    return;
  }
  const char *claim = "";
  for (unsigned i = 0; i < sizeof claim_names / sizeof *claim_names; i++)
    if (p->claim == 1ull << i) claim = claim_names[i];
  printf("{\"subject\":");
  json_string(name);
  printf(",\"version\":");
  json_string(version);
  printf(",\"abi\":\"%s\",\"property\":\"%s\",\"says\":", ABI_NAME, p->name);
  json_string(p->says);
  printf(",\"claim\":\"%s\",\"claimed\":%s,\"verdict\":\"%s\",\"compared\":%llu,\"text\":", claim,
    p->claim == 0 || (claims & p->claim) ? "true" : "false", j->verdict, j->compared);
  json_string(j->text);
  printf("}\n");
}

static int usage(const char *wrong) {
  fprintf(stderr, "gobuf-conform-driver: %s\nexpected: [--property P] [--subject S] [--seed N] [--strict] [--json] SUBJECT.so, "
                  "--self-test, or --list\n", wrong);
  return 2;
}

/* What the command line asks for. */
typedef struct {
  int json, self_test;
  const char *only, *only_subject, *part;
} request;

/* Reads the command line. @returns what is wrong, NULL when nothing is */
static const char *read_call(int argc, char **argv, request *asked) {
  for (int i = 1; i < argc; i++) {
    int more = i + 1 < argc;
    if (!strcmp(argv[i], "--self-test")) asked->self_test = 1;
    else if (!strcmp(argv[i], "--json")) asked->json = 1;
    else if (!strcmp(argv[i], "--strict")) strict = 1;
    else if (!strcmp(argv[i], "--property") && more) asked->only = argv[++i];
    else if (!strcmp(argv[i], "--subject") && more) asked->only_subject = argv[++i];
    else if (!strcmp(argv[i], "--part") && more) asked->part = argv[++i];
    else if (!strcmp(argv[i], "--number") && more) called.number = (unsigned)strtoul(argv[++i], NULL, 10);
    else if (!strcmp(argv[i], "--seed") && more) {
      char *end;
      called.seed = strtoull(argv[++i], &end, 10);
      if (*end || end == argv[i]) return "--seed: expected a number";
    } else if (argv[i][0] == '-') return argv[i];
    else if (called.path) return "one shared object at a time";
    else called.path = argv[i];
  }
  if (asked->self_test || asked->part) return NULL;
  if (called.path == NULL) return "no subject";
  int known = asked->only == NULL;
  for (unsigned k = 0; k < property_count; k++) known |= asked->only && !strcmp(asked->only, properties[k].name);
  return known ? NULL : "no such property: --list shows them";
}

/* The next subject's name, version and claims, by looking in a process of its own. @returns 1, 0 past the last, 2: it cannot be tried */
static int look_at(ending *e, char **name, char **version, uint64_t *claims) {
  *e = in_child("look", 5);
  e->told[strcspn(e->told, "\r\n")] = 0;
  if (e->told[0] == 'S') return 0;
  if (e->told[0] != 'N') {
    char why[200] = "it cannot be loaded: the process ended";
    if (e->late) snprintf(why, sizeof why, "it cannot be loaded: it hangs");
    else if (e->death) snprintf(why, sizeof why, "it cannot be loaded: the process died: %s", e->death);
    else if (e->code) snprintf(why, sizeof why, "it cannot be loaded: the process ended with exit code %d", e->code);
    fprintf(stderr, "gobuf-conform-driver: %s: %s\n", called.path, e->told[0] == 'F' ? e->told + 2 : why);
    return 2;
  }
  char *rest = e->told + 2;
  *name = next(&rest, "\t");
  *version = next(&rest, "\t");
  char *bits = next(&rest, "\t");
  if (!*name || !*version || !bits || !**name || !**version) {
    fprintf(stderr, "gobuf-conform-driver: %s: subject %u has an empty name or version\n", called.path, called.number);
    return 2;
  }
  *claims = strtoull(bits, NULL, 16);
  return 1;
}

int main(int argc, char **argv) {
  static char line[4096];
  setvbuf(stdout, line, _IOLBF, sizeof line);
  if (argc == 2 && !strcmp(argv[1], "--list")) {
    for (unsigned k = 0; k < property_count; k++) printf("%-16s %s\n", properties[k].name, properties[k].says);
    return 0;
  }
  request asked = {0, 0, NULL, NULL, NULL};
  const char *wrong = read_call(argc, argv, &asked);
  if (wrong) return usage(wrong);
  if (asked.self_test) return self_test();
  if (asked.part) {
    os_begin_part();
    run_part(asked.part);
    os_end_part();
  }
  int failures = 0, tried = 0;
  static char before[512];
  for (called.number = 0;; called.number++) {
    static ending e;
    char *name, *version;
    uint64_t claims;
    int there = look_at(&e, &name, &version, &claims);
    if (there == 2) return 2;
    if (!there) break;
    static char this[512];
    snprintf(this, sizeof this, "%s %s", name, version);
    if (!strcmp(this, before)) {
      fprintf(stderr, "gobuf-conform-driver: %s: subjects %u and %u are both %s: their names differ, and past the last it returns NULL\n",
        called.path, called.number - 1, called.number, this);
      return 2;
    }
    memcpy(before, this, sizeof before);
    if (asked.only_subject && strcmp(asked.only_subject, name)) continue;
    tried++;
    if (!asked.json) printf("%s %s, %s\n", name, version, ABI_NAME);
    for (unsigned k = 0; k < property_count; k++) {
      const property *p = &properties[k];
      if (asked.only && strcmp(asked.only, p->name)) continue;
      judgement j = put(p, claims);
      print(asked.json, name, version, p, &j, claims);
      fflush(stdout);
      failures += !strcmp(j.verdict, "FAIL");
    }
  }
  if (tried == 0) {
    fprintf(stderr, "gobuf-conform-driver: %s: it has no subject%s%s\n", called.path, asked.only_subject ? " named " : "",
      asked.only_subject ? asked.only_subject : "");
    return 2;
  }
  return failures != 0;
}
