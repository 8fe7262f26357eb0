/* SPDX-License-Identifier: Apache-2.0
 *
 * Bodies in C for props/native: compiled into the probe's library, and by TinyCC of bun:ffi.
 */
#include "bodies.h"

#ifdef __TINYC__
GOBUF_RUNTIME
#endif

/* Says that it has begun, and computes without an operation until it is told to stop. */
GOBUF_EXPORT void c_spinner(void *arg) {
  volatile gobuf_u32 *flags = (volatile gobuf_u32 *)arg;
  flags[0] = 1;
  while (flags[1] == 0) {
  }
}

/* Sends the trap `count`, with operand a from `sum`. */
GOBUF_EXPORT void c_traps(void *arg) {
  work *w = (work *)arg;
  w->sum = gobuf_trap((gobuf_u32)w->count, (gobuf_u32)w->sum, 0);
  w->done = 1;
}

/* A select of `count` cases that are not there. */
GOBUF_EXPORT void c_selects_null(void *arg) {
  work *w = (work *)arg;
  gobuf_select(0, (gobuf_u32)w->count, 1, 0);
  w->done = 1;
}

/* A select of one case with direction `count`. */
GOBUF_EXPORT void c_selects_askew(void *arg) {
  work *w = (work *)arg;
  gobuf_case c;
  c.dir = (gobuf_u32)w->count;
  c.channel = w->in;
  c.value = 0;
  w->last = gobuf_select(&c, 1, 1, 0);
  w->panics = gobuf_status();
  w->done = 1;
}

/* Passes on what comes in, counted and summed, so many times or until the channel is closed. */
GOBUF_EXPORT void c_passer(void *arg) {
  work *w = (work *)arg;
  while (w->count == 0 || w->done < w->count) {
    gobuf_value v = gobuf_recv(w->in);
    if (v.ok != GOBUF_OK) break;
    w->done++;
    w->sum += v.value;
    if (gobuf_send(w->out, v.value) != GOBUF_OK) break;
  }
  gobuf_wg_done(w->wg);
}

/* Answers each word with itself, and closes its end. */
GOBUF_EXPORT void c_echo(void *arg) {
  work *w = (work *)arg;
  for (;;) {
    gobuf_value v = gobuf_recv(w->in);
    if (v.ok != GOBUF_OK) break;
    w->done++;
    gobuf_send(w->out, v.value);
  }
  gobuf_close(w->out);
}

/* The same, by selects. */
GOBUF_EXPORT void c_selector(void *arg) {
  work *w = (work *)arg;
  for (;;) {
    gobuf_case c;
    gobuf_u64 word = 0;
    c.dir = GOBUF_RECV;
    c.channel = w->in;
    c.value = 0;
    gobuf_select(&c, 1, 0, &word);
    if (gobuf_status() != GOBUF_OK) break;
    c.dir = GOBUF_SEND;
    c.channel = w->out;
    c.value = word;
    gobuf_select(&c, 1, 0, 0);
  }
  gobuf_close(w->out);
}

/* Does what its steps say. */
GOBUF_EXPORT void c_script(void *arg) {
  script *all = (script *)arg;
  for (step *s = all->steps; s->op != STEP_END; s++) {
    if (s->op == STEP_SEND) s->outcome = gobuf_send(s->channel, s->value);
    else if (s->op == STEP_RECV) {
      gobuf_value v = gobuf_recv(s->channel);
      s->value = v.value;
      s->outcome = v.ok;
    } else if (s->op == STEP_CLOSE) s->outcome = gobuf_close(s->channel);
    else if (s->op == STEP_GOSCHED) gobuf_gosched();
    else {
      gobuf_case cases[2];
      gobuf_u64 word = 0;
      cases[0].dir = GOBUF_RECV;
      cases[0].channel = s->channel;
      cases[0].value = 0;
      cases[1].dir = GOBUF_SEND;
      cases[1].channel = s->other;
      cases[1].value = s->value;
      s->index = gobuf_select(cases, 2, s->op == STEP_TRY, &word);
      s->outcome = gobuf_status();
      s->value = word;
    }
    s->at = ++*all->clock;
  }
}

