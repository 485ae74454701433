import type { NotificationQueued } from '#licensing';
import { en } from './en.js';
import { fi } from './fi.js';
import { fr } from './fr.js';
import { ja } from './ja.js';
import { told, type Language } from './words.js';

/** A mail as it is read. */
export interface Rendered {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** A part of a mail. Plain text throughout, its lines broken by `\n`: HTML is made of it in one place. */
type Part = { readonly paragraph: string } | { readonly rows: readonly Row[] };
interface Row {
  readonly label: string;
  readonly values: readonly string[];
}

const lineBreaks = /\r\n?/g;
const languages: Readonly<Record<NotificationQueued['data']['language'], Language>> = { en, fr, ja, fi };

/** The same notification gives the same mail, however often it is made. */
export function render({ kind, language: code, about, content, person }: NotificationQueued['data'], support?: string): Rendered {
  const language = languages[code];
  const closing = language.closing(support);
  const { subject, what, next } = language.letters[kind](told(content, person, language));
  const rows = rowsOf({ about, content, person }, language);
  const parts: Part[] = [{ paragraph: language.greeting(person.name) }, { paragraph: what }, { rows }, { paragraph: next }];
  return {
    subject: oneLine(subject),
    text: `${parts.map((part) => asText(part, language)).join('\n\n')}\n\n-- \n${closing}\n`,
    html: page(code, subject, `${parts.map(asHtml).join('\n')}\n<p style="color:#666;font-size:85%">${escaped(closing)}</p>`),
  };
}

function rowsOf({ about, content, person }: Pick<NotificationQueued['data'], 'about' | 'content' | 'person'>, language: Language): Row[] {
  const { labels } = language;
  const until = content.until && language.time(new Date(content.until));
  const rows: [string, readonly (string | undefined)[]][] = [
    [labels.drawdown, [about.type === 'drawdown' ? about.id : undefined]],
    [labels.order, [content.orderId]],
    [labels.partner, [person.partner]],
    [labels.customer, [person.customer]],
    [labels.lines, content.lines.map(language.line)],
    [labels.until, [until]],
    [labels.reason, [content.reason?.replace(lineBreaks, '\n')]],
    [labels.note, [content.note?.replace(lineBreaks, '\n')]],
  ];
  return rows
    .map(([label, values]) => ({ label, values: values.filter((value) => value !== undefined && value !== '') as string[] }))
    .filter(({ values }) => values.length > 0);
}

function asText(part: Part, { colon }: Language): string {
  if ('paragraph' in part) return part.paragraph;
  const row = ({ label, values }: Row): string => {
    const isLong = values.length > 1 || values[0]!.includes('\n');
    return isLong ? `${label}${colon.trimEnd()}\n${values.map(indented).join('\n')}` : `${label}${colon}${values[0]}`;
  };
  return part.rows.map(row).join('\n');
}

function asHtml(part: Part): string {
  if ('paragraph' in part) return `<p>${escaped(part.paragraph)}</p>`;
  const cell = 'style="padding:2px 12px 2px 0;vertical-align:top;text-align:left;font-weight:normal"';
  const row = ({ label, values }: Row): string =>
    `<tr><th scope="row" ${cell}>${escaped(label)}</th><td ${cell}>${values.map(escaped).join('<br>')}</td></tr>`;
  return `<table style="border-collapse:collapse">\n${part.rows.map(row).join('\n')}\n</table>`;
}

function page(language: string, title: string, body: string): string {
  return `<!DOCTYPE html>
<html lang="${language}">
<head><meta charset="utf-8"><title>${escaped(title)}</title></head>
<body style="font-family:sans-serif;line-height:1.5">
${body}
</body>
</html>
`;
}

/** What people typed never becomes markup. */
function escaped(text: string): string {
  const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;', '\n': '<br>' };
  return text.replace(/[&<>"'\n]/g, (character) => entities[character]!);
}

function indented(text: string): string {
  return text.replace(/^/gm, '  ');
}

/** A header is one line. */
function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
