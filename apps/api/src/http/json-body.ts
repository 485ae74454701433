/** Deeper than any request of this API; what recurses over a body never runs out of stack. */
const depthMax = 32;

const [quote, comma, openBrace, closeBrace, openBracket, closeBracket, backslash] = [...'",{}[]\\'].map((letter) => letter.charCodeAt(0));

/** Every object answers to these names without having been given them: what reads a body by names cannot tell them from fields. */
export function isNameOfEveryObject(name: string): boolean {
  return name in Object.prototype;
}

/**
 * What is wrong with a text that is JSON already, beyond its grammar: a name that an object has twice, of which every reader takes another one
 * (RFC 8259, 4), one that every object has by itself, such as `constructor`, or nesting deeper than 32. Undefined when nothing is.
 */
export function jsonFault(text: string): string | undefined {
  const open: (Set<string> | undefined)[] = [];
  let nameFollows = false;
  for (let at = 0; at < text.length; at++) {
    const letter = text.charCodeAt(at);
    if (letter === quote) {
      const end = endOfText(text, at);
      if (nameFollows) {
        const name = JSON.parse(text.slice(at, end + 1)) as string;
        const names = open.at(-1)!;
        if (names.has(name)) return `an object must not have the name ${JSON.stringify(name.slice(0, 100))} twice`;
        if (isNameOfEveryObject(name)) return `an object must not have the name ${JSON.stringify(name)}: every object has it by itself`;
        names.add(name);
        nameFollows = false;
      }
      at = end;
    } else if (letter === openBrace || letter === openBracket) {
      if (open.length === depthMax) return `must not be nested deeper than ${depthMax} levels`;
      nameFollows = letter === openBrace;
      open.push(nameFollows ? new Set() : undefined);
    } else if (letter === closeBrace || letter === closeBracket) {
      open.pop();
      nameFollows = false;
    } else if (letter === comma) nameFollows = open.at(-1) !== undefined;
  }
  return undefined;
}

/** The place of the quotation mark that ends the text beginning here: one before which the backslashes come in pairs. */
function endOfText(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); ; end = text.indexOf('"', end + 1)) {
    let escapes = 0;
    while (text.charCodeAt(end - 1 - escapes) === backslash) escapes++;
    if (escapes % 2 === 0) return end;
  }
}
