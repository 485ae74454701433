import type { MailContent, MailKind, MailPerson } from '#licensing';

/** What the sentences of a mail are made of. Texts that people wrote are in here as they wrote them: rendering escapes them. */
export interface Told {
  readonly orderId: string;
  readonly partner: string;
  readonly customer: string;
  /** In words. */
  readonly until: string;
}

/** One mail in one language: what happened, and what to do now. */
export interface Letter {
  readonly subject: string;
  readonly what: string;
  readonly next: string;
}

/** Everything a mail says in one language. */
export interface Language {
  greeting(name: string | undefined): string;
  /** RFC 3339 → date and time as people write them, in UTC. */
  time(at: Date): string;
  line(line: MailContent['lines'][number]): string;
  readonly labels: {
    readonly drawdown: string;
    readonly order: string;
    readonly customer: string;
    readonly partner: string;
    readonly until: string;
    readonly lines: string;
    readonly reason: string;
    readonly note: string;
  };
  /** Between a label and what it labels. */
  readonly colon: string;
  readonly letters: Readonly<Record<MailKind, (told: Told) => Letter>>;
  /** `support` is the address where users write for help. */
  closing(support: string | undefined): string;
}

export function told({ orderId, until }: MailContent, { partner, customer }: MailPerson, language: Language): Told {
  const time = until === undefined ? '' : language.time(new Date(until));
  return { orderId, partner: partner ?? '', customer: customer ?? '', until: time };
}

/** `9:05`, or `09:05` when hours are to have two digits. */
export function clock(at: Date, separator: string, hourDigits: 1 | 2): string {
  const [hours, minutes] = [at.getUTCHours(), at.getUTCMinutes()].map(String) as [string, string];
  return `${hours.padStart(hourDigits, '0')}${separator}${minutes.padStart(2, '0')}`;
}
