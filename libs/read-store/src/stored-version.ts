/**
 * The number a version of a read model is stored under: generation × 1,000,000 + the projection's own version. A rebuild of unchanged code
 * is the next generation of the same version, so both a change of code and a rebuild fill beside what serves, and the higher number is
 * always the later decision (docs/decisions/041).
 */
const perGeneration = 1_000_000;

export function storedVersion(generation: number, codeVersion: number): number {
  if (!Number.isInteger(codeVersion) || codeVersion < 1 || codeVersion >= perGeneration) {
    throw new Error(`a projection's version is a whole number from 1 to ${perGeneration - 1}, not ${codeVersion}`);
  }
  return generation * perGeneration + codeVersion;
}

export const generationOf = (stored: number): number => Math.floor(stored / perGeneration);
export const codeVersionOf = (stored: number): number => stored % perGeneration;

/** How keys name it: `history-search.v1`, after two rebuilds `history-search.v1r2`. */
export function storedName(projection: string, stored: number): string {
  const generation = generationOf(stored);
  return `${projection}.v${codeVersionOf(stored)}${generation > 0 ? `r${generation}` : ''}`;
}
