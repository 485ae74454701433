/** Whether two JSON values say the same: the order of members does not count, and a member that is undefined is not there. */
export function sameValue(left: unknown, right: unknown): boolean {
  if (Object.is(left, right)) return true;
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return false;
  if (Array.isArray(left) !== Array.isArray(right)) return false;
  const leftMembers = membersOf(left);
  const rightMembers = new Map(membersOf(right));
  return (
    leftMembers.length === rightMembers.size &&
    leftMembers.every(([name, value]) => rightMembers.has(name) && sameValue(value, rightMembers.get(name)))
  );
}

function membersOf(value: object): [string, unknown][] {
  return Object.entries(value).filter(([, member]) => member !== undefined);
}
