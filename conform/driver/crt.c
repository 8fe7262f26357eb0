/*
 * What of C's library a program for Windows has in itself, and not in ucrtbase.dll: where it starts, and the functions above the
 * common one that prints. With it nothing of MinGW has to be built.
 */
#ifdef _WIN32
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#define WIN32_LEAN_AND_MEAN
#include <windows.h>

/* of ucrtbase.dll; mode 1 leaves wildcards as they are */
int _configure_narrow_argv(int mode);

/* The result of snprintf is that of C99. */
#define STANDARD_SNPRINTF 2

#undef printf
#undef fprintf
#undef snprintf
#undef vsnprintf

int vsnprintf(char *to, size_t size, const char *format, va_list list) {
  return __stdio_common_vsprintf(STANDARD_SNPRINTF, to, size, format, NULL, list);
}

#define PRINT(call)                         \
  va_list list;                             \
  va_start(list, format);                   \
  int n = call;                             \
  va_end(list);                             \
  return n

int snprintf(char *to, size_t size, const char *format, ...) { PRINT(vsnprintf(to, size, format, list)); }
int printf(const char *format, ...) { PRINT(__stdio_common_vfprintf(0, __acrt_iob_func(1), format, NULL, list)); }
int fprintf(FILE *to, const char *format, ...) { PRINT(__stdio_common_vfprintf(0, to, format, NULL, list)); }

#ifdef CONFORM_DLL
BOOL WINAPI DllMainCRTStartup(HINSTANCE, DWORD, void *);
BOOL WINAPI DllMainCRTStartup(HINSTANCE library, DWORD why, void *how) {
  (void)library;
  (void)why;
  (void)how;
  return TRUE;
}
#else
int main(int, char **);
void __main(void);
/* called by main, for constructors of C++ */
void __main(void) {}
void mainCRTStartup(void);
void mainCRTStartup(void) {
  _configure_narrow_argv(1);
  exit(main(*__p___argc(), *__p___argv()));
}
#endif
#endif
