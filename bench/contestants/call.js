/** One call that has to succeed: the answer's body. Errors: an Error with `status`. */
export async function call(url, method, path, token, body, headers = {}) {
  const sent = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }), ...headers };
  const response = await fetch(`${url}${path}`, { method, headers: sent, body: body && JSON.stringify(body) });
  const answer = await response.json();
  if (!response.ok)
    throw Object.assign(new Error(`${method} ${path}: ${response.status} ${JSON.stringify(answer)}`), { status: response.status });
  return answer;
}

/** Does `work` for every item, so many at once. Answers the results in the order of the items; `tell` hears how many are done. */
export async function each(items, atOnce, work, tell = () => {}) {
  const results = [];
  let next = 0;
  let done = 0;
  const worker = async () => {
    while (next < items.length) {
      const index = next++;
      results[index] = await work(items[index], index);
      tell(++done);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
  return results;
}