/* Calls back with 0, 1, 2, ..., recovers from what is thrown, and sums what is returned. */
GOBUF_EXPORT void c_caller(void *arg) {
  work *w = (work *)arg;
  for (gobuf_u64 i = 0; i < w->count; i++) {
    gobuf_value v = gobuf_call(w->callback, i);
    w->done++;
    if (v.ok == GOBUF_OK) w->sum += v.value;
    else if (gobuf_recover()) w->panics++;
  }
  gobuf_wg_done(w->wg);
}

/* Calls back and takes no notice. */
GOBUF_EXPORT void c_careless(void *arg) {
  work *w = (work *)arg;
  for (gobuf_u64 i = 0; i < w->count; i++) {
    w->last = gobuf_call(w->callback, i).ok;
    w->done++;
  }
  gobuf_wg_done(w->wg);
}

/* The same, and waits. */
GOBUF_EXPORT void c_stubborn(void *arg) {
  work *w = (work *)arg;
  gobuf_call(w->callback, 0);
  gobuf_recv(w->in);
}

static void on_g0_call(void *arg) {
  work *w = (work *)arg;
  w->sum = gobuf_call(w->callback, (gobuf_u64)5 << 32 | 20).value;
}

/* Calls back from within systemstack. */
GOBUF_EXPORT void c_nested(void *arg) {
  gobuf_systemstack(on_g0_call, arg);
  ((work *)arg)->done = gobuf_getg();
}

static void on_g0_send(void *arg) {
  work *w = (work *)arg;
  gobuf_send(w->out, 1);
  w->done = 1;
}

/* Sends where nothing can be sent. */
GOBUF_EXPORT void c_on_g0(void *arg) { gobuf_systemstack(on_g0_send, arg); }

/* What a callback may call by bun:ffi: an operation on g0, with JavaScript below. */
GOBUF_EXPORT void c_send(void *arg) { on_g0_send(arg); }

/* Operations whose operands lie in the M's scratch, for a thread that has none. */
GOBUF_EXPORT void c_starts(void) { gobuf_go(c_on_g0, 0); }
GOBUF_EXPORT void c_selects(void) {
  gobuf_case c;
  c.dir = GOBUF_RECV;
  c.channel = 0;
  c.value = 0;
  gobuf_select(&c, 1, 1, 0);
}

/* Calls its argument, a function, where it stands. */
GOBUF_EXPORT void c_direct(void *arg) {
  gobuf_fn fn;
  *(void **)&fn = arg;
  fn(0);
}

/* The same as c_caller, called by TypeScript and not as a goroutine. */
GOBUF_EXPORT gobuf_u32 c_call(gobuf_u32 callback, gobuf_u32 word) {
  gobuf_u64 result = 7;
  return gobuf_runtime->call(callback, word, &result) << 16 | (gobuf_u32)result;
}

/* Makes a channel of capacity `count`, says which one on `out`, sums what comes until it is closed, lets it go. `last` is
 * what the making gave, `panics` a handle that is none. */
GOBUF_EXPORT void c_maker(void *arg) {
  work *w = (work *)arg;
  gobuf_handle ch = gobuf_chan_make(w->count);
  w->last = gobuf_status();
  w->panics = ch == 0;
  if (ch != 0) {
    gobuf_send(w->out, ch);
    for (gobuf_value v = gobuf_recv(ch); v.ok == GOBUF_OK; v = gobuf_recv(ch)) {
      w->done++;
      w->sum += v.value;
    }
  }
  gobuf_chan_free(ch);
  gobuf_wg_done(w->wg);
}

