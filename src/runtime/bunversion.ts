/**
 * Refuses a Bun that is too old, by name and before anything native is called. Package managers warn of `engines` at
 * most, and what such a Bun does with gobuf is a crash far from its cause.
 */

/** The least Bun: up to 1.4.3 a symbol's `ptr` was the address's bits as a double, so that a native body began at 0. */
export const BUN_LEAST = "1.4.4";

/** Major, minor, patch, and 0 for a pre-release or 1 for a release; undefined for what is no version. */
function parts(version: string): number[] | undefined {
  const found = /^(\d+)\.(\d+)\.(\d+)(-.+)?(?:\+.*)?$/.exec(version);
  if (found === null) return undefined;
  return [Number(found[1]), Number(found[2]), Number(found[3]), found[4] === undefined ? 1 : 0];
}

/**
 * Checks the version of the Bun that runs this.
 *
 * @throws Error that names it and what was expected, when it is older, or says no version
 */
export function checkBun(version: string | undefined): void {
  const [found, least] = [parts(version ?? ""), parts(BUN_LEAST)];
  if (found === undefined || least === undefined) {
    throw new Error(`gobuf: this is no Bun (its version is ${version}); expected Bun ${BUN_LEAST} or newer`);
  }
  const at = found.findIndex((part, i) => part !== least[i]);
  if (at < 0 || (found[at] as number) > (least[at] as number)) return;
  throw new Error(`gobuf: Bun ${version} is too old; expected Bun ${BUN_LEAST} or newer`);
}
