import { setTimeout as pause } from 'node:timers/promises';

/** Waits until a condition holds; the test's own time limit ends it. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await pause(10);
}

/** Asks again until the answer is as wished, and gives it. */
export async function eventually<Value>(ask: () => Promise<Value>, isAsWished: (value: Value) => boolean): Promise<Value> {
  for (;;) {
    const value = await ask();
    if (isAsWished(value)) return value;
    await pause(10);
  }
}