/* Makes a channel, passes two words through it and lets it go, so many times; `last` is the highest handle. */
GOBUF_EXPORT void c_churner(void *arg) {
  work *w = (work *)arg;
  for (; w->done < w->count; w->done++) {
    gobuf_handle ch = gobuf_chan_make(3);
    gobuf_send(ch, w->done);
    gobuf_send(ch, 1);
    w->sum += gobuf_recv(ch).value + gobuf_recv(ch).value;
    if (ch > w->last) w->last = ch;
    gobuf_chan_free(ch);
  }
  gobuf_wg_done(w->wg);
}

/* Lets `in` go twice. */
GOBUF_EXPORT void c_freer(void *arg) {
  work *w = (work *)arg;
  gobuf_chan_free(w->in);
  w->done = 1;
  gobuf_chan_free(w->in);
  w->done = 2;
}

/* Tries the locks of handles 0 and 1, and asks for the buffer of the channel of handle 2 and of nil; each answer a word from 3 on. */
GOBUF_EXPORT void c_tries(void *arg) {
  gobuf_u32 *w = (gobuf_u32 *)arg;
  w[3] = gobuf_trylock(w[0]);
  w[4] = gobuf_trylock(w[0]);
  gobuf_unlock(w[0]);
  w[5] = gobuf_tryrlock(w[1]);
  w[6] = gobuf_tryrlock(w[1]);
  w[7] = gobuf_trywlock(w[1]);
  gobuf_runlock(w[1]);
  gobuf_runlock(w[1]);
  w[8] = gobuf_trywlock(w[1]);
  w[9] = gobuf_tryrlock(w[1]);
  gobuf_wunlock(w[1]);
  w[10] = (gobuf_u32)gobuf_chan_len(w[2]);
  w[11] = (gobuf_u32)gobuf_chan_cap(w[2]);
  w[12] = (gobuf_u32)gobuf_chan_len(0);
  w[13] = (gobuf_u32)gobuf_chan_cap(0);
}

/* Whether nothing can be received. */
static gobuf_u64 is_empty(gobuf_handle ch) {
  gobuf_case c;
  c.dir = GOBUF_RECV;
  c.channel = ch;
  c.value = 0;
  return gobuf_select(&c, 1, 1, 0) == GOBUF_SELECT_DEFAULT;
}

/* What a timer and a ticker of its own answer, on the fake clock; each answer a word from 2 on. props/native/timers.test.ts says
 * what they must be. */
GOBUF_EXPORT void c_timers(void *arg) {
  const gobuf_i64 ms = 1000000;
  gobuf_u64 *w = (gobuf_u64 *)arg;
  gobuf_handle t = gobuf_timer_make(10 * ms);
  gobuf_handle k;
  w[2] = gobuf_recv(t).value;
  w[3] = gobuf_timer_stop(t);
  w[4] = gobuf_timer_reset(t, 20 * ms);
  w[5] = gobuf_timer_stop(t);
  w[6] = is_empty(t);
  gobuf_timer_reset(t, 5 * ms);
  gobuf_sleep(10 * ms);
  w[7] = gobuf_timer_reset(t, 5 * ms); /* it has fired, and nobody has received that */
  w[8] = gobuf_recv(t).value;
  w[9] = gobuf_chan_len(t) + gobuf_chan_cap(t);
  gobuf_chan_free(t);
  k = gobuf_ticker_make(10 * ms);
  w[10] = gobuf_recv(k).value;
  gobuf_sleep(35 * ms);
  w[11] = gobuf_recv(k).value; /* the next two ticks were dropped */
  w[12] = gobuf_recv(k).value;
  w[13] = gobuf_timer_reset(k, 3 * ms);
  w[14] = gobuf_recv(k).value;
  w[15] = gobuf_timer_reset(k, 0);
  w[16] = gobuf_status();
  w[17] = gobuf_timer_stop(k);
  gobuf_sleep(50 * ms);
  w[18] = is_empty(k);
  gobuf_chan_free(k);
  w[19] = gobuf_ticker_make(0);
  w[20] = gobuf_status();
  t = gobuf_after(-1);
  w[21] = gobuf_recv(t).value;
  gobuf_chan_free(t);
}

