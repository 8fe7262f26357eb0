/* What a property tells: lines of KIND text, to the process that started this one. */
#include "kit.h"
#include <stdarg.h>
#include <stdio.h>

static void tell(char kind, const char *format, va_list list) {
  char line[2048];
  line[0] = kind;
  line[1] = ' ';
  int n = vsnprintf(line + 2, sizeof line - 3, format, list) + 2;
  if (n > (int)sizeof line - 2) n = (int)sizeof line - 2;
  for (int i = 2; i < n; i++)
    if (line[i] == '\n') line[i] = ' ';
  line[n] = '\n';
  tell_line(line, (size_t)n + 1);
}

#define TELL(kind)             \
  va_list list;                \
  va_start(list, format);      \
  tell(kind, format, list);    \
  va_end(list)

void fail(const char *format, ...) { TELL('F'); }
void note(const char *format, ...) { TELL('N'); }
void skip(const char *format, ...) { TELL('S'); }
void unlike(uint64_t claim, const char *format, ...) {
  TELL((subject->claims & claim) != 0 ? 'F' : 'C');
}
static void tell_number(const char *format, ...) { TELL('#'); }
void compared(uint64_t n) { tell_number("%llu", (unsigned long long)n); }
