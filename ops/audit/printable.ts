// Text of strangers in a log: one event stays one line, and no terminal obeys it.

/** Controls, invisible and direction marks, line and paragraph separators, halves of pairs; and a backslash that would make text look like one of them. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]|\\(?=u\{)/gu

/** Escapes in the text itself, since whoever decodes the JSON must be safe, too: ESC becomes `\u{1b}`. Two texts of that length never become one. */
export function printable(text: unknown, most: number): string {
  const whole = String(text)
  const short = whole.length > most ? `${whole.slice(0, most - 1)}…` : whole
  return short.replace(UNSAFE, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`)
}
