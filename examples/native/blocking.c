/* A function that blocks its thread, as a query of a database or a read of a device does. */
#ifdef _WIN32
void Sleep(unsigned long ms);
#define usleep(us) Sleep((us) / 1000)
#else
int usleep(unsigned us);
#endif

/* The number of letters of a text, after a while. */
int slow_length(const char *text) {
  int n = 0;
  usleep(300000);
  while (text[n]) n++;
  return n;
}