/* Works on the timer of handle 0: receives, resets it to 7 ms, receives, and stops it; and sends the handle of a timer of its own
 * to the channel of handle 1. */
GOBUF_EXPORT void c_shares_timers(void *arg) {
  gobuf_u64 *w = (gobuf_u64 *)arg;
  gobuf_handle t = (gobuf_handle)w[0];
  w[2] = gobuf_recv(t).value;
  w[3] = gobuf_timer_reset(t, 7000000);
  w[4] = gobuf_recv(t).value;
  gobuf_timer_reset(t, 7000000);
  w[5] = gobuf_timer_stop(t);
  gobuf_send((gobuf_handle)w[1], gobuf_timer_make(5000000));
}

/* Stops (or, with a word 1, resets) what is no timer. */
GOBUF_EXPORT void c_stops(void *arg) {
  gobuf_u64 *w = (gobuf_u64 *)arg;
  if (w[1])
    gobuf_timer_reset((gobuf_handle)w[0], 1);
  else
    gobuf_timer_stop((gobuf_handle)w[0]);
}

static void wg_counts(void *arg) {
  gobuf_gosched();
  ++*(gobuf_u64 *)arg;
}

static void wg_exits(void *arg) {
  ++*(gobuf_u64 *)arg;
  gobuf_goexit();
}

static void wg_starts_another(void *arg) {
  gobuf_u64 *w = (gobuf_u64 *)arg - 2;
  gobuf_wg_go((gobuf_handle)w[0], wg_counts, &w[2]);
  ++w[2];
}

static void wg_done_twice(void *arg) { gobuf_wg_done((gobuf_handle)((gobuf_u64 *)arg)[-2]); }

static void wg_nothing(void *arg) { (void)arg; }

/* Starts goroutines in the WaitGroup of handle 0, and waits for them: word 2 counts. With a word 1 the last one calls done
 * itself, so that its end is one too many. */
GOBUF_EXPORT void c_wg_goes(void *arg) {
  gobuf_u64 *w = (gobuf_u64 *)arg;
  gobuf_handle wg = (gobuf_handle)w[0];
  w[3] = gobuf_wg_go(wg, wg_counts, &w[2]);
  gobuf_wg_go(wg, wg_exits, &w[2]);
  gobuf_wg_go(wg, wg_starts_another, &w[2]);
  gobuf_wg_wait(wg);
  w[4] = w[2];
  if (w[1]) gobuf_wg_go(wg, wg_done_twice, &w[2]);
}

/* Starts one in a WaitGroup whose counter is negative. */
GOBUF_EXPORT void c_wg_go_panics(void *arg) {
  gobuf_u64 *w = (gobuf_u64 *)arg;
  gobuf_handle wg = (gobuf_handle)w[0];
  w[2] = gobuf_wg_add(wg, -2);
  w[3] = gobuf_wg_go(wg, wg_nothing, 0);
}

/* Starts one that runs off its stack, and one that does not. */
static void wg_overflows(void *arg) {
  volatile char frame[100000];
  frame[0] = 0;
  wg_overflows(arg);
  frame[1] = frame[0];
}

GOBUF_EXPORT void c_wg_overflow(void *arg) {
  gobuf_u64 *w = (gobuf_u64 *)arg;
  gobuf_wg_go((gobuf_handle)w[0], wg_overflows, 0);
  gobuf_wg_go((gobuf_handle)w[0], wg_counts, &w[2]);
}

/* A body by its address, as tables of functions give it. */
GOBUF_EXPORT void *c_passer_address(void) {
  void *address;
  gobuf_fn fn = c_passer;
  address = *(void **)&fn;
  return address;
}
