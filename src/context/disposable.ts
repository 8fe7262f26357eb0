/** Functions that end something, as what `using` takes. */

/** A function that is also disposable: disposing calls it. */
export function disposable<F extends () => unknown>(f: F): F & Disposable {
  return Object.assign(f, { [Symbol.dispose]: () => void f() });
}
