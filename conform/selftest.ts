/** What the driver's self-test says where nothing is wrong. */

/** Registers broken, properties that a right switch passes, all of them, those skipped, faults named, those skipped. */
const SAYS = {
  "linux-x64": [34, 16, 17, 0, 28, 0],
  "linux-x64-musl": [34, 16, 17, 0, 28, 0],
  "windows-x64": [88, 16, 18, 2, 41, 0],
  // a processor without a trap flag, and, as qemu has it here, without libgcc_s.so.1
  "linux-arm64": [84, 13, 17, 3, 35, 2],
} as const;

/** The platforms whose self-test is known. */
export type SelfTested = keyof typeof SAYS;

/** The lines of a platform's self-test that count, and no others: what is not named has a line of its own. */
export function selfTest(platform: SelfTested): string[] {
  const [registers, passed, properties, skipped, faults, skippedFaults] = SAYS[platform];
  return [
    `self-test: ${registers} of ${registers} broken registers named, 0 falsely`,
    `self-test: a switch that is right passes ${passed} of ${properties} properties, ${skipped} skipped`,
    `self-test: ${faults} of ${faults} faults of a switch named, ${skippedFaults} skipped`,
  ];
}

/** What a self-test printed, without what it says of its skips. */
export function saidOf(stdout: string): string[] {
  const lines = stdout.replaceAll("\r", "").trimEnd().split("\n");
  return lines.filter((line) => !line.startsWith("skipped: "));
}
