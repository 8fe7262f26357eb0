/** How a long piece of work goes on: its rate, and the time left. */

/** A time in the two largest units that it has. */
export function duration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** A number with as many digits as say something. */
function short(n: number): string {
  return n >= 10 ? String(Math.round(n)) : n.toFixed(1);
}

/**
 * Rate and time left, e.g. "12/s, 3 min 20 s left". Work that takes long for each step is counted by the minute.
 *
 * @param ms since the first step began
 */
export function pace(done: number, total: number, ms: number): string {
  if (done <= 0 || ms <= 0) return "";
  const perSecond = (done * 1000) / ms;
  const rate = perSecond >= 1 ? `${short(perSecond)}/s` : `${short(perSecond * 60)}/min`;
  return `${rate}, ${duration((Math.max(0, total - done) * ms) / done)} left`;
}
