import { describe, expect, it } from '@jest/globals';
import { languages, mailKinds, type NotificationQueued } from '#licensing';
import { en } from './en.js';
import { fi } from './fi.js';
import { fr } from './fr.js';
import { ja } from './ja.js';
import { render } from './render.js';

type Notification = NotificationQueued['data'];

const drawdown: Notification = {
  notificationId: 'n-1',
  kind: 'drawdownSubmitted',
  language: 'en',
  userId: 'u-1',
  about: { type: 'drawdown', id: 'd-1' },
  content: {
    orderId: 'PO-2026-0412',
    lines: [
      { sku: 'BOT-RUNNER', product: 'Bot Runner', quantity: 5 },
      { sku: 'CONTROL-ROOM', product: 'Control Room', quantity: 1 },
    ],
    until: '2026-05-01T09:05:00.000Z',
    note: 'Bitte bis Freitag',
  },
  person: { email: 'hanako@example.com', name: 'Hanako Sato', partner: 'さくらネットワークス株式会社', customer: 'HELSINKI ELEVATORS Oy' },
};
const rendered = (changes: Partial<Notification> = {}) => render({ ...drawdown, ...changes });

describe('a mail', () => {
  it('says in plain text what happened, to what, and what to do now', () => {
    const { subject, text } = rendered();
    expect(subject).toBe('Drawdown request from さくらネットワークス株式会社 awaits your approval');
    expect(text).toBe(`Hello Hanako Sato,

さくらネットワークス株式会社 asks to pass on licenses of order PO-2026-0412 to HELSINKI ELEVATORS Oy.

Drawdown request: d-1
Order: PO-2026-0412
Partner: さくらネットワークス株式会社
Customer: HELSINKI ELEVATORS Oy
Products:
  5 × Bot Runner (BOT-RUNNER)
  1 × Control Room (CONTROL-ROOM)
Held until: 1 May 2026, 09:05 UTC
Note: Bitte bis Freitag

Please approve or reject the request. The licenses are held until 1 May 2026, 09:05 UTC; if no decision is made by then, the request lapses.

-- 
This message was sent automatically. Please do not reply to it.
`);
  });

  it.each(languages)('is whole in %s, whatever it is about', (language) => {
    for (const kind of mailKinds) {
      const about = kind.startsWith('order') || kind === 'paymentFailed' ? ({ type: 'order', id: 'o-1' } as const) : drawdown.about;
      const { subject, text, html } = rendered({ language, kind, about, content: { ...drawdown.content, reason: 'Falsche Menge' } });
      expect(subject.length).toBeGreaterThan(5);
      for (const told of ['PO-2026-0412', 'Bot Runner', 'CONTROL-ROOM', 'Falsche Menge']) {
        expect(text).toContain(told);
        expect(html).toContain(told);
      }
      expect(`${subject}${text}${html}`).not.toMatch(/undefined|\bnull\b|\$\{|NaN|\[object/);
      expect(html).toContain(`<html lang="${language}">`);
    }
  });

  it.each(languages)('says where to write for help, in %s, when there is an address', (language) => {
    const { text, html } = render({ ...drawdown, language }, 'help@example.com');
    expect([text, html].map((form) => form.split('help@example.com').length)).toEqual([2, 2]);
    expect(rendered({ language }).text).not.toBe(text);
  });

  it('has a no-break space before each colon in French, and a narrow one before semicolons', () => {
    for (const kind of mailKinds) {
      const { text } = render({ ...drawdown, kind, language: 'fr' }, 'help@example.com');
      expect(text.match(/[^\u00a0]:\s|[^\u202f];\s/g)).toBeNull();
    }
  });

  it('is another text in each language', () => {
    for (const kind of mailKinds) expect(new Set(languages.map((language) => rendered({ kind, language }).subject)).size).toBe(4);
  });

  it('tells times in UTC as people of the language write them', () => {
    const at = new Date('2026-05-01T09:05:59.999Z');
    expect([en, fr, ja, fi].map((language) => language.time(at))).toEqual([
      '1 May 2026, 09:05 UTC',
      '1er mai 2026 à 9\u00a0h\u00a005 (UTC)',
      '2026年5月1日 9:05（UTC）',
      '1.5.2026 klo 9.05 (UTC)',
    ]);
    expect(fr.time(new Date('2026-08-31T23:00:00Z'))).toContain('31 août 2026');
  });

  it('greets nobody by a name that is not known', () => {
    const person = { email: 'a@b.example' };
    expect(languages.map((language) => rendered({ language, person }).text.split('\n')[0])).toEqual([
      'Hello,',
      'ご担当者様',
      'Bonjour,',
      'Hei,',
    ]);
  });

  it('shows what people typed as they typed it, and never as markup', () => {
    const evil = `<img src=x onerror="alert('1')"> & <b>bold</b>`;
    const content = { ...drawdown.content, orderId: evil, reason: evil, note: evil, lines: [{ sku: 'A', product: evil, quantity: 1 }] };
    const { html, text } = rendered({ content, person: { email: 'a@b.example', name: evil, partner: evil, customer: evil } });
    expect(html.match(/<(?!\/?(!DOCTYPE|html|head|meta|title|body|p|table|tr|th|td|br)\b)/g)).toBeNull();
    expect(html).not.toMatch(/onerror="/);
    expect(html).toContain('&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt; &amp; &lt;b&gt;bold&lt;/b&gt;');
    expect(text).toContain(evil);
  });

  it.each(['\n', '\r\n', '\r'])('keeps the lines of a long reason, broken by %j, and a subject on one line', (lineBreak) => {
    const { text, html } = rendered({ kind: 'drawdownRejected', content: { ...drawdown.content, reason: `One.${lineBreak}Two.` } });
    expect(text).toContain('Reason:\n  One.\n  Two.');
    expect(html).toContain('One.<br>Two.');
    expect(rendered({ person: { ...drawdown.person, partner: 'A\r\nBcc: evil@example.com' } }).subject).not.toMatch(/[\r\n]/);
  });
});
