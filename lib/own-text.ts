// Text that is kept for long.

/** A copy: V8 keeps a slice by keeping the whole text that it was cut from, a header of many kilobytes perhaps. */
export function ownText(text: string): string {
  return Buffer.from(text).toString()
}
