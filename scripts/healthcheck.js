// A container's health: the API answers on PORT, a projector or automations process on HEALTH_PORT. Exit code 0 is healthy.
const { PORT, HEALTH_PORT } = process.env;
const url = HEALTH_PORT ? `http://127.0.0.1:${HEALTH_PORT}/health/live` : `http://127.0.0.1:${PORT || 3000}/v1/health/live`;

try {
  const { status } = await fetch(url, { signal: AbortSignal.timeout(4_000) });
  if (status !== 200) throw new Error(`answered ${status}`);
} catch (error) {
  console.error(`${url}: ${error.cause?.code ?? error.message}`);
  process.exit(1);
}
