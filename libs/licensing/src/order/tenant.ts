import type { Finding } from '../invalid.js';

/** The customer's account at the maker of what is bought: `domain` is `name.onmicrosoft.com` (003-47…52). */
export interface Tenant {
  readonly type: 'new' | 'existing';
  readonly domain: string;
  /** What entitles to special terms, in the provider's words, such as `education`; for a new one only (003-49). */
  readonly qualification?: string;
}

const suffix = '.onmicrosoft.com';
/** Microsoft's rule for the name in front of `.onmicrosoft.com`. */
const namePattern = /^[a-z0-9]{1,27}$/;

/** The tenant with its domain written in full and in small letters: who asks for a new one may give the name alone. */
export function fullTenant({ type, domain, qualification }: Tenant): Tenant {
  const small = domain.trim().toLowerCase();
  const full = type === 'new' && !small.includes('.') ? small + suffix : small;
  return { type, domain: full, ...(qualification !== undefined && { qualification }) };
}

/** What is wrong with a tenant that `fullTenant` has written in full. */
export function findingsInTenant({ type, domain, qualification }: Tenant): Finding[] {
  const findings: Finding[] = [];
  const name = domain.endsWith(suffix) ? domain.slice(0, -suffix.length) : undefined;
  if (name === undefined || !namePattern.test(name))
    findings.push({
      path: 'tenant.domain',
      message:
        type === 'existing'
          ? `must have the form name${suffix}, the name of 1 to 27 letters and digits, not ${domain}`
          : `must be a name of 1 to 27 letters and digits, which becomes name${suffix}, not ${domain}`,
    });
  if (qualification !== undefined && type === 'existing')
    findings.push({ path: 'tenant.qualification', message: 'is for a new tenant only: an existing one has its own' });
  return findings;
}
