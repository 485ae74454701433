// Starts the load generator, a process of its own, and asks it for one run at a time.
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { endWithUs } from '../lib/children.js';

export class Load {
  #child = endWithUs(fork(fileURLToPath(new URL('generator.js', import.meta.url))));
  #waiting;

  constructor() {
    this.#child.on('message', ({ result, error }) => {
      const { resolve, reject } = this.#waiting;
      this.#waiting = undefined;
      if (error) reject(new Error(error));
      else resolve(result);
    });
    this.#child.on('exit', (code, signal) => this.#waiting?.reject(new Error(`the load generator ended (${signal ?? code})`)));
  }

  /** `requests`: {method, path, token, body}; `cumulative`: growing weights, when some are asked more often. Answers counts and latencies in ms. */
  run({ url, ...task }) {
    const { hostname, port } = new URL(url);
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#child.send({ host: hostname, port: Number(port), ...task });
    });
  }

  stop() {
    this.#child.kill();
  }
}

/** Growing weights of Zipf's law: the second is asked half as often as the first, the third a third as often. */
export function zipfWeights(count, exponent = 0.99) {
  let sum = 0;
  return Array.from({ length: count }, (_, index) => (sum += 1 / (index + 1) ** exponent));
}
