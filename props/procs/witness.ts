/** What a test sees of a pool that has stopped. */
import { type Pool, setPoolWitness } from "../../src/procs/pool.ts";

/** What a pool has done, told when it has stopped. */
export async function witnessed<T>(f: () => Promise<T>): Promise<{ value: T; pool: Pool | undefined }> {
  let pool: Pool | undefined;
  setPoolWitness((seen) => {
    pool = seen;
  });
  try {
    return { value: await f(), pool };
  } finally {
    setPoolWitness(null);
  }
}
